from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.extensions import db


class Company(db.Model):
    """The seller: what invoices say about the distributor. One row. BT-n is the term of EN 16931."""

    __tablename__ = "company"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    legal_name: Mapped[str | None] = mapped_column(String(200))
    """BT-27."""
    street: Mapped[str | None] = mapped_column(String(200))
    """BT-35."""
    street_more: Mapped[str | None] = mapped_column(String(200))
    """BT-36."""
    postcode: Mapped[str | None] = mapped_column(String(20))
    """BT-38."""
    city: Mapped[str | None] = mapped_column(String(100))
    """BT-37."""
    country: Mapped[str | None] = mapped_column(String(2))
    """BT-40."""
    vat_id: Mapped[str | None] = mapped_column(String(40))
    """BT-31."""
    registration_number: Mapped[str | None] = mapped_column(String(40))
    """BT-30."""
    contact_name: Mapped[str | None] = mapped_column(String(120))
    """BT-41."""
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    """BT-42."""
    contact_email: Mapped[str | None] = mapped_column(String(254))
    """BT-43."""
    electronic_address: Mapped[str | None] = mapped_column(String(120))
    """BT-34 with its scheme, such as 9933:EL094014201."""
    bank_name: Mapped[str | None] = mapped_column(String(120))
    iban: Mapped[str | None] = mapped_column(String(34))
    """BT-84."""
    bic: Mapped[str | None] = mapped_column(String(11))
    """BT-86."""
    payment_days: Mapped[int | None]
    invoice_pattern: Mapped[str | None] = mapped_column(String(60))
    credit_note_pattern: Mapped[str | None] = mapped_column(String(60))
    colour: Mapped[str | None] = mapped_column(String(7))
    """Of rules and titles on invoices, such as #2F4AA8."""
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The terms of payment (BT-20) by language."""
    logo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    logo_kind: Mapped[str | None] = mapped_column(String(20))
    """Its media type."""
    logo_sha256: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
