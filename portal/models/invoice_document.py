"""What is stored of issued invoices and credit notes: their taxes and files."""

import enum
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.extensions import db
from portal.models.tax_code import TaxCategory
from portal.models.types import UTCDateTime, word


class InvoiceTax(db.Model):
    """BG-23: what an issued invoice says about one category and rate. The database refuses UPDATE and DELETE."""

    __tablename__ = "invoice_taxes"
    __table_args__ = (UniqueConstraint("invoice_id", "category", "rate"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    category: Mapped[TaxCategory] = mapped_column(word(TaxCategory))
    rate: Mapped[int]
    """In basis points."""
    reason: Mapped[str] = mapped_column(Text, default="")
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    net: Mapped[int] = mapped_column(BigInteger)
    vat: Mapped[int] = mapped_column(BigInteger)


class DocumentKind(enum.Enum):
    PDF = "pdf"
    FACTUR_X = "factur-x"
    """CII, also inside the PDF."""
    XRECHNUNG = "xrechnung"
    PEPPOL = "peppol"
    """UBL."""


class InvoiceDocument(db.Model):
    """A stored file of an issued invoice. The database refuses UPDATE and DELETE."""

    __tablename__ = "invoice_documents"
    __table_args__ = (UniqueConstraint("invoice_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[DocumentKind] = mapped_column(word(DocumentKind))
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    size: Mapped[int]
    """In bytes."""
    sha256: Mapped[str] = mapped_column(String(64))
    left_out: Mapped[str] = mapped_column(String(200), default="")
    """Of a PDF: the characters that no font has, which a person decided to print without."""
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
