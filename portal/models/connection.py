import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class ConnectionStatus(enum.Enum):
    """Whether purchases may be sent now. If several apply, the gravest counts, in this order."""

    FROZEN = "frozen"
    """The database was restored. Nothing is sent until all later purchases are looked up and a person releases it."""
    FOREIGN = "foreign"
    """The sign-in belongs to a different BitTitan organisation than this database."""
    REFUSED = "refused"
    """BitTitan does not accept the sign-in; a person has to act."""
    SILENT = "silent"
    """The breaker is open: several requests in a row brought no certain answer. The cause of the last one says whether
    there was no answer or a wrong one."""
    PAUSED = "paused"
    """BitTitan asked for a pause."""
    CLEAR = "clear"


class Connection(db.Model):
    """The one row about BitTitan that all processes share: whether purchases may be sent, and how fast."""

    __tablename__ = "bittitan_connection"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(String(36))
    """The BitTitan organisation to which this database belongs, as learnt from the first sign-in."""
    generation: Mapped[int] = mapped_column(default=0)
    """Counts how often a person connected. A process with an older sign-in signs in again before its next request."""
    clock_offset: Mapped[int | None]
    """Seconds by which BitTitan's clock was ahead of ours when a worker last measured; negative if behind."""
    failures: Mapped[int] = mapped_column(default=0)
    """Consecutive sends without a definite answer."""
    is_open: Mapped[bool] = mapped_column(default=False)
    """Whether the breaker is open: purchases are then held until a sign-in and one purchase succeed."""
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """No purchase is sent before this time. None with `needs_person` means until a person acts."""
    held_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cause: Mapped[str | None] = mapped_column(String(60))
    needs_person: Mapped[bool] = mapped_column(default=False)
    probe_attempt_id: Mapped[int | None]
    """The one purchase that is sent first after a successful sign-in."""
    next_slot_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    doubt_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """After a jump of the clock: until then no look-up counts as proof that there is no coupon."""
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_turn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The end of the queue that waits for a slot. Only a hint; the slot itself is `next_slot_at`."""

    lookup_failures: Mapped[int] = mapped_column(default=0)
    """Consecutive look-ups without an answer."""
    next_lookup_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """While BitTitan does not answer look-ups: when one of them tries again on behalf of all."""

    instance_id: Mapped[str | None] = mapped_column("birth", String(32))
    """Identifies this instance of the database in the send counter file beside it (services/restore_guard)."""
    sends: Mapped[int] = mapped_column(BigInteger, default=0)
    """The number of sends begun in this instance."""
    fingerprint: Mapped[str | None] = mapped_column("incarnation", String(80))
    """Where PostgreSQL keeps this table. If it differs, the database is a copy."""
    backed_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the portal's own last backup began."""
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    frozen_why: Mapped[str | None] = mapped_column(String(20))
    """`restored`, `backup` (a backup file put in place by hand), `older`, `copied` or `damaged`
    (services/restore_guard/database_identity.py)."""
    lost_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Purchases since this time may be missing in this database."""
    search_began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    searched_to: Mapped[int] = mapped_column(default=0)
    """The last asset about which the look-up has asked BitTitan."""
    searched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When all purchases since `lost_from` were looked up. Only then may a person release."""
    listed: Mapped[int | None]
    """The number of coupons that BitTitan listed, when they were last counted for a release."""
    accounted: Mapped[int | None]
    """How many of those were on record by then, or are not ours."""

    server_url: Mapped[str | None] = mapped_column(String(200))
    """Set in the portal, like the next two; a value from the environment wins (services/vendor_settings)."""
    server_email: Mapped[str | None] = mapped_column(String(254))
    server_kind: Mapped[str | None] = mapped_column(String(20))
    settings_version: Mapped[int] = mapped_column(default=0)
    """Counts the changes of these and of the stored password. A process that knows an older version reads them anew
    before its next request."""
    server_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the address or the kind of server last changed. What was sent before cannot be found absent afterwards."""
    sends_to: Mapped[str | None] = mapped_column(String(240))
    """The address and the kind of the server of the last send, or of a later change (services/vendor_settings)."""

    watched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the watchdog last ran (services/watchdog/__init__.py)."""
    stuck: Mapped[int] = mapped_column(default=0)
    """How many assets and jobs it found neither settled nor scheduled."""

    def standing(self, now: datetime) -> ConnectionStatus:
        if self.frozen_at is not None:
            return ConnectionStatus.FROZEN
        if self.needs_person:
            return ConnectionStatus.FOREIGN if self.cause == "OtherOrganization" else ConnectionStatus.REFUSED
        if self.is_open:
            return ConnectionStatus.SILENT
        is_paused = self.held_until is not None and self.held_until > now and self.cause is not None
        return ConnectionStatus.PAUSED if is_paused else ConnectionStatus.CLEAR


class Alert(db.Model):
    """Something that staff must know about."""

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
    """Counters that only grow, written in the transaction of the counted event, so that monitoring needs no scan."""

    __tablename__ = "tallies"

    subject: Mapped[str] = mapped_column(String(20), primary_key=True)
    """`attempt`, or the kind of an exchange."""
    outcome: Mapped[str] = mapped_column(String(20), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The upper bound of the answer's time in milliseconds (services/metrics.py); 0 if no time is measured."""
    count: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
