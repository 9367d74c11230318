"""What the numbers above a list of invoices say: how many, and how much in each currency. Part of the statement that
counts the list, so they cost no statement of their own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Row, Select, String, case, cast, func, literal_column, select

from portal.core import billing_access
from portal.core.viewer import Viewer
from portal.models import Invoice, InvoiceKind
from portal.services.invoicing.invoice_list.invoice_filters import Listed, in_state, is_a
from portal.services.lists.join_hints import first
from portal.services.lists.list_counts import CAP

_OF_ONE, _BETWEEN = "=", ","


@dataclass(frozen=True)
class Total:
    count: int = 0
    """Up to CAP + 1."""
    money: dict[str, int] = field(default_factory=dict)
    """In minor units, by currency; empty if there are more than CAP."""


@dataclass(frozen=True)
class Totals:
    drafts: Total = Total()
    open: Total = Total()
    """What is left to pay, overdue or not."""
    overdue: Total = Total()
    issued: Total = Total()
    """Of this month; credit notes are taken off. A later day is one that nobody has reached yet."""
    next_due_on: date | None = None
    """Of what is open and not overdue."""


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def columns(viewer: Viewer, today: date, month: tuple[date, date]) -> dict[str, ColumnElement]:
    """The days may be the parameters that stand for them. `month`: its first and its last day."""
    rows = billing_access.visible_invoices(viewer)
    left = Invoice.gross - Invoice.settled
    is_open, is_overdue = (in_state(state, today) for state in (Listed.OPEN, Listed.OVERDUE))
    billed = case((is_a(InvoiceKind.CREDIT_NOTE), -Invoice.gross), else_=Invoice.gross)
    return {
        "of_drafts": _sum(rows.where(in_state(Listed.DRAFT, today)), billed),
        "of_open": _sum(rows.where(is_open), left),
        "of_overdue": _sum(rows.where(is_overdue), left),
        "of_issued": _sum(rows.where(Invoice.number.is_not(None), Invoice.issued_on.between(*month)), billed),
        "next_due_on": _first_day(rows.where(is_open, Invoice.due_on >= today)),
    }


def read(row: Row) -> Totals:
    names = ("drafts", "open", "overdue", "issued")
    return Totals(*(_total(row._mapping[f"of_{name}"]) for name in names), row.next_due_on)


def _sum(rows: Select, amount: ColumnElement[int]) -> ColumnElement[str]:
    """Such as "EUR=12=34500,USD=1=200"."""
    found = first(rows.with_only_columns(Invoice.currency, amount.label("amount")), CAP + 1).subquery()
    by_currency = select(
        found.c.currency, func.count().label("number"), func.sum(found.c.amount).label("amount")
    ).group_by(found.c.currency)  # fmt: skip
    each = by_currency.subquery().c
    text = each.currency + _OF_ONE + cast(each.number, String) + _OF_ONE + cast(each.amount, String)
    return select(func.aggregate_strings(text, _BETWEEN)).scalar_subquery()


def _first_day(rows: Select) -> ColumnElement[date]:
    return rows.with_only_columns(Invoice.due_on).order_by(Invoice.due_on).limit(literal_column("1")).scalar_subquery()


def _total(text: str | None) -> Total:
    parts: Iterable[list[str]] = [part.split(_OF_ONE) for part in (text or "").split(_BETWEEN) if part]
    count = sum(int(number) for _currency, number, _amount in parts)
    if count > CAP:
        return Total(count)
    return Total(count, {currency: int(amount) for currency, _number, amount in parts})
