"""The append-only audit log. Each entry is written in the transaction of the change that it records."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, insert, literal, null, select

from portal.core import clock, security_log, spelling
from portal.extensions import db
from portal.models import Asset, AuditEntry, User
from portal.models.types import UTCDateTime

_COLUMNS = AuditEntry.__table__.columns
WORKER = "worker"
SCHEDULED = "scheduled"
COMMAND_LINE = "command line"
HANDOVER = "hand-over link"
"""Somebody who opened one; nobody knows who."""


@dataclass(frozen=True)
class ForPerson:
    """A process that carries out what a person began."""

    person: User
    via: str = WORKER


Actor = User | ForPerson | str
"""A person, a process for a person, or a process that nobody told to: `worker`, `command line`, `scheduled`."""


def process_for(user_id: int | None, via: str = WORKER) -> Actor:
    """Whoever pressed has done it, and not the process."""
    person = db.session.get(User, user_id) if user_id else None
    return via if person is None else ForPerson(person, via)


def person_of(by: Actor) -> User | None:
    return by.person if isinstance(by, ForPerson) else by if isinstance(by, User) else None


def last_person(subject: str, subject_id: int, *acts: str) -> int | None:
    """Who was the last to do one of these to it. One statement."""
    is_it = (AuditEntry.subject == subject, AuditEntry.subject_id == subject_id, AuditEntry.act.in_(acts))
    return db.session.scalar(select(AuditEntry.actor_id).where(*is_it).order_by(AuditEntry.id.desc()).limit(1))


def record(subject: str, subject_id: int, act: str, *, by: Actor, at: datetime | None = None, **detail: object) -> None:
    """`detail`: any of `field`, `before`, `after`, `why`."""
    db.session.add(AuditEntry(**entry(subject, subject_id, act, by=by, at=at or clock.when_written(), **detail)))
    security_log.follow(subject, subject_id, act, detail.get("field"), person_of(by) or by)


def entry(
    subject: str, subject_id: int, act: str, *, by: Actor, at: datetime | ColumnElement[datetime],
    field: str | None = None, before: object = None, after: object = None, why: str | None = None,
) -> dict[str, object]:  # fmt: skip
    return {
        "at": at,
        **_who(by),
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
        **{name: null() if value is None else literal(value, _COLUMNS[name].type) for name, value in _who(by).items()},
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


def _who(by: Actor) -> dict[str, int | str | None]:
    person = person_of(by)
    return {
        "actor_id": person and person.id,
        "actor": person.name if person else by,
        "via": by.via if isinstance(by, ForPerson) else None,
    }


def _text(value: object) -> str | None:
    if value is None:
        return None
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
