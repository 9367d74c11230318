"""Compares the sums that are kept with a full recount."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.extensions import db
from portal.models import FigureChange, FigureState, FigureUnit
from portal.models.figure import SUMS
from portal.services.reports import counting, keeping
from portal.services.reports.counting import Key, Sums

TRIES = 5


@dataclass(frozen=True)
class Difference:
    unit: FigureUnit
    key: Key
    name: str
    kept: int
    counted: int


@dataclass(frozen=True)
class Result:
    days: int
    """How many were compared."""
    left_out: int
    """Days on which something changed meanwhile."""
    differences: list[Difference]


def check() -> Result:
    """Month by month; changes nothing. What waits to be counted is left out."""
    by_month: dict[date, list[date]] = {}
    for day in sorted({*counting.all_days(), *db.session.scalars(keeping.kept_days())}):
        by_month.setdefault(day.replace(day=1), []).append(day)
    results = [_month(month, days) for month, days in by_month.items()]
    return Result(
        sum(each.days for each in results),
        sum(each.left_out for each in results),
        [difference for each in results for difference in each.differences],
    )


def _month(month: date, days: list[date]) -> Result:
    """Again while the worker writes sums at the same time."""
    for _ in range(TRIES):
        db.session.commit()
        version = _version()
        kept, months = keeping.kept_of(days), keeping.kept_of([month], FigureUnit.MONTH)
        added_up = _added_up(month, kept)
        counted = counting.of_days(days)
        db.session.commit()  # what has changed until now is seen
        changed = set(db.session.scalars(select(FigureChange.day).where(FigureChange.day.in_(days)).distinct()))
        if _version() == version:
            break
    else:
        return Result(0, len(days), [])
    kept = {key: sums for key, sums in kept.items() if key.day not in changed}
    counted = {key: sums for key, sums in counted.items() if key.day not in changed}
    found = [*_between(FigureUnit.DAY, kept, counted), *_between(FigureUnit.MONTH, months, added_up)]
    return Result(len(days) - len(changed), len(changed), found)


def _version() -> int:
    return db.session.scalar(select(FigureState.version))


def _added_up(month: date, kept: dict[Key, Sums]) -> dict[Key, Sums]:
    added: dict[Key, Sums] = {}
    for key, sums in kept.items():
        of_month = added.setdefault(key._replace(day=month), {})
        for name, value in sums.items():
            of_month[name] = of_month.get(name, 0) + value
    return added


def _between(unit: FigureUnit, kept: dict[Key, Sums], counted: dict[Key, Sums]) -> list[Difference]:
    return [
        Difference(unit, key, name, kept.get(key, {}).get(name, 0), counted.get(key, {}).get(name, 0))
        for key in sorted(kept.keys() | counted.keys())
        for name in SUMS
        if kept.get(key, {}).get(name, 0) != counted.get(key, {}).get(name, 0)
    ]
