import enum
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class AttemptState(enum.Enum):
    RESERVED = "reserved"
    SENDING = "sending"
    UNKNOWN = "unknown"
    REVIEW = "review"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    NOT_EXECUTED = "not_executed"


OPEN_STATES = (AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.REVIEW)
IS_OPEN = text("state IN ('reserved', 'sending', 'unknown', 'review')")
IS_WAITING = text("state IN ('reserved', 'sending', 'unknown')")
"""The exact text of the partial index; SQLite uses the index only for this text."""


DEFINITE_STATES = (AttemptState.REFUSED, AttemptState.NOT_SENT, AttemptState.NOT_EXECUTED)
NOT_AS_ASKED = "NotAsAsked"
"""The cause if BitTitan issued a coupon that is not what was asked for."""


class Trigger(enum.Enum):
    ORDER = "order"
    SAVE = "save"
    PRESS = "press"
    BULK = "bulk"
    COMMAND = "command"
    ATTACH = "attach"


class AttemptRules:
    """Rules that need only an attempt's own columns. Shared by the database row and the row of a list."""

    __slots__ = ()

    @property
    def was_attested(self) -> bool:
        """A person attested that nothing was bought."""
        return self.state is AttemptState.NOT_EXECUTED and self.settled_by_id is not None

    @property
    def has_issued_another(self) -> bool:
        """BitTitan issued a different coupon, which is kept, and a person attested that the one asked for was not
        bought."""
        return self.state is AttemptState.NOT_EXECUTED and self.cause == NOT_AS_ASKED

    def may_be_elsewhere(self, server_changed_at: datetime | None) -> bool:
        """Whether it may have been carried out at another server than the present one (Connection). Then an absence
        here proves nothing, and sending it again would buy a second time."""
        is_earlier = server_changed_at is not None and self.first_sent_at is not None
        return self.is_tainted and is_earlier and self.first_sent_at <= server_changed_at

    @property
    def has_surely_brought_nothing(self) -> bool:
        return self.state in DEFINITE_STATES and not self.was_attested and not self.has_issued_another


class Attempt(AttemptRules, db.Model):
    """One durable attempt to obtain the coupon of one asset."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("asset_id", "number"),
        Index(
            "uq_attempts_one_open_per_asset",
            "asset_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_attempts_requested_at", "requested_at"),
        Index("ix_attempts_waiting", "requested_at", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    number: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(word(AttemptState))
    trigger: Mapped[Trigger] = mapped_column(word(Trigger))
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    payload: Mapped[str] = mapped_column(Text)
    """The request's JSON; every send of this attempt repeats it byte for byte."""
    staged: Mapped[dict] = mapped_column(JSON, default=dict)
    """The user's changes, which are written to the asset only together with a coupon."""

    send_number: Mapped[int] = mapped_column(default=0)
    """Counts the POSTs. An outcome is accepted only for the send that it belongs to."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a send provably did not reach BitTitan (pauses do not count)."""
    paused_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when BitTitan itself has kept the attempt waiting without a break."""
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_tainted: Mapped[bool] = mapped_column(default=False)
    """A send of this attempt may have been carried out, so only a coupon or look-ups can settle it."""
    sends_no_more: Mapped[bool] = mapped_column(default=False)
    looked_first_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lookup_step: Mapped[int] = mapped_column(default=0)
    absent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the first look-up after the quarantine that found no coupon began."""
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the portal acts next, for display."""

    cause: Mapped[str | None] = mapped_column(String(60))
    """BitTitan's error code or one of the portal's own causes (texts in display/wording/cause_wording.py)."""
    message: Mapped[str | None] = mapped_column(Text)
    """BitTitan's error message."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    """The reason that a person gave when settling the attempt by hand."""

    requested_by: Mapped[User | None] = relationship(foreign_keys=requested_by_id, lazy="raise")
    settled_by: Mapped[User | None] = relationship(foreign_keys=settled_by_id, lazy="raise")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class ExchangeKind(enum.Enum):
    SEND = "send"
    LOOKUP = "lookup"
    CHECK = "check"


class Exchange(db.Model):
    """One request to BitTitan and its answer, without secrets: the evidence of an attempt. For staff only."""

    __tablename__ = "exchanges"
    __table_args__ = (Index("ix_exchanges_attempt_id", "attempt_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    kind: Mapped[ExchangeKind] = mapped_column(word(ExchangeKind))
    send_number: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    milliseconds: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    """issued, refused, not_sent or unknown; for a look-up found, absent or unanswered."""
    cause: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[int | None]
    """The HTTP status; None if no answer came."""
    request: Mapped[str] = mapped_column(Text)
    response: Mapped[str] = mapped_column(Text)
