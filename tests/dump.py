"""All rows of all tables, to prove that something changed nothing."""

import re
from functools import cache
from weakref import WeakKeyDictionary

from flask import Flask
from sqlalchemy import Connection, Engine

from portal.extensions import db

MOVES_BY_ITSELF = {"sign_ins", "throttles", "workers", "drafts", "security_events"}
"""Signing in, counting attempts, heartbeats, keeping what somebody typed, and the log of it are no changes of what is
kept."""
WRITTEN = re.compile(r"\b(?:(?:INSERT|REPLACE)(?: OR \w+)? INTO|(?<!DO )(?<!FOR )UPDATE|DELETE FROM) \"?(\w+)")
MOVE_BY_THEMSELVES = {"signed_in_at"}


_newest: WeakKeyDictionary[Engine, tuple[object, dict[str, list[tuple]]]] = WeakKeyDictionary()
"""The last dump of each database, and the snapshot that it was read in."""


def changes(statements: list[str]) -> list[str]:
    """Of what was sent to the database, what changes more than moves by itself, whether it was committed or not."""
    return [each for each in statements if not set(WRITTEN.findall(each)) <= MOVES_BY_ITSELF]


def dump(app: Flask) -> dict[str, list[tuple]]:
    """As the driver reads them: both dumps that are compared come from one database.

    The database is asked for its snapshot first: two that are equal show the same rows, so nothing is read again.
    """
    with app.app_context():
        snapshot = _snapshot(db.session.connection())
        known = _newest.get(db.engine)
        if known is None or known[0] != snapshot:
            known = _newest[db.engine] = (snapshot, _read(db.session.connection()))
        return known[1]


def _snapshot(connection: Connection) -> object:
    """Which transactions are seen. SQLite tells a connection what others committed, and how much it wrote itself."""
    if connection.dialect.name == "sqlite":
        own = connection.connection.driver_connection
        return own, connection.exec_driver_sql("PRAGMA data_version").cursor.fetchone(), own.total_changes
    return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").cursor.fetchone()


def _read(connection: Connection) -> dict[str, list[tuple]]:
    return {name: connection.exec_driver_sql(query).cursor.fetchall() for name, query in _queries().items()}


@cache
def _queries() -> dict[str, str]:
    return {table.name: _query(table) for table in db.metadata.sorted_tables if table.name not in MOVES_BY_ITSELF}


def _query(table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in MOVE_BY_THEMSELVES)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    return f"SELECT {columns} FROM {table.name} ORDER BY {keys}"


def difference(before: dict[str, list[tuple]], after: dict[str, list[tuple]]) -> list[str]:
    """In words, for the assertion's message."""
    lines = []
    for name, rows in after.items():
        if rows == before[name]:
            continue  # the usual case, without putting each row into words
        old, new = set(map(repr, before[name])), set(map(repr, rows))
        lines += [f"{name} - {row}" for row in sorted(old - new)] + [f"{name} + {row}" for row in sorted(new - old)]
    return lines
