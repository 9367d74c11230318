import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models import email_address
from portal.models.account import Account
from portal.models.types import UTCDateTime, text_key, word
from portal.models.user import User

IS_DUE = text("state = 'waiting'")
IS_SENDING = text("state = 'sending'")
"""The exact texts of the partial indexes."""
CODE_MARK = "\ufdd0"
"""In a text: where the code, or the token of the link, stands in the mail. No value can hold this sign
(services/mail/fields.py)."""


class MessageState(enum.Enum):
    WAITING = "waiting"
    """For its first try or the next one, or for a mail server that is set."""
    SENDING = "sending"
    """The server may have it from now on."""
    SENT = "sent"
    """The server has taken it."""
    REFUSED = "refused"
    """The server refused it for good."""
    UNKNOWN = "unknown"
    """The server was given the text and did not answer: it may arrive."""
    NOT_SENT = "not-sent"
    """It certainly was not sent, and will not be by itself."""
    ARRIVED = "arrived"
    """Unknown, until a person said that it arrived."""


class NotSent(enum.StrEnum):
    """Why a mail was given up before the server had it."""

    TOO_LATE = "too late"
    """It could not be handed over in time."""
    CODE_GONE = "code gone"
    """The code that it was to hold is not the asset's any more, or may not be handed out; the link is of no use to its
    recipient any more."""
    MALFORMED = "malformed"
    """Its address is none that a mail can be sent to."""


class Message(db.Model):
    """One mail to one recipient, written in the transaction of its cause.

    `text` is what the mail says; its HTML part is made from it. A code or the token of a link is never in it: it is
    filled in when the mail is sent.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("event", "cause", "recipient_key"),
        Index("ix_messages_created_at", "created_at", "id"),
        Index("ix_messages_state", "state", "created_at", "id"),
        Index("ix_messages_event", "event", "created_at", "id"),
        Index("ix_messages_account_id", "account_id", "created_at", "id"),
        Index("ix_messages_asset_id", "asset_id", "created_at", "id"),
        Index("ix_messages_recipient_key", "recipient_key", "id"),
        Index("ix_messages_due", "next_at", "id", sqlite_where=IS_DUE, postgresql_where=IS_DUE),
        Index("ix_messages_sending", "begun_at", sqlite_where=IS_SENDING, postgresql_where=IS_SENDING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(30))
    """What is told: a name in services/mail/events.py."""
    cause: Mapped[str] = mapped_column(String(60))
    """What it is told about, such as `asset-17`: once to each recipient."""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """Whose it is: the account that the cause belongs to."""
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupons.id"))
    """Whose code the mail holds."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whose one-time link the mail holds."""

    recipient: Mapped[str] = mapped_column(String(254))
    recipient_key: Mapped[str] = mapped_column(text_key(254))
    recipient_name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    """Made at the first try, and kept for all others."""

    state: Mapped[MessageState] = mapped_column(word(MessageState), default=MessageState.WAITING)
    cause_not_sent: Mapped[NotSent | None] = mapped_column(word(NotSent))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """While it waits: when it is tried. Put off while a worker has it, so that nobody else takes it."""
    give_up_at: Mapped[datetime] = mapped_column(UTCDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the text last began to be sent."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries_made: Mapped[int] = mapped_column(default=0)
    reply: Mapped[str] = mapped_column(String(300), default="")
    """What the server said last, without a code."""
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who said that it arrived."""
    version: Mapped[int] = mapped_column(default=1)

    account: Mapped[Account] = relationship(lazy="raise")
    closed_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[closed_by_id])
    tries: Mapped[list["MessageTry"]] = relationship(lazy="raise", order_by="MessageTry.number.desc()")

    @validates("recipient")
    def _keep_the_key(self, _, recipient: str) -> str:
        self.recipient_key = email_address.canonical(recipient)
        return recipient

    @property
    def holds_code(self) -> bool:
        return self.coupon_id is not None

    @property
    def holds_link(self) -> bool:
        return self.user_id is not None

    @property
    def tells_of_several(self) -> bool:
        """Assets, whose reminders lead to it."""
        return self.asset_id is self.order_id is self.invoice_id is self.user_id is None

    @property
    def is_settled(self) -> bool:
        return self.state not in (MessageState.WAITING, MessageState.SENDING)


class TryOutcome(enum.Enum):
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"
    STOPPED = "stopped"
    """The worker stopped before anything was sent, or it was withdrawn."""


class MessageTry(db.Model):
    """One conversation with the mail server about one mail."""

    __tablename__ = "message_tries"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[TryOutcome | None] = mapped_column(word(TryOutcome))
    """None while it is under way."""
    reply: Mapped[str] = mapped_column(String(300), default="")
