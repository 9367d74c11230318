"""Is this the database that sent last? Something outside of it must know, for a copy knows no better itself.

Beside the SQLite file, or in the data folder of each machine with PostgreSQL, a small file holds how many sends this
database has begun. A database that has begun fewer is older than what was bought; one without its file was copied. On
PostgreSQL, the numbers that the server gave to the database and the table tell a restored dump or a clone, and its
timeline a point-in-time recovery or a promoted replica, which may have lost commits.
"""

import logging
import os
import secrets
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from portal.extensions import db, settings
from portal.models import Connection

log = logging.getLogger(__name__)

OLDER, COPIED = "older", "copied"
_WIDTH = 20
_WHERE = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' ||"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' ||"
    " (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'bittitan_connection'::regclass::oid"
)


def doubt(row: Connection) -> str | None:
    """Inside a unit: why this may not be the database that sent last; None if it is. Begins a life that has no name."""
    name(row)
    if row.incarnation != here():
        return COPIED
    mark = _read(row)
    if mark is not None:
        return OLDER if mark > row.sends else None
    if row.sends and _is_sqlite():
        return COPIED
    _write(row, row.sends)
    return None


def name(row: Connection) -> None:
    """Inside a unit: from the first sign-in on, a copy of it can be told."""
    if row.birth is None:
        begin(row)


def begin(row: Connection) -> None:
    """Inside a unit: a new life, under a name of its own, so that marks of the former say nothing any more."""
    row.birth, row.sends, row.incarnation = secrets.token_hex(16), 0, here()


def remember(birth: str | None, sends: int) -> None:
    """After the commit that begins a send, before its first byte."""
    row = Connection(birth=birth, sends=sends)
    if birth is not None and (_read(row) or 0) < sends:
        _write(row, sends)


def here() -> str | None:
    return None if _is_sqlite() else db.session.connection().scalar(_WHERE)


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _path(row: Connection) -> Path:
    return _folder(settings().database_url, settings().data_dir) / f"sent-{row.birth}.mark"


@cache
def _folder(database_url: str, data_dir: Path) -> Path:
    url = make_url(database_url)
    return Path(url.database).absolute().parent if url.get_backend_name() == "sqlite" else data_dir


def _read(row: Connection) -> int | None:
    try:
        content = _path(row).read_bytes().strip()
    except OSError:
        return None
    return int(content) if content.isdigit() else None


def _write(row: Connection, sends: int) -> None:
    """In one write of one width, so that nobody reads a half. It helps a person; work does not stop for want of it."""
    try:
        handle = os.open(_path(row), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(handle, f"{sends:0{_WIDTH}}\n".encode(), 0)
        finally:
            os.close(handle)
    except OSError:
        log.warning("the mark beside the database could not be written: an old copy of it would not be noticed")
