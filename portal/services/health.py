"""Can the portal do its work? Without the database or with another schema it cannot; the rest is less than well."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import db
from portal.models import Connection, Worker
from portal.services import clearing, clock

HEARTBEAT = timedelta(seconds=60)
_MIGRATIONS = Path(__file__).parents[2] / "migrations"


def report() -> dict:
    """`status` is `ok`, `degraded` (pages work, something behind them does not) or `unavailable`."""
    try:
        schema = _schema()
        details = {"database": {"ok": True}, "schema": schema}
        if schema["ok"]:
            details |= {"worker": _worker(), "bittitan": _bittitan(), "clearing": clearing.health()}
    except SQLAlchemyError:
        db.session.rollback()
        return {"status": "unavailable", "database": {"ok": False}}
    return {"status": _status(details), **details}


def _status(details: dict) -> str:
    if not details["schema"]["ok"]:
        return "unavailable"
    return "ok" if all(part["ok"] for part in details.values()) else "degraded"


def _schema() -> dict:
    """Compares the revision of the database with the newest that this code knows."""
    at = MigrationContext.configure(db.session.connection()).get_current_revision()
    return {"ok": at == _head(), "revision": at, "head": _head()}


@cache
def _head() -> str | None:
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()


def _worker() -> dict:
    seen_at = db.session.scalar(select(func.max(Worker.seen_at)))
    if seen_at is None:
        return {"ok": False, "seconds_since_heartbeat": None}
    age = clock.now() - seen_at
    return {"ok": age <= HEARTBEAT, "seconds_since_heartbeat": round(age.total_seconds(), 1)}


def _bittitan() -> dict:
    row = db.session.get(Connection, 1)
    if row is None:
        return {"ok": True, "breaker": "closed"}
    return {
        "ok": not row.is_open and not row.needs_person,
        "breaker": "open" if row.is_open else "closed",
        "needs_person": row.needs_person,
        "held_until": row.held_until.isoformat() if row.held_until else None,
    }
