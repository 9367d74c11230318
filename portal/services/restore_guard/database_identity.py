"""Is this the database that sent last? Something outside it must know, as a copy cannot tell by itself.

A small file holds how many sends this database has begun (send_counter_file.py). A database with a lower number is
older than the last purchases; one without its file was copied. On PostgreSQL, the ids that the server gave to the
database and the table reveal a restored dump or a clone. Its timeline reveals a point-in-time recovery or a promoted
replica, which may have lost commits.
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
    """Inside a transaction. Why this may not be the database that sent last, or None if it is. Assigns an identity if
    there is none.

    Raises send_counter_file.Lost if that cannot be determined.
    """
    assign_identity(row)
    if row.fingerprint != fingerprint():
        return COPIED
    try:
        mark = send_counter_file.read(row.instance_id)
        if mark is None and row.sends and _is_sqlite():
            return COPIED
        if mark is None or mark < row.sends:  # a new machine, a removed file, or one that could not be written
            send_counter_file.write(row.instance_id, row.sends)
            return None
    except send_counter_file.Damaged:
        return DAMAGED
    return OLDER if mark > row.sends else None


def assign_identity(row: Connection) -> None:
    """Inside a transaction. From the first sign-in on, a copy of the database can be recognized."""
    if row.instance_id is None:
        begin_identity(row)


def begin_identity(row: Connection) -> None:
    """Inside a transaction. Starts a new identity, so that the old counter files no longer apply."""
    row.instance_id, row.sends, row.fingerprint = secrets.token_hex(16), 0, fingerprint()


def remember_send(instance_id: str | None, sends: int) -> None:
    """Call it after the commit that begins a send, before its first byte. If it fails, no further send begins
    (reason_for_doubt)."""
    try:
        if instance_id is not None:
            send_counter_file.write(instance_id, sends)
    except (send_counter_file.Lost, send_counter_file.Damaged) as failure:
        log.error("the mark of what was sent is not kept, nothing more is sent: %s", failure or "it is damaged")


def fingerprint() -> str | None:
    return None if _is_sqlite() else db.session.connection().scalar(_WHERE)


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
