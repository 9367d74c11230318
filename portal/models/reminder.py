"""What is told by mail about days that come near, and who wants what."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models import email_address
from portal.models.types import UTCDateTime, text_key, word
from portal.models.user import User

IS_UNWRITTEN = text("message_id IS NULL")
"""The exact text of the partial index."""


class ReminderKind(enum.Enum):
    DUE = "due"
    """The code has not been redeemed: `Asset.due_on` comes near."""
    ENDS = "ends"
    """The licences end: `Asset.ends_on` comes near."""


class Topic(enum.Enum):
    """What an address can stop."""

    REMINDERS = "reminders"
    DIGEST = "digest"


class ReminderProgress(db.Model):
    """How far the reminders are: one row. While a day is under way, the place of the last asset that was looked at."""

    __tablename__ = "reminder_progress"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    through: Mapped[date]
    """All reminders of this day, and of those before, are written."""
    target: Mapped[date | None]
    """The day that is under way. The other columns say where."""
    kind: Mapped[ReminderKind | None] = mapped_column(word(ReminderKind))
    day: Mapped[date | None]
    account_id: Mapped[int] = mapped_column(default=0)
    asset_id: Mapped[int] = mapped_column(default=0)


class Reminder(db.Model):
    """One step of one asset for one address. Its mail may list others of the same morning."""

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_message_id", "message_id"),
        Index("ix_reminders_account_id", "account_id", "message_id"),
        Index(
            "ix_reminders_unwritten", "recipient_key", "kind", sqlite_where=IS_UNWRITTEN, postgresql_where=IS_UNWRITTEN
        ),
    )  # fmt: skip

    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"), primary_key=True, autoincrement=False)
    kind: Mapped[ReminderKind] = mapped_column(word(ReminderKind), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    """What comes near."""
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recipient_key: Mapped[str] = mapped_column(text_key(254), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """Whose the asset was then."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """None until its mail is written, in the same morning."""


class ReminderPreference(db.Model):
    """What the people of an account get; of the distributor’s row, what all accounts inherit. None: inherited."""

    __tablename__ = "reminder_preferences"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    is_on: Mapped[bool | None]
    due_steps: Mapped[str | None] = mapped_column(String(60))
    """Days before, such as `30,14,7,1`; empty for none."""
    ends_steps: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)


class ReminderSwitch(db.Model):
    """Reminders of one asset, switched on or off by a person. Without a row they are on, of an imported asset off."""

    __tablename__ = "reminder_switches"

    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"), primary_key=True, autoincrement=False)
    is_on: Mapped[bool]


class ReminderRecipient(db.Model):
    """An address outside the tree, which an administrator added: for all assets of an account, or for one of them."""

    __tablename__ = "reminder_recipients"
    __table_args__ = (
        UniqueConstraint("account_id", "asset_id", "address_key"),
        Index("ix_reminder_recipients_asset_id", "asset_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"))
    """Only while the asset is this account's."""
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(text_key(254))
    name: Mapped[str] = mapped_column(String(200))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)

    added_by: Mapped[User] = relationship(lazy="raise")

    @validates("address")
    def _keep_the_key(self, _, address: str) -> str:
        self.address_key = email_address.canonical(address)
        return address


class MailStop(db.Model):
    """An address that gets no more mails of a topic, as its owner asked. Undoing it deletes the row; the audit log
    keeps both."""

    __tablename__ = "mail_stops"
    __table_args__ = (UniqueConstraint("address_key", "topic"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(text_key(254))
    topic: Mapped[Topic] = mapped_column(word(Topic))
    stopped_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @validates("address")
    def _keep_the_key(self, _, address: str) -> str:
        self.address_key = email_address.canonical(address)
        return address


class StaffMails(enum.Enum):
    """How somebody of the staff is told of failures and of what else waits for a person."""

    ONCE_A_DAY = "once-a-day"
    """In the digest."""
    AT_ONCE = "at-once"
    """A mail for each failure of what this person ordered, or of anything for the contact address; no digest."""
    NEVER = "never"


class DigestChoice(db.Model):
    """What somebody of the staff chose. No foreign key: CONTACT stands for the distributor’s contact address."""

    __tablename__ = "digest_choices"
    CONTACT = 0

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    choice: Mapped[StaffMails] = mapped_column(word(StaffMails))
