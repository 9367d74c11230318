import enum
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime


class Event(enum.Enum):
    """The kinds of security events. docs/security-log.md says when each occurs, and with which outcomes."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    SESSIONS_ENDED = "sessions_ended"
    LINK_MADE = "link_made"
    LINK_OPENED = "link_opened"
    LINK_USED = "link_used"
    RESET_ASKED = "reset_asked"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_CONFIRMED = "password_confirmed"
    PERSON_CREATED = "person_created"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    EMAIL_CHANGED = "email_changed"
    RIGHTS_CHANGED = "rights_changed"
    ACCOUNT_MOVED = "account_moved"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    NO_RIGHT = "no_right"
    OTHER_AREA = "other_area"
    NOT_VISIBLE = "not_visible"
    FORGED = "forged"
    LIMIT = "limit"
    CODE_REVEALED = "code_revealed"
    CODES_EXPORTED = "codes_exported"
    HANDOVER_MADE = "handover_made"
    HANDOVER_OPENED = "handover_opened"
    CALENDAR_LINK_MADE = "calendar_link_made"
    CALENDAR_LINK_REVOKED = "calendar_link_revoked"
    CALENDAR_FETCHED = "calendar_fetched"
    NOT_BOUGHT_ATTESTED = "not_bought_attested"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    RELEASED = "released"
    MORE = "more"


class Result(enum.Enum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    THROTTLED = "throttled"


class SecurityEvent(db.Model):
    """One event, or several equal ones within a minute. The database refuses UPDATE, and DELETE before it expires.

    No foreign keys: an event outlives the person. It never holds a secret or user input.
    """

    __tablename__ = "security_events"
    __table_args__ = (Index("ix_security_events_at", "at"), Index("ix_security_events_person_id", "person_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    event: Mapped[str] = mapped_column(String(30))
    outcome: Mapped[str] = mapped_column(String(20))
    count: Mapped[int]
    person_id: Mapped[int | None]
    """Who did it. For an attempt to sign in: the person whose address was typed."""
    account_id: Mapped[int | None]
    """That person's account."""
    subject: Mapped[str | None] = mapped_column(String(20))
    subject_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str | None] = mapped_column(String(10))
    route: Mapped[str | None] = mapped_column(String(120))
    """The endpoint, never the path. Without a request, the actor, such as `command line`."""
    detail: Mapped[str | None] = mapped_column(String(80))
    """One of a few fixed words."""
