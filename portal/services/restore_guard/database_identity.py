"""Is this the database that sent last? Something outside of it must know, for a copy knows no better itself.

A small file holds how many sends this database has begun (marks.py). A database that has begun fewer is older than
what was bought; one without its file was copied. On PostgreSQL, the numbers that the server gave to the database and
the table tell a restored dump or a clone, and its timeline a point-in-time recovery or a promoted replica, which may
have lost commits.
"""

import logging
import secrets

from sqlalchemy import text

from portal.extensions import db
from portal.models import Connection
from portal.services.restore_guard import send_counter_file

log = logging.getLogger(__name__)

OLDER, COPIED, DAMAGED = "older", "copied", "damaged"
_WHERE = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' ||"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' ||"
    " (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'bittitan_connection'::regclass::oid"
)


def reason_for_doubt(row: Connection) -> str | None:
    """Inside a transaction: why this may not be the database that sent last; None if it is. Begins a life that has no
    name.

    Raises marks.Lost where nobody can say.
    """
    assign_identity(row)
    if row.fingerprint != fingerprint():
        return COPIED
    try:
        mark = send_counter_file.read(row.instance_id)
        if mark is None and row.sends and _is_sqlite():
            return COPIED
        if mark is None or mark < row.sends:  # a new machine; or the file was removed, or could not be written before
            send_counter_file.write(row.instance_id, row.sends)
            return None
    except send_counter_file.Damaged:
        return DAMAGED
    return OLDER if mark > row.sends else None


def assign_identity(row: Connection) -> None:
    """Inside a transaction: from the first sign-in on, a copy of it can be told."""
    if row.instance_id is None:
        begin_identity(row)


def begin_identity(row: Connection) -> None:
    """Inside a transaction: a new life, under a name of its own, so that marks of the former say nothing any more."""
    row.instance_id, row.sends, row.fingerprint = secrets.token_hex(16), 0, fingerprint()


def remember_send(instance_id: str | None, sends: int) -> None:
    """After the commit that begins a send, before its first byte. If it fails, there is no next one (doubt)."""
    try:
        if instance_id is not None:
            send_counter_file.write(instance_id, sends)
    except (send_counter_file.Lost, send_counter_file.Damaged) as failure:
        log.error("the mark of what was sent is not kept, nothing more is sent: %s", failure or "it is damaged")


def fingerprint() -> str | None:
    return None if _is_sqlite() else db.session.connection().scalar(_WHERE)


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
