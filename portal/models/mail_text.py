from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class MailTextVersion(db.Model):
    """A text that the distributor wrote for a mail. The newest of an event and a language is in use; one without
    subject and text stands for the built-in text. The database refuses UPDATE and DELETE."""

    __tablename__ = "mail_text_versions"
    __table_args__ = (
        UniqueConstraint("event", "language", "number"),
        CheckConstraint("(subject IS NULL) = (text IS NULL)", name="both_or_neither"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(30))
    """A name in services/mail/events.py."""
    language: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    """From 1. Of two people who save at the same moment, only one gets it."""
    subject: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str | None] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    saved_by: Mapped[User] = relationship(lazy="raise")

    @property
    def is_own(self) -> bool:
        return self.text is not None
