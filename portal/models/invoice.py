"""Invoices and credit notes: what was billed, and the counters of their numbers.

BT-n is the term of EN 16931. Amounts are whole minor units of the invoice's currency; those of a credit note are
positive, too. Days are the distributor's.
"""

import enum
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.account import Account
from portal.models.asset import Asset
from portal.models.invoice_document import InvoiceTax
from portal.models.order import Order, OrderLine
from portal.models.tax_code import TaxCategory
from portal.models.text_keys import fold, search_key
from portal.models.types import UTCDateTime, text_key, word
from portal.models.user import User

IS_DRAFT = text("number IS NULL")
IS_ISSUED = text("number IS NOT NULL")
IS_OPEN = text("number IS NOT NULL AND paid_at IS NULL")
IS_CREDIT_NOTE = text("kind = 'credit-note'")
HAS_PO_NUMBER = text("po_key <> ''")
IS_BILLED = text("credits_line_id IS NULL AND credited < quantity")
"""The exact texts of the partial indexes; SQLite uses an index only for its text."""
_LISTED = ("issued_on", "id", "kind", "currency", "paid_at", "gross", "due_on")
_DUE = ("due_on", "id", "kind", "currency", "gross", "settled")
"""A list is found, counted and added up in one index, so it holds more columns than the order of the list needs."""


