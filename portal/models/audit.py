from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime

IS_PERSON, IS_PROCESS, IS_REVEAL = text("actor_id IS NOT NULL"), text("actor_id IS NULL"), text("act = 'reveal'")


class AuditEntry(db.Model):
    """Who changed what, when, from what to what, and why. The database refuses UPDATE and DELETE.

    No foreign keys: an entry outlives its subject. Codes are masked.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "subject_id", "id", "at"),
        Index("ix_audit_entries_at", "at", "id"),
        Index(
            "ix_audit_entries_person", "actor_id", "at", "id", "subject",
            sqlite_where=IS_PERSON, postgresql_where=IS_PERSON,
        ),
        Index(
            "ix_audit_entries_process", "actor", "at", "id", "subject",
            sqlite_where=IS_PROCESS, postgresql_where=IS_PROCESS,
        ),
        Index("ix_audit_entries_kind", "subject", "at", "id"),
        Index("ix_audit_entries_reveals", "at", "id", "actor_id", sqlite_where=IS_REVEAL, postgresql_where=IS_REVEAL),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(120))
    """The person's name at that time, or the process: `worker`, `command line`."""
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    act: Mapped[str] = mapped_column(String(40))
    field: Mapped[str | None] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)
