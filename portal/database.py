"""Opens SQLite (WAL, one writer at a time) and PostgreSQL so that both behave the same for all other code."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session

from portal import sqlite
from portal.config import Settings
from portal.extensions import db

WRITES = "portal_writes"
READS_ANEW = "portal_reads_anew"
"""Set after a rollback: queries then refresh the objects that the session already holds."""
VALUES_MATTER = "portal_values_matter"
"""Execution option of a statement whose best plan depends on its parameters: PostgreSQL plans it each time. It plans
all others only once for each connection, after some executions, because planning takes longer than executing them."""
LONGEST_WAIT = 15
"""Seconds to wait for another writing transaction."""
_GAVE_WAY = ("55P03", "40001", "40P01")
"""PostgreSQL's codes for a lock that was waited for too long, a serialization failure and a deadlock."""
_line = [threading.Lock()]
"""The lock for which threads that write to SQLite wait; in a list, so that a forked process can replace it."""
os.register_at_fork(
    after_in_child=lambda: _line.__setitem__(0, threading.Lock())
)  # no thread of the child would release the old one


def bind(app: Flask) -> None:
    """Sets up the connections of the app's `db`, which must be initialized. Call it once for each app."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "do_connect", _connect_sqlite)
            event.listen(db.engine, "connect", _open_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            event.listen(db.engine, "connect", _open_postgresql)
            event.listen(db.engine, "do_execute", _plan_each_time)


def engine_options(url: str) -> dict:
    if url.startswith("sqlite"):
        arguments = {"timeout": LONGEST_WAIT, "check_same_thread": False}
        options = {"connect_args": arguments, "pool_size": 20, "max_overflow": 20, "module": sqlite.sqlite3}
        options["pool_use_lifo"] = True  # each connection has a cache of its own
    else:
        options = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "pool_timeout": 10}
    return options | {"hide_parameters": True}  # exceptions are logged, and no log may contain a coupon code


@dataclass(frozen=True)
class Described:
    kind: str
    version: str
    journal_mode: str | None
    """Only for SQLite."""


def described() -> Described:
    """Describes the database in use. Needs an app context."""
    if db.engine.dialect.name != "sqlite":
        return Described("postgresql", db.session.execute(text("SHOW server_version")).scalar_one(), None)
    mode = db.session.execute(text("PRAGMA journal_mode")).scalar_one()
    return Described("sqlite", sqlite.VERSION, mode)


def warning(settings: Settings) -> str | None:
    """Returns a warning for the person who starts a process, or None."""
    return sqlite.WARNING if settings.database_url.startswith("sqlite") else None


def is_busy(error: DBAPIError) -> bool:
    """Whether another writing transaction took longer than we wait, or PostgreSQL rolled ours back in its favour."""
    is_locked = getattr(error.orig, "sqlite_errorname", None) == "SQLITE_BUSY"
    return is_locked or getattr(error.orig, "sqlstate", None) in _GAVE_WAY


def is_taken(error: DBAPIError) -> bool:
    """Whether a unique constraint failed, because somebody else was faster with the same value."""
    is_from_sqlite = str(error.orig).startswith("UNIQUE constraint failed")  # pysqlite3 has no error code for it
    return is_from_sqlite or getattr(error.orig, "sqlstate", None) == "23505"


def queue_for_write_lock(session: Session) -> Callable[[], None]:
    """Call it before a writing transaction, and call the function that it returns afterwards.

    A thread that waits for SQLite's own lock sleeps up to a tenth of a second at a time; a thread that waits here is
    woken at once. This is only for speed, among the threads of one process; the file's own lock decides.
    """
    lock = _line[0]
    if session.get_bind().dialect.name == "sqlite" and lock.acquire(timeout=LONGEST_WAIT):
        return lock.release
    return lambda: None


def _connect_sqlite(_dialect, _record, arguments, options):
    return sqlite.connect(*arguments, **options)


def _open_sqlite(connection, _record) -> None:
    _keep_to_ourselves(connection)
    milliseconds = LONGEST_WAIT * 1000
    connection.isolation_level = None  # the driver starts no transaction of its own: _begin_sqlite does
    for pragma in (
        f"journal_mode={sqlite.JOURNAL}",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={milliseconds}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _keep_to_ourselves(connection) -> None:
    """Makes a new file, and so the files that SQLite puts beside it, readable by its owner only: codes are money."""
    path = next(file for _, name, file in connection.execute("PRAGMA database_list") if name == "main")
    if path and os.path.getsize(path) == 0:
        os.chmod(path, 0o600)


def _begin_sqlite(connection) -> None:
    """A writing transaction takes the write lock at once, because upgrading a read lock later may fail as "locked"."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    if writes and not sqlite.MAY_LOG and connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
        connection.exec_driver_sql("ROLLBACK")
        raise sqlite.sqlite3.OperationalError(f"another process uses the file in WAL mode. {sqlite.WARNING}")


def _open_postgresql(connection, _record) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET lock_timeout = '15s'")
        # Our statements have their joins in the best order. For six tables, searching for a better one takes longer
        # than executing the joins.
        cursor.execute("SET join_collapse_limit = 1")
    connection.commit()


def _plan_each_time(cursor, statement: str, parameters, context) -> bool:
    """Returns True if it has executed the statement itself. A cursor with a name is the server's, for files of any
    length: its statement is planned each time anyway."""
    has_name = getattr(cursor, "name", None) is not None
    values_matter = context is not None and context.execution_options.get(VALUES_MATTER) and not has_name
    if values_matter:
        cursor.execute(statement, parameters, prepare=False)
    return bool(values_matter)


@event.listens_for(Session, "before_flush")
def _only_units_flush(session: Session, *_) -> None:
    if (session.new or session.dirty or session.deleted) and not session.info.get(WRITES):
        raise RuntimeError("a change outside of core.transaction.writing()")


@event.listens_for(Session, "do_orm_execute")
def _only_units_write(state: ORMExecuteState) -> None:
    if state.is_select and state.session.info.get(READS_ANEW) and not state.is_column_load:
        state.update_execution_options(populate_existing=True)
    writes = state.is_update or state.is_insert or state.is_delete
    if writes and not state.session.info.get(WRITES):
        raise RuntimeError("a change outside of core.transaction.writing()")
