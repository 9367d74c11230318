"""Runs that nobody presses. Each hour the coupons of the last 48 hours are compared, each night all of them.

All of them, and not those of the last 35 days: an older coupon can be lost or changed at BitTitan, too, and until a run
has looked at it nobody knows. Where listing everything takes too long, RECONCILE_FULL_DAYS makes the nights between two
full runs look at 35 days.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from portal.core import clock
from portal.core.audit import SCHEDULED
from portal.core.errors import Conflict
from portal.extensions import db, settings
from portal.models import ReconciliationRun, ReconciliationScope
from portal.models.reconciliation import HOURLY, NIGHTLY
from portal.providers.causes import Cause
from portal.services.reconciliation import completeness
from portal.services.reconciliation.applying import settled
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import EVERYTHING, RunScope

FIRST_AFTER = timedelta(minutes=10)
"""After a worker's first start."""
PAUSE = timedelta(seconds=30)
"""Until it is looked again whether a run is due, and which differences were settled meanwhile."""
HOUR = timedelta(hours=1)
"""Between two hourly runs, and after a nightly one that BitTitan did not answer completely."""
RECENT, MONTH = timedelta(days=2), timedelta(days=35)
HALF_A_DAY = timedelta(hours=12)


def step() -> datetime:
    """A step of the worker: begins what is due, and closes differences that were settled meanwhile. It waits for a run
    that is under way, and stops none."""
    now = clock.now()
    try:
        if runs.under_way() is None and (schedule := _due(now)) is not None:
            runs.begin(_scope(schedule, now), by=SCHEDULED, schedule=schedule)
    except Conflict:  # somebody was a moment faster
        pass
    finally:
        completeness.watch(now)
        settled.close()
    return now + PAUSE


def next_nightly(now: datetime) -> datetime | None:
    """None: never."""
    last = _last_night(now)
    if last is None or _is_nightly_due(now):
        return last and now
    zone = settings().time_zone
    tomorrow = last.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, settings().reconciliation.nightly_at, zone).astimezone(now.tzinfo)


def next_hourly(now: datetime) -> datetime | None:
    """None: never."""
    newest = newest_scheduled()
    if not settings().reconciliation.is_hourly:
        return None
    return now if newest is None else max(newest.made_at + HOUR, now)


def _due(now: datetime) -> str | None:
    if _is_nightly_due(now):
        return NIGHTLY
    newest = newest_scheduled()
    is_hourly = settings().reconciliation.is_hourly
    return HOURLY if is_hourly and (newest is None or newest.made_at <= now - HOUR) else None


def _is_nightly_due(now: datetime) -> bool:
    due_at, last = _last_night(now), newest_scheduled(ReconciliationRun.schedule == NIGHTLY)
    if due_at is None or last is None:
        return due_at is not None
    if last.made_at < due_at:
        return True
    return last.cause not in (None, Cause.NOT_SUPPORTED) and last.ended_at is not None and last.ended_at <= now - HOUR


def _last_night(now: datetime) -> datetime | None:
    at = settings().reconciliation.nightly_at
    if at is None:
        return None
    local = now.astimezone(settings().time_zone)
    day = local.date() if local.time() >= at else local.date() - timedelta(days=1)
    return datetime.combine(day, at, settings().time_zone).astimezone(now.tzinfo)


def _scope(schedule: str, now: datetime) -> RunScope:
    today = clock.day_of(now)
    if schedule == HOURLY:
        return RunScope(ReconciliationScope.PERIOD, from_on=today - RECENT, until_on=today)
    last, days = completeness.last_full(), timedelta(days=settings().reconciliation.full_days)
    if days <= timedelta(days=1) or last is None or last.ended_at < now - days + HALF_A_DAY:
        return EVERYTHING
    return RunScope(ReconciliationScope.PERIOD, from_on=today - MONTH, until_on=today)


def newest_scheduled(*where: ColumnElement[bool]) -> ReconciliationRun | None:
    rows = select(ReconciliationRun).where(ReconciliationRun.schedule.is_not(None), *where)
    rows = rows.order_by(ReconciliationRun.id.desc()).limit(1)
    return db.session.scalar(rows.execution_options(populate_existing=True))
