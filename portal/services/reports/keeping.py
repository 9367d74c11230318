"""Keeps the sums of the reports: counts the days again on which something has changed.

What changes assets or invoices only adds a row to `figure_changes` (by triggers), so it waits for nobody. The worker
reads those rows, counts their days without a lock, and writes in one short transaction what differs. If somebody else
has written sums meanwhile (`FigureState.version`), nothing is written, and it counts again.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Insert, Select, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Figure, FigureChange, FigureState, FigureUnit, JobKind
from portal.models.figure import KEY, SUMS
from portal.services import jobs
from portal.services.reports import counting
from portal.services.reports.counting import Key, Sums
from portal.services.reports.periods import last_of_month

FIRST_AFTER = timedelta(seconds=5)
EVERY = timedelta(seconds=60)
PART = 20
"""Counting takes at most a twentieth of the time, however much changes; only what a recount or a large import left is
counted without a break."""
LONGEST = 20
"""Seconds that one step goes on; shorter than any lease."""
MOST_CHANGES = 10_000
MOST_DAYS = 31
MOST_ROWS = 1_000
SUBJECT, RECOUNT = "figures", "recount"
"""In the audit log."""
_TABLE = Figure.__table__
_AS_IS = {"synchronize_session": False}
_COUNTED = ("ordered_assets", "invoiced_lines", "credited_lines")
"""Where all of them are 0, so is everything else."""


@dataclass(frozen=True)
class _Changes:
    version: int
    ids: list[int]
    days: list[date]
    is_all: bool
    """Not: there are more than can be counted at once."""


def step() -> datetime:
    """The worker's part. Returns when it is due again."""
    began = time.monotonic()
    _begin_recount()
    while fold():
        if time.monotonic() - began > LONGEST:
            return clock.now()
    _end_recount()
    return clock.now() + max(EVERY, timedelta(seconds=PART * (time.monotonic() - began)))


def catch_up() -> None:
    """Everything that is due, at once; for commands and tests."""
    _begin_recount()
    while fold():
        pass
    _end_recount()


def ask_recount(*, by: Actor) -> None:
    """The worker counts all days again, also those of which no change is known."""
    with transaction():
        now = clock.now()
        audit.record(SUBJECT, 0, RECOUNT, by=by)
        db.session.execute(update(FigureState).values(recount_asked_at=now), execution_options=_AS_IS)
        jobs.schedule(JobKind.FIGURES, 0, now)


def state() -> FigureState:
    return db.session.get(FigureState, 1, populate_existing=True)


def fold() -> bool:
    """Counts some changed days again. Returns whether more were waiting: not what changed meanwhile, of which there may
    be no end."""
    db.session.commit()  # what is read now is as of now
    began_at = clock.now()
    changes = _changes()
    differences = _differences(changes.days) if changes.days else {}
    db.session.commit()
    with transaction():
        if not _take(changes.version, **({"counted_at": began_at} if changes.is_all else {})):
            return True
        add(differences)
        if changes.ids:
            db.session.execute(delete(FigureChange).where(FigureChange.id.in_(changes.ids)), execution_options=_AS_IS)
    return not changes.is_all


def _changes() -> _Changes:
    """Those of some days. The version is read first: what is written after it makes what is counted here void."""
    version = db.session.scalar(select(FigureState.version))
    some = select(FigureChange.id, FigureChange.day).order_by(FigureChange.id).limit(MOST_CHANGES)
    rows = db.session.execute(some).all()
    by_day: dict[date, list[int]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row.id)
    days = list(by_day)[:MOST_DAYS]
    is_all = len(rows) < MOST_CHANGES and len(days) == len(by_day)
    return _Changes(version, [row_id for day in days for row_id in by_day[day]], days, is_all)


def _take(version: int, **values: datetime) -> bool:
    """Compare-and-set; locks the row until the transaction ends."""
    change = update(FigureState).where(FigureState.version == version).values(version=version + 1, **values)
    return bool(db.session.execute(change, execution_options=_AS_IS).rowcount)


