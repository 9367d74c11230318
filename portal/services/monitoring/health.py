"""Can the portal do its work? Not without the database or with another schema; anything else only degrades it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import func, inspect, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from portal import database
from portal.core import clock
from portal.extensions import db
from portal.models import Attempt, Connection, ConnectionStatus, Job, Worker
from portal.models.attempt import IS_WAITING
from portal.providers.causes import Cause
from portal.services import recurring_tasks, watchdog
from portal.services.monitoring import time_limit
from portal.services.reconciliation import completeness
from portal.services.restore_guard import freeze

HEARTBEAT = timedelta(seconds=60)
LONGEST_DELAY = timedelta(minutes=2)
"""Jobs due for longer than this are not being done, even if a worker is alive. Attempts themselves may wait for
days."""
LIMIT = 3.0
"""Seconds after which a silent database counts as gone."""
_MIGRATIONS = Path(__file__).parents[3] / "migrations" / "versions"
GONE = {"status": "unavailable", "database": {"ok": False}}


@dataclass(frozen=True)
class Ages:
    """In seconds; None if there is nothing to measure."""

    heartbeat: float | None
    oldest_attempt: float | None
    """Age of the oldest attempt that is not settled; those that need a person do not count."""
    overdue: float | None
    """How late the job is that has been due longest, without those that a worker has in hand."""

    @property
    def is_beating(self) -> bool:
        return self.heartbeat is not None and self.heartbeat <= HEARTBEAT.total_seconds()


def report() -> dict:
    """`status` is `ok`, `degraded` (pages work, something behind them does not) or `unavailable`. Takes at most
    LIMIT."""
    return time_limit.within(LIMIT, "health", _report, GONE)


def head() -> str | None:
    return _head()


def ages(now: datetime) -> Ages:
    """Each value is read from one end of an index."""
    waiting = select(Attempt.requested_at).where(IS_WAITING).order_by(Attempt.requested_at).limit(1)
    is_free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    due = select(Job.due_at).where(Job.due_at <= now, is_free).order_by(Job.due_at).limit(1)
    last_seen = select(func.max(Worker.seen_at)).scalar_subquery()
    instants = db.session.execute(select(last_seen, waiting.scalar_subquery(), due.scalar_subquery())).one()
    return Ages(*(None if at is None else max(round((now - at).total_seconds(), 1), 0.0) for at in instants))


def late(now: datetime) -> Ages | None:
    """The ages if jobs have been due for too long: no worker is running, or they cannot keep up. Otherwise None."""
    age = ages(now)
    return age if age.overdue is not None and age.overdue > HEARTBEAT.total_seconds() else None


def connection() -> Connection:
    return db.session.get(Connection, 1, populate_existing=True) or Connection(
        failures=0, is_open=False, needs_person=False, lookup_failures=0, sends=0, searched_to=0, stuck=0
    )


def _report() -> dict:
    try:
        schema = _schema()
        details = {"database": {"ok": True, **asdict(database.described())}, "schema": schema}
        if schema["ok"]:
            now = clock.now()
            row, age = connection(), ages(now)
            details |= {**_parts(row, age, now), "clearing": completeness.health(), "guard": _guard()}
            details |= {"schedule": recurring_tasks.health()}
            details["watchdog"] = watchdog.state(row, now, is_beating=age.is_beating)
    except SQLAlchemyError:
        db.session.rollback()
        return GONE
    return {"status": _status(details), **details}


def _status(details: dict) -> str:
    if not details["schema"]["ok"]:
        return "unavailable"
    return "ok" if all(part["ok"] for part in details.values()) else "degraded"


def _schema() -> dict:
    """Compares the database's revision with the newest one that this code knows."""
    has_any = inspect(db.session.connection()).has_table("alembic_version")
    at = db.session.scalar(text("SELECT version_num FROM alembic_version")) if has_any else None
    return {"ok": at == _head(), "revision": at, "head": _head()}


@cache
def _head() -> str | None:
    """Taken from the file names, which are numbered like the migrations. Alembic would give the same answer, but costs
    11 MB in each process."""
    return max((path.stem for path in _MIGRATIONS.glob("[0-9]*.py")), default=None)


def _guard() -> dict:
    """Whether each worker would notice that its database is an old copy."""
    what = db.session.scalar(freeze.unguarded_alerts())
    return {"ok": what is None, "what": what}


def _parts(row: Connection, age: Ages, now: datetime) -> dict:
    standing = row.standing(now)
    answers_again = standing is ConnectionStatus.SILENT and row.held_until is None
    is_in_time = age.overdue is None or age.overdue <= LONGEST_DELAY.total_seconds()
    return {
        "worker": {"ok": age.is_beating, "seconds_since_heartbeat": age.heartbeat},
        "queue": {
            "ok": is_in_time,
            "seconds_since_oldest_waiting_attempt": age.oldest_attempt,
            "seconds_overdue": age.overdue,
        },
        "bittitan": {
            "ok": answers_again or standing in (ConnectionStatus.CLEAR, ConnectionStatus.FROZEN),
            "standing": standing.value,
            "breaker": "half-open" if answers_again else "open" if row.is_open else "closed",
            "needs_person": row.needs_person,
            "other_organization": row.needs_person and row.cause == Cause.OTHER_ORGANIZATION,
            "held_until": row.held_until.isoformat() if row.held_until else None,
            "clock_offset_seconds": row.clock_offset,
        },
        "freeze": {
            "ok": row.frozen_at is None,
            "frozen_at": row.frozen_at.isoformat() if row.frozen_at else None,
            "why": row.frozen_why,
            "looked_up": row.searched_at is not None if row.frozen_at else None,
        },
    }
