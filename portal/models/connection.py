from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class Connection(db.Model):
    """The one row that all processes share about BitTitan: may purchases be sent, and how fast?"""

    __tablename__ = "bittitan_connection"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(String(36))
    """The BitTitan organisation that this database belongs to, from the first sign-in."""
    failures: Mapped[int] = mapped_column(default=0)
    """Consecutive sends without a definite answer."""
    is_open: Mapped[bool] = mapped_column(default=False)
    """The breaker: open means that purchases are held until a sign-in and one purchase succeed."""
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """No purchase is sent before; None together with `needs_person` means until somebody acts."""
    held_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cause: Mapped[str | None] = mapped_column(String(60))
    needs_person: Mapped[bool] = mapped_column(default=False)
    probe_attempt_id: Mapped[int | None]
    """After a good sign-in, the one purchase that goes first."""
    next_slot_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    doubt_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """After a jump of the clock: no absence is concluded before."""
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Alert(db.Model):
    """Something that a person of the distributor must know about."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_seen_at", "seen_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    asset_id: Mapped[int | None] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seen_by_id: Mapped[int | None]

    seen_by: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(Alert.seen_by_id) == User.id, viewonly=True, lazy="raise"
    )
