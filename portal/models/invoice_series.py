"""The counters of invoice numbers."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.invoice import InvoiceKind
from portal.models.types import word


class InvoiceSeries(db.Model):
    """The counter of one kind and year. It moves in the transaction that issues, so numbers have no gap."""

    __tablename__ = "invoice_series"

    kind: Mapped[InvoiceKind] = mapped_column(word(InvoiceKind), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for a pattern without a year."""
    next: Mapped[int]
    last_on: Mapped[date | None]
    """The day of the newest one; the next one is of that day or later."""
