import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class Standing(enum.Enum):
    """May a purchase be sent now? The first that is true, the gravest first."""

    FROZEN = "frozen"
    """The database was restored: nothing is sent until what was bought since is looked up and a person releases it."""
    FOREIGN = "foreign"
    """The sign-in is another BitTitan organisation's than this database belongs to."""
    REFUSED = "refused"
    """BitTitan does not accept the sign-in; a person has to act."""
    SILENT = "silent"
    """The breaker is open: BitTitan does not answer."""
    PAUSED = "paused"
    """BitTitan asked for a pause."""
    CLEAR = "clear"


class Connection(db.Model):
    """The one row that all processes share about BitTitan: may purchases be sent, and how fast?"""

    __tablename__ = "bittitan_connection"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(String(36))
    """The BitTitan organisation that this database belongs to, from the first sign-in."""
    generation: Mapped[int] = mapped_column(default=0)
    """Counts how often a person connected: a process that signed in before signs in anew before it asks anything."""
    clock_offset: Mapped[int | None]
    """By how many seconds BitTitan's clock was ahead of ours when a worker last looked; negative if it is behind."""
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
    next_turn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Where the row of those ends who wait for a slot; only a hint, the slot itself is `next_slot_at`."""

    lookup_failures: Mapped[int] = mapped_column(default=0)
    """Consecutive look-ups without an answer."""
    next_lookup_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While look-ups are not answered: when one of them asks again, for all."""

    instance_id: Mapped[str | None] = mapped_column("birth", String(32))
    """Names this life of the database in the send counter file beside it (services/restore_guard)."""
    sends: Mapped[int] = mapped_column(BigInteger, default=0)
    """How many sends were begun in this life."""
    fingerprint: Mapped[str | None] = mapped_column("incarnation", String(80))
    """Where PostgreSQL keeps this table; elsewhere, it is a copy."""
    backed_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the last backup began that the portal made itself."""
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    frozen_why: Mapped[str | None] = mapped_column(String(20))
    """`restored`, `backup` (a backup file put in place by hand), `older`, `copied` or `damaged`
    (services/restore_guard/database_identity.py)."""
    lost_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """What was bought since may be missing here."""
    search_began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    searched_to: Mapped[int] = mapped_column(default=0)
    """The last asset that this look-up has asked BitTitan about."""
    searched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When everything bought since was looked up; only then may a person release."""
    listed: Mapped[int | None]
    """How many coupons BitTitan listed in all, when they were last counted for a release."""
    accounted: Mapped[int | None]
    """How many of those were on record here by then, or are not ours."""

    watched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the watchdog last looked (services/watchdog/__init__.py)."""
    stuck: Mapped[int] = mapped_column(default=0)
    """How many it found that are neither settled nor scheduled."""

    def standing(self, now: datetime) -> Standing:
        if self.frozen_at is not None:
            return Standing.FROZEN
        if self.needs_person:
            return Standing.FOREIGN if self.cause == "OtherOrganization" else Standing.REFUSED
        if self.is_open:
            return Standing.SILENT
        is_paused = self.held_until is not None and self.held_until > now and self.cause is not None
        return Standing.PAUSED if is_paused else Standing.CLEAR


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


class Tally(db.Model):
    """Counters that only grow, written in the transaction of what they count: monitoring reads them without a scan."""

    __tablename__ = "tallies"

    subject: Mapped[str] = mapped_column(String(20), primary_key=True)
    """`attempt`, or the kind of an exchange."""
    outcome: Mapped[str] = mapped_column(String(20), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Milliseconds that the answer took at most (services/metrics.py); 0 where no time is measured."""
    count: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
