"""How both databases are opened: SQLite (WAL, one writer at a time) and PostgreSQL behave alike above this."""

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
"""After a transaction that was rolled back: what is asked again is as it is now, whatever the session holds of it."""
VALUES_MATTER = "portal_values_matter"
"""Execution option of a statement whose best plan depends on what is looked for: PostgreSQL plans it each time. Any
other it plans once for each connection, after some times: to plan what a page shows takes longer than to find it."""
LONGEST_WAIT = 15
"""Seconds for somebody else's writing transaction."""
_line = [threading.Lock()]
"""Where the threads that want to write to SQLite wait."""
os.register_at_fork(after_in_child=lambda: _line.__setitem__(0, threading.Lock()))  # nobody would release the old one


def bind(app: Flask) -> None:
    """Needs an initialized `db`; once for each app."""
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
        ours = {"timeout": LONGEST_WAIT, "check_same_thread": False}
        options = {"connect_args": ours, "pool_size": 20, "max_overflow": 20, "module": sqlite.sqlite3}
    else:
        options = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "pool_timeout": 10}
    return options | {"hide_parameters": True}  # exceptions are logged, and a coupon code is never


@dataclass(frozen=True)
class Described:
    kind: str
    version: str
    journal_mode: str | None
    """Of SQLite's file."""


def described() -> Described:
    """In an app context: what the portal works with."""
    if db.engine.dialect.name != "sqlite":
        return Described("postgresql", db.session.execute(text("SHOW server_version")).scalar_one(), None)
    mode = db.session.execute(text("PRAGMA journal_mode")).scalar_one()
    return Described("sqlite", sqlite.VERSION, mode)


def warning(settings: Settings) -> str | None:
    """For whoever starts a process."""
    return sqlite.WARNING if settings.database_url.startswith("sqlite") else None


def is_busy(error: DBAPIError) -> bool:
    """Somebody else's writing took longer than we wait."""
    names = (getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None))
    return "SQLITE_BUSY" in names or "55P03" in names


def is_taken(error: DBAPIError) -> bool:
    """A unique constraint had the last word: somebody else was faster with the same thing."""
    is_sqlites = str(error.orig).startswith("UNIQUE constraint failed")  # pysqlite3 knows no code for it
    return is_sqlites or getattr(error.orig, "sqlstate", None) == "23505"


def stand_in_line(session: Session) -> Callable[[], None]:
    """Before a writing transaction; call what it returns when that is over.

    Who waits for SQLite's lock is not woken, but sleeps up to a tenth of a second at a time; who waits here is woken.
    Only for speed, among the threads of one process: what decides is the file's own lock.
    """
    lock = _line[0]
    if session.get_bind().dialect.name == "sqlite" and lock.acquire(timeout=LONGEST_WAIT):
        return lock.release
    return lambda: None


def _connect_sqlite(_dialect, _record, arguments, options):
    return sqlite.connect(*arguments, **options)


def _open_sqlite(connection, _record) -> None:
    _keep_to_ourselves(connection)
    waits = LONGEST_WAIT * 1000
    connection.isolation_level = None  # the driver starts no transaction of its own: _begin_sqlite does
    for pragma in (f"journal_mode={sqlite.JOURNAL}", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={waits}"):
        connection.execute(f"PRAGMA {pragma}")


def _keep_to_ourselves(connection) -> None:
    """A new file is readable by its owner only, and so is what SQLite puts beside it: codes are money."""
    path = next(file for _, name, file in connection.execute("PRAGMA database_list") if name == "main")
    if path and os.path.getsize(path) == 0:
        os.chmod(path, 0o600)


def _begin_sqlite(connection) -> None:
    """A writing transaction takes the lock at once: a read lock that asks for more later fails as "locked"."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    if writes and not sqlite.MAY_LOG and connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
        connection.exec_driver_sql("ROLLBACK")
        raise sqlite.sqlite3.OperationalError(f"another process uses the file in WAL mode. {sqlite.WARNING}")


def _open_postgresql(connection, _record) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET lock_timeout = '15s'")
        # Joins stand in the order in which they are best made. To look for a better one, among all there are of six
        # tables, takes longer than to make them.
        cursor.execute("SET join_collapse_limit = 1")
    connection.commit()


def _plan_each_time(cursor, statement: str, parameters, context) -> bool:
    """True: it is done."""
    matter = context is not None and context.execution_options.get(VALUES_MATTER)
    if matter:
        cursor.execute(statement, parameters, prepare=False)
    return bool(matter)


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
