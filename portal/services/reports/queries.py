"""Reads the sums that are kept. Staff see those of all billed accounts, everybody else those of the own account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, Self

from sqlalchemy import ColumnElement, and_, func, or_, select

from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Account, Figure, FigureUnit, Product, User
from portal.models.figure import SUMS
from portal.services.reports.periods import Period
from portal.services.reports.totals import Totals

FOR_STAFF = ("cost", "costed_amount")
_TABLE = Figure.__table__


@dataclass(frozen=True)
class Scope:
    """Whose sums, and of what."""

    account_id: int | None = None
    """The billed account; None: all."""
    product_id: int | None = None
    currency: str | None = None
    is_for_staff: bool = False

    @classmethod
    def of(cls, viewer: User | Viewer, *, account_id: int | None = None, product_id: int | None = None) -> Self:
        """`account_id` is for staff: nobody else sees another account's."""
        if viewer.is_staff:
            return cls(account_id, product_id, is_for_staff=True)
        return cls(viewer.account.id, product_id)

    def within(self, currency: str) -> Self:
        return replace(self, currency=currency)


class Line(NamedTuple):
    product_id: int
    account_id: int
    currency: str
    totals: Totals


def lines(scope: Scope, period: Period) -> list[Line]:
    """By product, billed account and currency."""
    rows = _summed(scope, period, ("product_id", "billed_account_id", "currency"))
    return [Line(*key, totals) for key, totals in rows]


def by_currency(scope: Scope, period: Period, sums: Sequence[str] = SUMS) -> dict[str, Totals]:
    """`sums`: those that are needed; each takes its time."""
    return {currency: totals for (currency,), totals in _summed(scope, period, ("currency",), sums)}


def by_day(scope: Scope, period: Period, sums: Sequence[str]) -> dict[date, Totals]:
    """Of one currency or, for numbers that are no money, of all."""
    return {day: totals for (day,), totals in _summed(scope, period, ("starts_on",), sums, _days_of(period))}


def by_day_and_product(scope: Scope, period: Period, measure: str) -> dict[tuple[date, int], int]:
    rows = _summed(scope, period, ("starts_on", "product_id"), (measure,), _days_of(period))
    return {key: totals[measure] for key, totals in rows}


def by_month_and_product(scope: Scope, period: Period, measure: str) -> dict[tuple[date, int], int]:
    """By the first day of each month; a month of which only some days are asked for has the sums of those."""
    found: dict[tuple[date, int], int] = {}
    for (day, product_id), totals in _summed(scope, period, ("starts_on", "product_id"), (measure,)):
        key = day.replace(day=1), product_id
        found[key] = found.get(key, 0) + totals[measure]
    return found


def _days_of(period: Period) -> ColumnElement[bool]:
    return _between(FigureUnit.DAY, [(period.first, period.last)])


def names(model: type[Account] | type[Product], ids: Iterable[int]) -> dict[int, str]:
    """By name, as lists order them."""
    rows = select(model.id, model.name).where(model.id.in_(set(ids))).order_by(model.name_sort, model.id)
    return {row.id: row.name for row in db.session.execute(rows)}


def _summed(
    scope: Scope,
    period: Period,
    by: Sequence[str],
    sums: Sequence[str] = SUMS,
    rows: ColumnElement[bool] | None = None,
) -> list[tuple[tuple, Totals]]:
    key = _TABLE.c[tuple(by)]
    sums = [name for name in sums if scope.is_for_staff or name not in FOR_STAFF]
    statement = select(*key, *(func.sum(_TABLE.c[name]) for name in sums))
    found = db.session.execute(statement.where(_of(period) if rows is None else rows, *_in(scope)).group_by(*key))
    return [(tuple(row[: len(by)]), _totals(sums, row[len(by) :])) for row in found]


def _totals(sums: Sequence[str], values: Iterable) -> Totals:
    return Totals({name: int(value) for name, value in zip(sums, values, strict=True) if value})


def _in(scope: Scope) -> list[ColumnElement[bool]]:
    values = (("billed_account_id", scope.account_id), ("product_id", scope.product_id), ("currency", scope.currency))
    return [_TABLE.c[name] == value for name, value in values if value is not None]


def _of(period: Period) -> ColumnElement[bool]:
    """Whole months from the sums of months, the days beside them from those of days."""
    months, days = period.parts
    return or_(
        *(_between(unit, spans) for unit, spans in ((FigureUnit.MONTH, months), (FigureUnit.DAY, days)) if spans)
    )


def _between(unit: FigureUnit, spans: list[tuple[date, date]]) -> ColumnElement[bool]:
    return and_(_TABLE.c.unit == unit, or_(*(_TABLE.c.starts_on.between(*span) for span in spans)))


def codes(account_ids: Iterable[int]) -> dict[int, str]:
    rows = select(Account.id, Account.code).where(Account.id.in_(set(account_ids)))
    return {row.id: row.code for row in db.session.execute(rows)}
