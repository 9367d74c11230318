"""The statement of account: invoices, credit notes, payments, refunds and reversals, with a running balance.

The balance is what is open of the account's invoices, less what is not assigned of its payments and credit notes. A
negative one is what we owe. Amounts of different currencies are never added.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import CompoundSelect, Integer, Select, String, case, func, literal, select, union, union_all
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.extensions import db, settings
from portal.models import Invoice, InvoiceKind, Payment, PaymentKind

MOST = 1000
"""Movements on a page."""


class What(enum.Enum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"
    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    """Of a payment or a refund."""


@dataclass(frozen=True)
class Movement:
    what: What
    day: date
    row_id: int
    """Of the invoice or credit note, or of the payment or refund."""
    number: str | None
    reference: str
    amount: int
    """Above zero for what is owed to us."""
    balance: int


@dataclass(frozen=True)
class Statement:
    currency: str
    opening: int
    movements: list[Movement]
    closing: int
    is_cut: bool
    """There are more than MOST; `closing` counts all of them."""

    @property
    def charged(self) -> int:
        return sum(each.amount for each in self.movements if each.amount > 0)

    @property
    def paid(self) -> int:
        return -sum(each.amount for each in self.movements if each.amount < 0)


def currencies(account_id: int) -> list[str]:
    """In which the account has movements, by code."""
    invoices = select(Invoice.currency).where(Invoice.billed_account_id == account_id, Invoice.number.is_not(None))
    payments = select(Payment.currency).where(Payment.account_id == account_id)
    return sorted(db.session.scalars(union(invoices, payments)))


def statement(account_id: int, currency: str, first: date, last: date, most: int | None = MOST) -> Statement:
    """From the first to the last day, both included. The caller has checked that the person may see the account."""
    opening = balance(account_id, currency, first - timedelta(days=1))
    lines = sorted([*_lines(account_id, currency, first, last, most), *_reversed(account_id, currency, first, last)])
    kept = lines[:most] if most else lines
    balances = list(accumulate((line.amount for line in kept), initial=opening))[1:]
    movements = [_movement(line, after) for line, after in zip(kept, balances, strict=True)]
    is_cut = len(lines) > len(kept)
    closing = balance(account_id, currency, last) if is_cut else opening + sum(line.amount for line in kept)
    return Statement(currency, opening, movements, closing, is_cut)


def balance(account_id: int, currency: str, last: date | None = None) -> int:
    """At the end of this day; None: of everything on record."""
    lines = _union(account_id, currency).subquery()
    total, back = select(func.coalesce(func.sum(lines.c.amount), 0)), _reversals(account_id, currency)
    if last is not None:
        total, back = total.where(lines.c.day <= last), back.where(Payment.reversed_at < _begin(last + timedelta(1)))
    reversals = back.subquery()
    return int(db.session.scalar(total) or 0) + int(db.session.scalar(select(func.sum(reversals.c.amount))) or 0)


class _Line(NamedTuple):
    day: date
    rank: int
    row_id: int
    what: str
    number: str
    reference: str
    amount: int


def _lines(account_id: int, currency: str, first: date, last: date, most: int | None) -> Iterator[_Line]:
    """One more than `most` if there are more."""
    lines = _union(account_id, currency).subquery()
    rows = select(lines).where(lines.c.day.between(first, last)).order_by(lines.c.day, lines.c.rank, lines.c.id)
    for row in db.session.execute(rows.limit(most + 1) if most else rows):
        yield _Line(row.day, row.rank, row.id, row.what, row.number or "", row.reference or "", int(row.amount))


def _reversed(account_id: int, currency: str, first: date, last: date) -> Iterator[_Line]:
    """These are few. Why is for the staff: who pays reads statements, too."""
    within = (Payment.reversed_at >= _begin(first), Payment.reversed_at < _begin(last + timedelta(days=1)))
    for row in db.session.execute(_reversals(account_id, currency).where(*within)):
        day = clock.day_of(row.reversed_at)
        yield _Line(day, 2, row.id, What.REVERSAL.value, "", row.reference, int(row.amount))


def _movement(line: _Line, after: int) -> Movement:
    number = line.number or None
    return Movement(What(line.what), line.day, line.row_id, number, line.reference, line.amount, after)


def _begin(day: date) -> datetime:
    """Of a day of the distributor."""
    return datetime.combine(day, time(), settings().time_zone).astimezone(UTC)


def _union(account_id: int, currency: str) -> CompoundSelect:
    return union_all(_documents(account_id, currency), _payments(account_id, currency))


def _documents(account_id: int, currency: str) -> Select:
    is_credit, corrected = Invoice.kind == InvoiceKind.CREDIT_NOTE, aliased(Invoice)
    return (
        select(
            case((is_credit, What.CREDIT_NOTE.value), else_=What.INVOICE.value).label("what"),
            Invoice.issued_on.label("day"), literal(0, Integer).label("rank"), Invoice.id.label("id"),
            Invoice.number.label("number"), func.coalesce(corrected.number, Invoice.po_number).label("reference"),
            case((is_credit, -Invoice.gross), else_=Invoice.gross).label("amount"),
        )
        .outerjoin(corrected, corrected.id == Invoice.corrects_id)
        .where(Invoice.billed_account_id == account_id, Invoice.currency == currency, Invoice.number.is_not(None))
    )  # fmt: skip


def _payments(account_id: int, currency: str) -> Select:
    is_refund = Payment.kind == PaymentKind.REFUND
    return select(
        case((is_refund, What.REFUND.value), else_=What.PAYMENT.value).label("what"), Payment.paid_on.label("day"),
        literal(1, Integer).label("rank"), Payment.id.label("id"), literal("", String).label("number"),
        Payment.reference.label("reference"),
        case((is_refund, Payment.amount), else_=-Payment.amount).label("amount"),
    ).where(Payment.account_id == account_id, Payment.currency == currency)  # fmt: skip


def _reversals(account_id: int, currency: str) -> Select:
    amount = case((Payment.kind == PaymentKind.REFUND, -Payment.amount), else_=Payment.amount).label("amount")
    rows = select(Payment.id, Payment.reversed_at, Payment.reference, amount)
    return rows.where(Payment.account_id == account_id, Payment.currency == currency, Payment.reversed_at.is_not(None))
