"""Records how the last run of each recurring task went, in the transaction that ends its step.

Some tasks run every few seconds. Their row is written only if the outcome changes or the row is older than EVERY, so
that they cost a read and no write.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Insert, case, func, null, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock
from portal.extensions import db
from portal.models import TaskRun

EVERY = timedelta(minutes=1)
LONGEST_FAULT = 300
BACKUP = "backup"
"""The only one that is no job: the machine's own timer starts it."""
_TABLE = TaskRun.__table__
_LAST = select(*_TABLE.c["ended_at", "fault"])


def record(task: str, started_at: datetime, fault: str | None = None) -> None:
    """Inside a transaction. `fault`: why it failed."""
    connection, now = db.session.connection(), clock.now()
    fault = fault[:LONGEST_FAULT] if fault else None
    last = connection.execute(_LAST.where(_TABLE.c.task == task)).first()
    if last is not None and last.fault == fault and now - EVERY < last.ended_at <= now:
        return
    values = {"task": task, "started_at": started_at, "ended_at": now, "fault": fault}
    connection.execute(_WRITE[connection.dialect.name], values | {"failing_since": started_at if fault else None})


def fault_of(error: BaseException) -> str:
    """For the staff, in English like the rest of the record. What the exception says may hold secrets, so only its kind
    is named."""
    if isinstance(error, SQLAlchemyError):
        return "The database did not do what it was asked. The log says more."
    return f"It ended unexpectedly ({type(error).__name__}). The log says more."


def _write(insert: Callable) -> Insert:
    new = insert(_TABLE)
    values = {name: new.excluded[name] for name in ("started_at", "ended_at", "fault")}
    since = func.coalesce(_TABLE.c.failing_since, new.excluded.failing_since)
    values["failing_since"] = case((new.excluded.fault.is_(None), null()), else_=since)
    return new.on_conflict_do_update(index_elements=["task"], set_=values)


_WRITE = {"sqlite": _write(sqlite.insert), "postgresql": _write(postgresql.insert)}
