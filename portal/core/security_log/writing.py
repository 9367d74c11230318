"""Where security events go: lines of JSON, and rows."""

import json
import logging
import sys
from collections import deque
from contextlib import suppress

from flask import current_app
from sqlalchemy import Connection, insert

from portal.core.security_log.minute import Row
from portal.database import LONGEST_WAIT, WRITES
from portal.extensions import db
from portal.models import SecurityEvent

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Rows that could not be written yet. Beyond this number the oldest are dropped here and exist only as lines."""
PATIENCE = 1
"""Seconds to wait for another writer: the answer waits as long."""


def tell(row: Row, *, is_of_web: bool) -> None:
    _lines.info(as_json(row), extra={"is_of_web": is_of_web})


def as_json(row: Row) -> str:
    """On one line, whatever the row contains."""
    members = {name: value for name, value in row.items() if name not in ("id", "at")}
    return json.dumps({"log": "security", "time": row["at"].isoformat(timespec="milliseconds")} | members)


def write(rows: list[Row]) -> None:
    """Uses a connection of its own, so it is independent of any transaction. Raises nothing."""
    waiting = current_app.extensions.setdefault("portal.security_log.waiting", deque(maxlen=MOST_WAITING))
    due = _taken(waiting) + rows
    try:
        with db.engine.connect().execution_options(**{WRITES: True}) as connection:
            _insert(connection, due)
    except Exception:  # a log that cannot be written is no reason to withhold the answer
        waiting.extend(due)
        log.warning("%s rows of the security log could not be written; they wait for the next", len(due), exc_info=True)


def _taken(waiting: deque[Row]) -> list[Row]:
    """Each row is taken by one thread only."""
    taken = []
    with suppress(IndexError):
        while True:
            taken.append(waiting.popleft())
    return taken


def _insert(connection: Connection, rows: list[Row]) -> None:
    """SQLite would otherwise wait for another writer as long as was set when the connection was opened."""
    plain = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    try:
        if plain is not None:
            plain.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
        with connection.begin():
            connection.execute(insert(SecurityEvent.__table__), rows)
    finally:
        if plain is not None:
            plain.execute(f"PRAGMA busy_timeout={LONGEST_WAIT * 1000}")


class _Lines(logging.Handler):
    """Writes to standard output for the web, and to standard error for a command, whose output scripts read."""

    def emit(self, record: logging.LogRecord) -> None:
        stream = sys.stdout if record.is_of_web else sys.stderr
        with suppress(OSError, ValueError):  # closed, or nobody reads it
            stream.write(f"{record.getMessage()}\n")
            stream.flush()


_lines = logging.getLogger("portal.security")
_lines.setLevel(logging.INFO)
_lines.propagate = False
_lines.handlers = [_Lines()]