def _index(name: str, where: TextClause, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class InvoiceKind(enum.Enum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"
    """Type 381: lowers what is owed for the invoice that it corrects."""


class InvoiceState(enum.Enum):
    """Derived, never stored. Overdue is a matter of the day."""

    DRAFT = "draft"
    ISSUED = "issued"
    PAID = "paid"
    """Nothing of it is open: paid, credited, or both."""


class CreditCause(enum.Enum):
    NOT_DELIVERED = "not-delivered"
    CANCELLED = "cancelled"
    PRICE = "price"
    QUANTITY = "quantity"
    TAX = "tax"
    OTHER = "other"


class Invoice(db.Model):
    """An invoice or a credit note. A draft has no number, and may be changed or deleted. With the number everything
    else is fixed but what was settled; the database refuses other changes (migration 0032)."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("(kind = 'credit-note') = (corrects_id IS NOT NULL)", name="credit_notes_correct"),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="a_number_has_its_day"),
        CheckConstraint("settled BETWEEN 0 AND gross", name="settled_in_range"),
        _index("ix_invoices_issued_on", IS_ISSUED, *_LISTED),
        _index("ix_invoices_account_issued_on", IS_ISSUED, "billed_account_id", *_LISTED),
        _index("ix_invoices_due_on", IS_OPEN, *_DUE),
        _index("ix_invoices_account_due_on", IS_OPEN, "billed_account_id", *_DUE),
        _index("ix_invoices_drafts", IS_DRAFT, "billed_account_id", "id"),
        _index("ix_invoices_credit_notes", IS_CREDIT_NOTE, "issued_on", "id", "currency"),
        _index("ix_invoices_po_key", HAS_PO_NUMBER, "po_key", "id"),
        Index("ix_invoices_buyer_key", "buyer_key", "id"),
        Index("ix_invoices_gross", "gross", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the form, the run or the order, so that one cause makes one invoice."""
    kind: Mapped[InvoiceKind] = mapped_column(word(InvoiceKind))
    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    """BT-1."""
    number_key: Mapped[str | None] = mapped_column(text_key(), unique=True)
    """What a search compares."""
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """Whose invoice it is. A merge moves it; the stored documents stay."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    """If it bills this order alone."""
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    """Of a credit note: its invoice."""
    cause: Mapped[CreditCause | None] = mapped_column(word(CreditCause))
    reason: Mapped[str] = mapped_column(Text, default="")
    """Of a credit note; it is printed."""
    buyer_name: Mapped[str] = mapped_column(String(200))
    """As printed."""
    buyer_key: Mapped[str] = mapped_column(text_key())
    """What a search compares."""
    language: Mapped[str] = mapped_column(String(10))
    currency: Mapped[str] = mapped_column(String(3))
    po_number: Mapped[str] = mapped_column(String(60), default="")
    """BT-13."""
    po_key: Mapped[str] = mapped_column(text_key(), default="")
    """What a search compares."""
    issued_on: Mapped[date | None]
    """BT-2."""
    due_on: Mapped[date | None]
    """BT-9. Of a credit note: the day of issue."""
    period_from: Mapped[date | None]
    period_until: Mapped[date | None]
    """BT-73 and BT-74: the first and the last day of delivery."""
    lines_count: Mapped[int] = mapped_column(default=0)
    licences: Mapped[int] = mapped_column(default=0)
    net: Mapped[int] = mapped_column(BigInteger, default=0)
    vat: Mapped[int] = mapped_column(BigInteger, default=0)
    gross: Mapped[int] = mapped_column(BigInteger, default=0)
    """What the lines add up to; of a draft with today's tax codes."""
    home_currency: Mapped[str | None] = mapped_column(String(3))
    home_vat: Mapped[int | None] = mapped_column(BigInteger)
    """BT-6 and BT-111: the VAT in the seller's currency, in its minor units, where the invoice has another one."""
    exchange_rate: Mapped[str] = mapped_column(String(120), default="")
    """In words: the rate, its day and its source."""
    content: Mapped[str | None] = deferred(mapped_column(Text))
    """Of an issued one: all that it says, as JSON (services/invoicing/documents/contents.py)."""
    settled: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of `gross` is paid or credited. Of a credit note: how much of it was set off or refunded."""
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when nothing of it is open."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    billed_account: Mapped[Account] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")
    corrects: Mapped["Invoice | None"] = relationship(remote_side=id, lazy="raise", viewonly=True)
    made_by: Mapped[User | None] = relationship(foreign_keys=made_by_id, lazy="raise")
    issued_by: Mapped[User | None] = relationship(foreign_keys=issued_by_id, lazy="raise")
    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.position", lazy="raise"
    )
    taxes: Mapped[list[InvoiceTax]] = relationship(order_by=InvoiceTax.id, lazy="raise")

    @validates("number")
    def _keep_the_number_key(self, _, number: str | None) -> str | None:
        self.number_key = fold(number) if number else None
        return number

    @validates("buyer_name")
    def _keep_the_buyer_key(self, _, name: str) -> str:
        self.buyer_key = search_key(name)
        return name

    @validates("po_number")
    def _keep_the_po_key(self, _, po_number: str) -> str:
        self.po_key = search_key(po_number)
        return po_number

    @property
    def state(self) -> InvoiceState:
        if self.number is None:
            return InvoiceState.DRAFT
        return InvoiceState.ISSUED if self.paid_at is None else InvoiceState.PAID

    @property
    def is_draft(self) -> bool:
        return self.number is None

    @property
    def is_credit_note(self) -> bool:
        return self.kind is InvoiceKind.CREDIT_NOTE

    @property
    def open(self) -> int:
        return self.gross - self.settled

    def number_lines(self) -> None:
        """From 1 on, without gaps, as they are printed. Lines that were removed are deleted before."""
        for place, line in enumerate(self.lines, 1):
            line.position = place

    def days_overdue(self, today: date) -> int:
        """0 for what is not due yet, not open, or no invoice."""
        if self.state is not InvoiceState.ISSUED or self.is_credit_note or self.due_on is None:
            return 0
        return max((today - self.due_on).days, 0)


class InvoiceLine(db.Model):
    """One order line on an invoice, or what a credit note takes back of one.

    An order line is on one invoice only, unless all of it was credited (`uq_invoice_lines_billed`).
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        UniqueConstraint("invoice_id", "position"),
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="price_not_negative"),
        CheckConstraint("credited BETWEEN 0 AND quantity", name="credited_in_range"),
        Index(
            "uq_invoice_lines_billed",
            "order_line_id",
            unique=True,
            sqlite_where=IS_BILLED,
            postgresql_where=IS_BILLED,
        ),
        Index("ix_invoice_lines_order_line_id", "order_line_id"),
        Index("ix_invoice_lines_asset_id", "asset_id"),
        Index("ix_invoice_lines_credits_line_id", "credits_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    credits_line_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_lines.id"))
    """Of a credit note: the line of the invoice."""
    quantity: Mapped[int]
    """Licences."""
    unit_price: Mapped[int] = mapped_column(BigInteger)
    """Of one licence, without VAT."""
    credited: Mapped[int] = mapped_column(default=0)
    """How many licences of it credit notes have taken back."""
    product_code: Mapped[str] = mapped_column(String(40))
    product_name: Mapped[str] = mapped_column(String(120))
    recipient: Mapped[str] = mapped_column(String(200), default="")
    """The customer that the licences are for."""
    description: Mapped[str] = mapped_column(String(300), default="")
    """The asset, the order and the delivery, in the invoice's language; fixed at the issue."""
    delivered_on: Mapped[date | None]
    undelivered_reason: Mapped[str] = mapped_column(Text, default="")
    """Why it is billed although it was not delivered."""
    tax_code: Mapped[str | None] = mapped_column(String(40))
    """Of the order line, or the account's if that had none. None: nobody has decided."""
    category: Mapped[TaxCategory | None] = mapped_column(word(TaxCategory))
    rate: Mapped[int | None]
    """In basis points, as of the issue."""
    is_issued: Mapped[bool] = mapped_column(Boolean, default=False)
    """From then on nothing changes but `credited`."""

    invoice: Mapped[Invoice] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[OrderLine] = relationship(lazy="raise")
    asset: Mapped[Asset | None] = relationship(lazy="raise")
    credits_line: Mapped["InvoiceLine | None"] = relationship(remote_side=id, lazy="raise", viewonly=True)

    @property
    def net(self) -> int:
        return self.unit_price * self.quantity

    @property
    def left(self) -> int:
        """Licences that are not credited."""
        return self.quantity - self.credited
