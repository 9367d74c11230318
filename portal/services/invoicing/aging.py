"""How old is what is open: by the days since it was due, for each account and currency."""

import enum
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select

from portal.core import access, clock, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Account, Invoice, InvoiceKind, Payment, PaymentKind, User
from portal.models.text_keys import search_key


class Age(enum.Enum):
    NOT_DUE = "not-due"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "over-90"


_UNTIL = {Age.NOT_DUE: 0, Age.TO_30: 30, Age.TO_60: 60, Age.TO_90: 90}
"""Days since it was due."""
_IS_OPEN = (Invoice.number.is_not(None), Invoice.paid_at.is_(None))
_IS_INVOICE = (Invoice.kind == InvoiceKind.INVOICE, *_IS_OPEN)
_IS_CREDIT = (Invoice.kind == InvoiceKind.CREDIT_NOTE, *_IS_OPEN)
_IS_UNASSIGNED = (
    Payment.kind == PaymentKind.PAYMENT,
    Payment.allocated < Payment.amount,
    Payment.reversed_at.is_(None),
)


@dataclass
class Aging:
    """Of one currency."""

    currency: str
    by_age: dict[Age, int]
    unassigned: int = 0
    """Of payments."""
    credit: int = 0
    """Of credit notes."""

    @property
    def open(self) -> int:
        return sum(self.by_age.values())

    @property
    def overdue(self) -> int:
        return self.open - self.by_age[Age.NOT_DUE]

    @property
    def waiting(self) -> int:
        """Not assigned, or credited and not set off."""
        return self.unassigned + self.credit

    @property
    def balance(self) -> int:
        """Below zero is what we owe."""
        return self.open - self.waiting


@dataclass(frozen=True)
class Filters:
    term: str = ""
    is_overdue: bool = False
    is_unassigned: bool = False


def age_of(due_on: date, today: date) -> Age:
    days = (today - due_on).days
    return next((age for age, until in _UNTIL.items() if days <= until), Age.OVER_90)


def of_account(account_id: int) -> dict[str, Aging]:
    """By currency; only those in which something is open."""
    return of_accounts([account_id]).get(account_id, {})


def of_accounts(account_ids: Collection[int]) -> dict[int, dict[str, Aging]]:
    """Three statements."""
    of = (Invoice.billed_account_id.in_(account_ids), Payment.account_id.in_(account_ids))
    return _collected(Invoice.billed_account_id, Payment.account_id, *of)


def totals(viewer: User, filters: Filters) -> dict[str, Aging]:
    """Of all accounts that match, by currency."""
    accounts = _matching(viewer, filters).with_only_columns(Account.id)
    of = (Invoice.billed_account_id.in_(accounts), Payment.account_id.in_(accounts))
    return _collected(None, None, *of).get(0, {})


def page(viewer: User, filters: Filters, place: Place) -> Slice:
    """Rows of one account each with something open or not assigned, by name."""
    return paging.page(_matching(viewer, filters), Account.name_sort, place)


def every(viewer: User, filters: Filters) -> Iterator[tuple[Account, dict[str, Aging]]]:
    """By name, for a file."""
    accounts = list(db.session.scalars(_matching(viewer, filters).order_by(Account.name_sort, Account.id)))
    for start in range(0, len(accounts), 500):
        some = accounts[start : start + 500]
        found = of_accounts([account.id for account in some])
        yield from ((account, found.get(account.id, {})) for account in some)


def _matching(viewer: User, filters: Filters) -> Select[tuple[Account]]:
    return access.visible_accounts(viewer).where(*_conditions(filters))


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    is_own = Invoice.billed_account_id == Account.id
    unassigned = exists().where(Payment.account_id == Account.id, *_IS_UNASSIGNED)
    credited = exists().where(is_own, *_IS_CREDIT)
    if filters.is_overdue:
        yield exists().where(is_own, *_IS_INVOICE, Invoice.due_on < clock.today())
    elif filters.is_unassigned:
        yield or_(unassigned, credited)
    else:
        yield or_(exists().where(is_own, *_IS_OPEN), unassigned)
    if filters.term:
        named = Account.name_key.contains(search_key(filters.term), autoescape=True)
        yield or_(named, access.has_code_like(filters.term))


def _collected(of_invoice, of_payment, invoices, payments) -> dict[int, dict[str, Aging]]:
    """By account, or under 0 for all of them together."""
    found: dict[int, dict[str, Aging]] = defaultdict(dict)

    def of(account_id: int, currency: str) -> Aging:
        return found[account_id].setdefault(currency, Aging(currency, dict.fromkeys(Age, 0)))

    left, unassigned = func.sum(Invoice.gross - Invoice.settled), func.sum(Payment.amount - Payment.allocated)
    by_age = _sums(of_invoice, (Invoice.currency, _age()), left, *_IS_INVOICE, invoices)
    for account_id, currency, age, amount in by_age:
        of(account_id, currency).by_age[Age(age)] += amount
    for account_id, currency, amount in _sums(of_invoice, (Invoice.currency,), left, *_IS_CREDIT, invoices):
        of(account_id, currency).credit = amount
    for account_id, currency, amount in _sums(of_payment, (Payment.currency,), unassigned, *_IS_UNASSIGNED, payments):
        of(account_id, currency).unassigned = amount
    return {account_id: dict(sorted(rows.items())) for account_id, rows in found.items()}


def _sums(account, keys, total, *conditions) -> Iterator[tuple]:
    keys = keys if account is None else (account, *keys)
    rows = select(*keys, total).where(*conditions).group_by(*keys)
    for row in db.session.execute(rows):
        values = tuple(row) if account is not None else (0, *row)
        yield (*values[:-1], int(values[-1]))


def _age() -> ColumnElement[str]:
    today = clock.today()
    ages = ((Invoice.due_on >= today - timedelta(days=until), age.value) for age, until in _UNTIL.items())
    return case(*ages, else_=Age.OVER_90.value)
