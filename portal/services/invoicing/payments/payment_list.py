"""The list of payments and refunds: search, filters, pages and a file."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.core import access, billing_access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, Allocation, Invoice, Payment, PaymentKind, User
from portal.models.text_keys import fold, search_key

CAP = 10_000


class Show(enum.Enum):
    UNASSIGNED = "not-assigned"
    REFUNDS = "refunds"
    REVERSED = "reversed"


@dataclass(frozen=True)
class Filters:
    term: str = ""
    show: Show | None = None
    account_id: int | None = None
    first: date | None = None
    last: date | None = None


_SHOWN: dict[Show, tuple[ColumnElement[bool], ...]] = {
    Show.UNASSIGNED: (
        Payment.kind == PaymentKind.PAYMENT,
        Payment.allocated < Payment.amount,
        Payment.reversed_at.is_(None),
    ),
    Show.REFUNDS: (Payment.kind == PaymentKind.REFUND,),
    Show.REVERSED: (Payment.reversed_at.is_not(None),),
}


def page(viewer: User, filters: Filters, place: Place) -> Slice:
    """Rows of one payment each with its account, newest first."""
    return paging.page(_matching(viewer, filters), Payment.paid_on, place, descending=True)


def count(viewer: User, filters: Filters) -> int:
    """Up to CAP + 1."""
    rows = _matching(viewer, filters).with_only_columns(Payment.id, maintain_column_froms=True).limit(CAP + 1)
    return db.session.scalar(select(func.count()).select_from(rows.options().subquery())) or 0


def every(viewer: User, filters: Filters) -> Select:
    """All that match, newest first, as plain columns for a file."""
    rows = _rows(viewer, filters).order_by(Payment.paid_on.desc(), Payment.id.desc())
    return rows.with_only_columns(
        Payment.id, Payment.paid_on, Payment.kind, Account.code, Account.name, Payment.amount, Payment.allocated,
        Payment.currency, Payment.reference, Payment.source, Payment.source_line, Payment.reversed_at,
        Payment.reversal_reason, Payment.note, maintain_column_froms=True,
    )  # fmt: skip


def settled_by(payment_ids: list[int]) -> dict[int, list[tuple[int, str]]]:
    """By payment, the invoices that it settles: id and number. One statement."""
    found: dict[int, list[tuple[int, str]]] = {}
    of_them = (Allocation.payment_id.in_(payment_ids), Allocation.invoice_id.is_not(None))
    rows = select(Allocation.payment_id, Invoice.id, Invoice.number).join(Invoice, Invoice.id == Allocation.invoice_id)
    rows = rows.where(*of_them).group_by(Allocation.payment_id, Invoice.id, Invoice.number)
    for payment_id, invoice_id, number in _each(rows.having(func.sum(Allocation.amount) > 0).order_by(Invoice.id)):
        found.setdefault(payment_id, []).append((invoice_id, number))
    return found


def _each(rows: Select) -> Iterator[tuple]:
    return (tuple(row) for row in db.session.execute(rows))


def _matching(viewer: User, filters: Filters) -> Select[tuple[Payment]]:
    return _rows(viewer, filters).options(contains_eager(Payment.account), joinedload(Payment.recorded_by))


def _rows(viewer: User, filters: Filters) -> Select[tuple[Payment]]:
    rows = billing_access.visible_payments(viewer).join(Account, Account.id == Payment.account_id)
    return rows.where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = list(_SHOWN[filters.show]) if filters.show else []
    if filters.account_id is not None:
        conditions.append(Payment.account_id == filters.account_id)
    if filters.first is not None:
        conditions.append(Payment.paid_on >= filters.first)
    if filters.last is not None:
        conditions.append(Payment.paid_on <= filters.last)
    if filters.term:
        conditions.append(_is_about(filters.term))
    return conditions


def _is_about(term: str) -> ColumnElement[bool]:
    """The bank's reference, the account's name or code, or the number of an invoice that it settles."""
    numbered = Invoice.number_key.contains(fold(term), autoescape=True)
    settles = select(Allocation.payment_id).join(Invoice, Invoice.id == Allocation.invoice_id).where(numbered)
    return or_(
        Payment.reference.icontains(term, autoescape=True),
        Account.name_key.contains(search_key(term), autoescape=True),
        access.has_code_like(term),
        Payment.id.in_(settles),
    )
