from datetime import datetime

from sqlalchemy import Index, String, Text, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime

IS_PERSON, IS_PROCESS, IS_REVEAL = text("actor_id IS NOT NULL"), text("actor_id IS NULL"), text("act = 'reveal'")
CODE_ACTS = (
    "attach", "confirm", "give", "move", "not revoked", "overrule", "reveal", "revoke", "revoked", "state", "surplus",
    "withdraw",
)  # fmt: skip
IS_OF_CODE = text(
    "CASE WHEN subject IN ('asset', 'coupon') THEN act IN ("
    + ", ".join(f"'{act}'" for act in CODE_ACTS)
    + ") OR field = 'code' END"
)
"""A statement that names the rows in these very words can use the index of them; CASE, so that SQLite does not prefer
the index of subjects. Another act needs a migration."""


def _of(rows: TextClause) -> dict[str, TextClause]:
    return {"sqlite_where": rows, "postgresql_where": rows}


class AuditEntry(db.Model):
    """Who changed what, when, from what to what, and why. The database refuses UPDATE and DELETE.

    No foreign keys: an entry outlives its subject. Codes are masked.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "subject_id", "id", "at"),
        Index("ix_audit_entries_at", "at", "id"),
        Index("ix_audit_entries_person", "actor_id", "at", "id", **_of(IS_PERSON)),
        Index("ix_audit_entries_person_kind", "actor_id", "subject", "at", "id", **_of(IS_PERSON)),
        Index("ix_audit_entries_process", "actor", "at", "id", **_of(IS_PROCESS)),
        Index("ix_audit_entries_process_kind", "actor", "subject", "at", "id", **_of(IS_PROCESS)),
        Index("ix_audit_entries_kind", "subject", "at", "id"),
        Index("ix_audit_entries_codes", "at", "id", **_of(IS_OF_CODE)),
        Index("ix_audit_entries_person_codes", "actor_id", "at", "id", **_of(IS_OF_CODE)),
        Index("ix_audit_entries_reveals", "at", "id", **_of(IS_REVEAL)),
        Index("ix_audit_entries_person_reveals", "actor_id", "at", "id", **_of(IS_REVEAL)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None]
    """Who pressed, also if a process carried it out later."""
    actor: Mapped[str] = mapped_column(String(120))
    """The person's name at that time, or the process that nobody told to: `worker`, `command line`."""
    via: Mapped[str | None] = mapped_column(String(20))
    """The process that carried it out for this person."""
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    act: Mapped[str] = mapped_column(String(40))
    field: Mapped[str | None] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)
