"""The invoice journal: a row for each line and a row for each tax, so that a document's rows add up to its total.

Amounts of credit notes are negative here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, literal, null, select, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models import Account, Invoice, InvoiceKind, InvoiceLine, InvoiceTax, OrderLine
from portal.services.lists.exports import stream


@dataclass(frozen=True)
class Days:
    """From the first to the last, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Entry:
    invoice_id: int
    number: str
    kind: InvoiceKind
    corrects: str | None
    issued_on: date
    due_on: date | None
    account_code: str
    buyer_name: str
    currency: str
    position: int | None
    """Of a line; None for a tax."""
    order_id: int | None
    asset_id: int | None
    product_code: str | None
    product_name: str | None
    quantity: int | None
    unit_price: int | None
    category: str
    rate: int
    """In basis points."""
    amount: int
    """Net of a line, or the VAT of a tax; in minor units, negative for a credit note."""

    @property
    def is_tax(self) -> bool:
        return self.position is None


_CORRECTED = aliased(Invoice)


def entries(days: Days) -> Iterator[Entry]:
    """By number, never all in memory at once. Read through a connection of its own."""
    for rows in stream(_statement(days)):
        yield from (_entry(row) for row in rows)


def currencies() -> list[str]:
    """Of everything that was issued."""
    rows = select(Invoice.currency).where(Invoice.number.is_not(None)).distinct().order_by(Invoice.currency)
    return list(db.session.scalars(rows))


def _statement(days: Days) -> Select:
    heads = (
        Invoice.id.label("invoice_id"), Invoice.number, Invoice.kind, _CORRECTED.number.label("corrects"),
        Invoice.issued_on, Invoice.due_on, Account.code.label("account_code"), Invoice.buyer_name, Invoice.currency,
    )  # fmt: skip
    lines = select(
        *heads, InvoiceLine.position, OrderLine.order_id, InvoiceLine.asset_id, InvoiceLine.product_code,
        InvoiceLine.product_name, InvoiceLine.quantity, InvoiceLine.unit_price, InvoiceLine.category, InvoiceLine.rate,
        (InvoiceLine.unit_price * InvoiceLine.quantity).label("amount"), literal(0).label("part"),
    )  # fmt: skip
    lines = lines.join_from(Invoice, InvoiceLine).join(OrderLine, OrderLine.id == InvoiceLine.order_line_id)
    empty = [null().label(name) for name in ("position", "order_id", "asset_id", "product_code", "product_name",
                                             "quantity", "unit_price")]  # fmt: skip
    taxes = select(*heads, *empty, InvoiceTax.category, InvoiceTax.rate, InvoiceTax.vat, literal(1).label("part"))
    taxes = taxes.join_from(Invoice, InvoiceTax)
    parts = [_of(days, part).order_by(None) for part in (lines, taxes)]
    both = union_all(*parts).subquery()
    return select(both).order_by(both.c.issued_on, both.c.invoice_id, both.c.part, both.c.position, both.c.category)


def _of(days: Days, rows: Select) -> Select:
    rows = rows.join(Account, Account.id == Invoice.billed_account_id)
    rows = rows.outerjoin(_CORRECTED, _CORRECTED.id == Invoice.corrects_id)
    return rows.where(Invoice.number.is_not(None), Invoice.issued_on.between(days.first, days.last))


def _entry(row: Sequence) -> Entry:
    values = row._asdict()
    sign = -1 if values["kind"] is InvoiceKind.CREDIT_NOTE else 1
    values.pop("part")
    values |= {"amount": sign * values["amount"], "category": values["category"].value}
    return Entry(**values)
