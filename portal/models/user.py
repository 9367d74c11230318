import enum
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models import email_address
from portal.models.account import Account
from portal.models.rights import Right, rights_of
from portal.models.text_keys import collation_key, search_key
from portal.models.types import UTCDateTime, sort_key, text_key, word

LINK_IS_GOOD = timedelta(days=7)
"""How long a one-time link can be used."""


class Role(enum.Enum):
    ADMIN = "admin"
    OPERATOR = "operator"
    ACCOUNTANT = "accountant"
    VIEWER = "viewer"


class User(db.Model):
    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_name_sort", "name_sort", "id"),
        Index("ix_users_mailed_link_hash", "mailed_link_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """As the person spells it."""
    email_key: Mapped[str] = mapped_column(text_key(254), unique=True, index=True)
    """The canonical form: other spellings of an address are the same person."""
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(text_key())
    name_sort: Mapped[bytes] = mapped_column(sort_key())
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the token of the last one-time link that was shown; None once it was withdrawn."""
    link_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """None once the link was used or withdrawn."""
    mailed_link_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the last one that was mailed. Each person has one of both kinds at most; using one ends both."""
    mailed_link_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    language: Mapped[str | None] = mapped_column(String(20))
    """Chosen by this person; None: that of the account."""
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    # Unnested: if the user itself is outer-joined, SQLite would first join all users with their accounts.
    account: Mapped[Account] = relationship(lazy="joined", innerjoin="unnested")

    session_token = None
    """Not a column: the token of the session of the current request."""

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    @validates("email")
    def _keep_the_email_key(self, _, email: str) -> str:
        self.email_key = email_address.canonical(email)
        return email

    def get_id(self) -> str | None:
        """For Flask-Login. Returns the session token: the browser's cookie names a session, never a person."""
        return self.session_token

    def withdraw_links(self) -> None:
        self.link_hash = self.mailed_link_hash = None
        self.use_up_links()

    def use_up_links(self) -> None:
        """Their page still knows whose they were."""
        self.link_expires_at = self.mailed_link_expires_at = None

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None and not self.account.is_disabled

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_anonymous(self) -> bool:
        return False

    @property
    def is_staff(self) -> bool:
        return self.account.is_distributor

    @property
    def mail_language(self) -> str:
        return self.language or self.account.language

    @property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.account.kind.value, self.role.value)

    def may(self, right: Right) -> bool:
        return right in self.rights


class PasswordReset(db.Model):
    """Somebody asked for a new password by mail; a worker decides whether there is a mail. A row is written for an
    address of nobody as well, so that the answer takes the same time.

    No foreign key: to check it would take longer if there is somebody.
    """

    __tablename__ = "password_resets"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None]
    """None if nobody has the address. The address itself, which may be anything that was typed, is not kept."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SignIn(db.Model):
    """A server-side session. The browser holds a random token; the database only its SHA-256."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_user_id", "user_id"), Index("ix_sign_ins_expires_at", "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Extended by use, never past a fixed end; polling does not extend it."""
    authenticated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the password was last entered in this session."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Draft(db.Model):
    """The form input that a person had typed when the session expired. Returned once, to the same person only."""

    __tablename__ = "drafts"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(String(500))
    fields: Mapped[dict] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Throttle(db.Model):
    """Counts uses of something that is rate-limited; shared by all processes."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    hits: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