def _differences(days: Sequence[date]) -> dict[Key, Sums]:
    """What has to be added to the sums of these days."""
    kept, counted = kept_of(days), counting.of_days(days)
    differences = {}
    for key in kept.keys() | counted.keys():
        old, new = kept.get(key, {}), counted.get(key, {})
        sums = {name: new.get(name, 0) - old.get(name, 0) for name in old.keys() | new.keys()}
        sums = {name: value for name, value in sums.items() if value}
        if sums:
            differences[key] = sums
    return differences


def kept_of(days: Sequence[date], unit: FigureUnit = FigureUnit.DAY) -> dict[Key, Sums]:
    rows = select(*_TABLE.c[KEY[1:]], *_TABLE.c[SUMS]).where(_TABLE.c.unit == unit, _TABLE.c.starts_on.in_(days))
    return {
        Key(*row[:4]): {name: value for name, value in zip(SUMS, row[4:], strict=True) if value}
        for row in db.session.execute(rows)
    }


def add(differences: dict[Key, Sums]) -> None:
    """Inside a transaction. Adds to the sums of each day and its month, in one order, so that no two who write them
    could block each other."""
    months: dict[Key, Sums] = {}
    for key, sums in differences.items():
        month = months.setdefault(key._replace(day=key.day.replace(day=1)), {})
        for name, value in sums.items():
            month[name] = month.get(name, 0) + value
    for unit, changed in ((FigureUnit.DAY, differences), (FigureUnit.MONTH, months)):
        rows = [_row(unit, key, changed[key]) for key in sorted(changed)]
        for start in range(0, len(rows), MOST_ROWS):
            db.session.connection().execute(_upsert(), rows[start : start + MOST_ROWS])
        _delete_empty(unit, {key.day for key in changed})


def _row(unit: FigureUnit, key: Key, sums: Sums) -> dict:
    return dict(zip(KEY, (unit, *key), strict=True)) | {name: sums.get(name, 0) for name in SUMS}


def _upsert() -> Insert:
    make = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[db.session.get_bind().dialect.name]
    new = make(_TABLE)
    return new.on_conflict_do_update(
        index_elements=KEY, set_={name: _TABLE.c[name] + new.excluded[name] for name in SUMS}
    )


def _delete_empty(unit: FigureUnit, days: Iterable[date]) -> None:
    if days := sorted(days):
        is_empty = [_TABLE.c[name] == 0 for name in _COUNTED]
        rows = delete(_TABLE).where(_TABLE.c.unit == unit, _TABLE.c.starts_on.in_(days), *is_empty)
        db.session.execute(rows)


def _begin_recount() -> None:
    if state().recount_asked_at is None:
        return
    days = sorted({*counting.all_days(), *db.session.scalars(kept_days())})
    with transaction():
        if days:
            db.session.execute(insert(FigureChange), [{"day": day} for day in days])
        db.session.execute(
            update(FigureState).values(recount_asked_at=None, recount_began_at=clock.now()), execution_options=_AS_IS
        )


def _end_recount() -> None:
    """Adds the months up again, which otherwise only get the differences of their days."""
    row = state()
    if row.recount_began_at is None:
        return
    months = sorted({day.replace(day=1) for day in db.session.scalars(kept_days())})
    with transaction():
        if not _take(row.version, recount_began_at=None, recounted_at=clock.now()):
            return
        db.session.execute(delete(_TABLE).where(_TABLE.c.unit == FigureUnit.MONTH))
        for month in months:
            db.session.execute(_added_up(month))


def kept_days() -> Select[tuple[date]]:
    return select(_TABLE.c.starts_on).where(_TABLE.c.unit == FigureUnit.DAY).distinct()


def _added_up(month: date) -> Insert:
    key = _TABLE.c[KEY[2:]]
    unit, first = literal(FigureUnit.MONTH, _TABLE.c.unit.type), literal(month, _TABLE.c.starts_on.type)
    days = [_TABLE.c.unit == FigureUnit.DAY, _TABLE.c.starts_on.between(month, last_of_month(month))]
    sums = select(unit, first, *key, *(func.sum(column) for column in _TABLE.c[SUMS])).where(*days).group_by(*key)
    return insert(_TABLE).from_select([*KEY, *SUMS], sums)
