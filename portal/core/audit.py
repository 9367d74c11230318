"""The append-only audit log. Each entry is written in the transaction of the change that it records."""

from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, String, insert, literal, null, select

from portal.core import clock, security_log, spelling
from portal.extensions import db
from portal.models import Asset, AuditEntry, User
from portal.models.types import UTCDateTime

Actor = User | str
"""A person, or what acted without one: `worker`, `command line`, `scheduled`."""
WORKER = "worker"
SCHEDULED = "scheduled"
COMMAND_LINE = "command line"
HANDOVER = "hand-over link"
"""Somebody who opened one; nobody knows who."""


def record(subject: str, subject_id: int, act: str, *, by: Actor, at: datetime | None = None, **detail: object) -> None:
    """`detail`: any of `field`, `before`, `after`, `why`."""
    db.session.add(AuditEntry(**entry(subject, subject_id, act, by=by, at=at or clock.when_written(), **detail)))
    security_log.follow(subject, subject_id, act, detail.get("field"), by)


def entry(
    subject: str, subject_id: int, act: str, *, by: Actor, at: datetime | ColumnElement[datetime],
    field: str | None = None, before: object = None, after: object = None, why: str | None = None,
) -> dict[str, object]:  # fmt: skip
    return {
        "at": at,
        "actor_id": by.id if isinstance(by, User) else None,
        "actor": by.name if isinstance(by, User) else by,
        "subject": subject,
        "subject_id": subject_id,
        "act": act,
        "field": field,
        "before": _text(before),
        "after": _text(after),
        "why": why,
    }


def record_each(rows: Select, subject: str, act: str, *, by: Actor, at: datetime, field: str | None = None) -> None:
    """Inside a transaction. Writes one entry for each row; `rows` selects (subject_id, after, why), and may select
    `before`."""
    source = rows.subquery()
    before = {"before": source.c.before} if "before" in source.c else {}
    values = {
        "at": literal(at, UTCDateTime),
        "actor_id": literal(by.id, Integer) if isinstance(by, User) else null(),
        "actor": literal(by.name if isinstance(by, User) else by, String),
        "subject": literal(subject, String),
        "subject_id": source.c.subject_id,
        "act": literal(act, String),
        "field": literal(field, String) if field else null(),
        "after": source.c.after,
        "why": source.c.why,
    } | before
    db.session.execute(insert(AuditEntry.__table__).from_select(list(values), select(*values.values())))


def changes(subject: str, row: db.Model, values: dict[str, object], *, act: str, by: Actor, why: str | None = None):
    """Sets each value that is another one, not only in its spelling, and records each change as one entry. Returns the
    names of the changed fields."""
    changed = []
    for field, value in values.items():
        before = getattr(row, field)
        if spelling.is_same(field, before, value):
            continue
        setattr(row, field, value)
        record(subject, row.id, act, by=by, field=field, before=before, after=value, why=why)
        changed.append(field)
    return changed


def text_changes(
    subject: str, row: db.Model, column: str, texts: dict[str, str], *, by: Actor, act: str = "change"
) -> list[str]:  # fmt: skip
    """Sets a column of texts by language. Records each text that is another one as `column en`, and returns the
    languages of those that changed."""
    before = getattr(row, column)
    changed = [
        language
        for language in sorted(before.keys() | texts.keys())
        if not spelling.is_same(column, before.get(language), texts.get(language))
    ]
    for language in changed:
        old, new = before.get(language), texts.get(language)
        record(subject, row.id, act, by=by, field=f"{column} {language}", before=old, after=new)
    if changed:
        setattr(row, column, dict(texts))
    return changed


def of_asset(asset: Asset, limit: int) -> list[AuditEntry]:
    """Newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _text(value: object) -> str | None:
    if value is None:
        return None
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
