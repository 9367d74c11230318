"""Writes the reminders of a day, each morning in the distributor’s time zone.

The assets are found by the day on which something is due, in the index of that day, some at a time: each batch is one
short transaction, which also notes how far it is. Two workers take turns. A reminder is unique for asset, day, step and
recipient, so a part that is done twice writes nothing new. Once all are noted, their mails are written (mailing.py).
"""

import time as clocks
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Row, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import clock
from portal.core.transaction import lock, once_more, transaction
from portal.extensions import db, settings
from portal.models import Asset, Reminder, ReminderKind, ReminderProgress
from portal.services.reminders import candidates, mailing, people, preferences
from portal.services.reminders.steps import days_to_look_at

AT = time(7)
"""In the distributor’s time zone."""
FIRST_AFTER = timedelta(minutes=3)
BATCH = 200
LONGEST = 20
"""Seconds that one step goes on; shorter than any lease."""
DAYS = {ReminderKind.DUE: Asset.due_on, ReminderKind.ENDS: Asset.ends_on}
_ORDER = list(ReminderKind)


@dataclass(frozen=True, order=True)
class Slot:
    order: int
    day: date

    @property
    def kind(self) -> ReminderKind:
        return _ORDER[self.order]


def step() -> datetime:
    """The worker's part. Returns when it is due again."""
    today, until = clock.day_of(clock.now()), clocks.monotonic() + LONGEST
    if clock.now() < begins_at(today):
        return begins_at(today)
    through = once_more(lambda: _begin(today))
    slots = _slots(through, today)
    while _batch(slots, today):
        if clocks.monotonic() > until:
            return clock.now()
    return begins_at(today + timedelta(days=1))


def begins_at(day: date) -> datetime:
    return datetime.combine(day, AT, settings().time_zone).astimezone(clock.now().tzinfo)


def _begin(today: date) -> date:
    """Returns the day up to which all were written before."""
    with transaction():
        if db.session.get(ReminderProgress, 1) is None:
            db.session.add(ReminderProgress(id=1, through=today - timedelta(days=1)))
            db.session.flush()
        row = lock(ReminderProgress, 1)
        if row.through < today and row.target != today:
            row.target, row.kind, row.day, row.account_id, row.asset_id = today, None, None, 0, 0
            db.session.execute(delete(Reminder).where(Reminder.message_id.is_(None)))  # of a morning that was cut short
        return row.through


def _slots(through: date, today: date) -> list[Slot]:
    every = preferences.all_steps()
    db.session.commit()
    return [Slot(_ORDER.index(kind), day) for kind in _ORDER for day in days_to_look_at(every[kind], through, today)]


def _batch(slots: list[Slot], today: date) -> bool:
    """Returns whether there may be more."""
    with transaction("reminders"):
        row = lock(ReminderProgress, 1)
        if row.target != today:
            return False
        found = _take(row, slots)
        _note(list(_reminders(found, row.through, today)))
        if len(found) == BATCH or mailing.write():
            return True
        row.through, row.target = today, None
        return False


def _take(row: ReminderProgress, slots: list[Slot]) -> list[tuple[int, ReminderKind]]:
    """The next assets, at most BATCH."""
    found: list[tuple[int, ReminderKind]] = []
    while len(found) < BATCH and (slot := _slot_of(row, slots)) is not None:
        after, room = (row.account_id, row.asset_id) if row.day == slot.day else (0, 0), BATCH - len(found)
        some = _ids(slot, after, room)
        row.kind, row.day, row.account_id, row.asset_id = slot.kind, slot.day + timedelta(days=1), 0, 0
        if len(some) == room:
            row.day, row.account_id, row.asset_id = slot.day, *some[-1]
        found += [(asset_id, slot.kind) for _account_id, asset_id in some]
    return found


def _slot_of(row: ReminderProgress, slots: list[Slot]) -> Slot | None:
    """The one under way, or the next."""
    at = Slot(_ORDER.index(row.kind), row.day) if row.kind else None
    return next((each for each in slots if at is None or each >= at), None)


def _ids(slot: Slot, after: tuple[int, int], most: int) -> Sequence[Row]:
    """The next ones of this day, by account."""
    account_id, asset_id = after
    is_next = and_(Asset.account_id >= account_id, or_(Asset.account_id > account_id, Asset.id > asset_id))
    rows = select(Asset.account_id, Asset.id).where(DAYS[slot.kind] == slot.day, is_next)
    return db.session.execute(rows.order_by(Asset.account_id, Asset.id).limit(most)).all()


def _reminders(found: list[tuple[int, ReminderKind]], through: date, today: date) -> Iterator[dict]:
    """Of each recipient the nearest step of each asset."""
    rows = {row.id: row for row in candidates.described([asset_id for asset_id, _kind in found])}
    found = [each for each in found if candidates.why_not(rows[each[0]], each[1]) is None]
    told = people.of_assets([rows[asset_id] for asset_id, _kind in found])
    for asset_id, kind in found:
        near = candidates.near(rows[asset_id], kind)
        for each in told[asset_id]:
            step = near.nearest(each.steps(kind), through, today)
            if step is not None:
                yield {
                    "asset_id": asset_id, "kind": kind, "day": near.day, "step": step, "recipient_key": each.key,
                    "account_id": rows[asset_id].account_id,
                }  # fmt: skip


def _note(reminders: list[dict]) -> None:
    """What was noted before is not noted again."""
    if reminders:
        connection = db.session.connection()
        insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[connection.dialect.name]
        connection.execute(insert(Reminder.__table__).on_conflict_do_nothing(), reminders)
