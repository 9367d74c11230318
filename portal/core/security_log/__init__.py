"""The security log: who tried to get in and what happened, in the database and as lines of JSON.

Successful acts are logged once their transaction is committed; refusals are logged whatever happens to the request.
`flush` writes the rows after the answer is made, in a transaction of its own. If that fails, nothing else is affected:
the line is already written, and the row waits for the next flush. docs/security-log.md says what is logged, and for how
long it is kept.
"""

import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select

from portal.core.security_log import writing
from portal.core.security_log.minute import Minute, Row
from portal.core.security_log.writing import as_json
from portal.core.transaction import after_commit, transaction
from portal.extensions import db
from portal.models import Event, Result, SecurityEvent, User

__all__ = ["Origin", "Row", "as_json", "begin", "delete_expired", "flush", "follow", "note", "request_id", "since"]

KEPT = timedelta(days=400)
"""A trigger refuses to delete younger rows."""

# Events that follow from an audit entry: by its subject, its act and, where it matters, its field.
_AUDITED = {
    ("user", "created", None): Event.PERSON_CREATED,
    ("user", "disabled", "disabled_at"): Event.PERSON_DISABLED,
    ("user", "enabled", "disabled_at"): Event.PERSON_ENABLED,
    ("user", "edited", "email"): Event.EMAIL_CHANGED,
    ("user", "edited", "role"): Event.RIGHTS_CHANGED,
    ("user", "password changed", None): Event.PASSWORD_CHANGED,
    ("user", "password chosen", None): Event.PASSWORD_CHANGED,
    ("user", "calendar link made", None): Event.CALENDAR_LINK_MADE,
    ("user", "calendar link revoked", None): Event.CALENDAR_LINK_REVOKED,
    ("account", "moved", "parent"): Event.ACCOUNT_MOVED,
    ("account", "edited", "kind"): Event.ACCOUNT_MOVED,
    ("account", "merged", "merged_into"): Event.ACCOUNT_MOVED,
    ("account", "disabled", "disabled_at"): Event.ACCOUNT_DISABLED,
    ("account", "enabled", "disabled_at"): Event.ACCOUNT_ENABLED,
    ("asset", "reveal", None): Event.CODE_REVEALED,
    ("asset", "reveal", "handover"): Event.CODE_REVEALED,
    ("asset", "reveal", "mail"): Event.CODE_REVEALED,
    ("coupon", "reveal", None): Event.CODE_REVEALED,
    ("asset", "hand over", "handover"): Event.HANDOVER_MADE,
    ("account", "leaving pack sent", None): Event.CODES_EXPORTED,
    ("asset", "attest", "sync_status"): Event.NOT_BOUGHT_ATTESTED,
    ("asset", "answer", "bought_before"): Event.NOT_BOUGHT_ATTESTED,
    ("import", "rejects", None): Event.CODES_EXPORTED,
    ("import", "broken_off", None): Event.CODES_EXPORTED,
    ("connection", "backup", "backed_up_at"): Event.BACKED_UP,
    ("connection", "restore", "backed_up_at"): Event.RESTORED,
    ("connection", "release", "frozen_at"): Event.RELEASED,
}
AUDITED = frozenset(_AUDITED.values())
"""Limited by the changes that they follow, so each is logged by itself. All other events are counted if they repeat."""


@dataclass
class Origin:
    """The request in which an event happens."""

    address: str
    source: str
    """What counts as one source: an IPv6 subscriber has 2^64 addresses."""
    request_id: str
    method: str
    route: str
    rows: list[Row] = field(default_factory=list)


_origin: ContextVar[Origin | None] = ContextVar("origin of what happens", default=None)


def begin(origin: Origin) -> None:
    _origin.set(origin)


def request_id() -> str | None:
    origin = _origin.get()
    return origin.request_id if origin else None


def note(
    event: Event,
    outcome: Result = Result.SUCCEEDED,
    *,
    by: User | str | None = None,
    subject: tuple[str, int] | None = None,
    detail: str | None = None,
) -> None:
    """`by` is a person or a process, as in the audit log. `detail` is one of our own words, never a user's input."""
    origin = _origin.get()
    is_person = isinstance(by, User)
    row = {
        "at": datetime.now(UTC),
        "event": event.value,
        "outcome": outcome.value,
        "count": 1,
        "person_id": by.id if is_person else None,
        "account_id": by.account_id if is_person else None,
        "subject": subject and subject[0],
        "subject_id": subject and subject[1],
        "address": origin and origin.address,
        "request_id": origin and origin.request_id,
        "method": origin and origin.method,
        "route": origin.route if origin else by if isinstance(by, str) else None,
        "detail": detail,
    }
    is_logged_singly = event in AUDITED and outcome is Result.SUCCEEDED
    key = None if is_logged_singly else _key(row, origin.source if origin else None)
    if outcome is Result.SUCCEEDED:
        after_commit(lambda: _take(row, key))
    else:
        _take(row, key)


def follow(subject: str, subject_id: int, act: str, field: str | None, by: User | str) -> None:
    """Called by the audit log: logs the event here as well if the entry concerns security."""
    event = _AUDITED.get((subject, act, field))
    if event is not None:
        note(event, by=by, subject=(subject, subject_id))


def flush() -> None:
    """At the end of a request, whatever its result."""
    origin = _origin.get()
    _origin.set(None)
    if origin is not None and origin.rows:
        writing.write(origin.rows)


def since(instant: datetime) -> Iterator[Row]:
    """Oldest first."""
    rows = select(SecurityEvent).where(SecurityEvent.at >= instant).order_by(SecurityEvent.at, SecurityEvent.id)
    for event in db.session.scalars(rows.execution_options(yield_per=500)):
        yield {column.key: getattr(event, column.key) for column in SecurityEvent.__table__.c}


def delete_expired(now: datetime) -> None:
    with transaction():
        is_old = SecurityEvent.at < now - KEPT - timedelta(days=1)  # the trigger looks at the database's clock
        db.session.execute(delete(SecurityEvent).where(is_old).execution_options(synchronize_session=False))


def _key(row: Row, source: str | None) -> tuple:
    named = ("event", "outcome", "person_id", "subject", "subject_id", "route", "detail")
    return (source, *(row[name] for name in named))


def _take(row: Row, key: tuple | None) -> None:
    minute = current_app.extensions.setdefault("portal.security_log", Minute())
    admitted = minute.admit(row, key, int(time.monotonic() // 60))
    origin = _origin.get()
    for each in admitted:
        writing.tell(each, is_of_web=origin is not None)
    if origin is not None:
        origin.rows += admitted
    elif admitted:
        writing.write(admitted)
