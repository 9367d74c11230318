"""Server-side sessions: the browser holds a random token, the database its hash and when it expires."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal, null, select, update
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, security_log, tokens
from portal.core.errors import Conflict, InvalidInput, TooMany
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Connection, Event, Result, SignIn, User, email_address
from portal.models.types import UTCDateTime
from portal.services import limits
from portal.services.mail.telling import sign_ins
from portal.services.users import devices, form_drafts, passwords, sign_in_throttle
from portal.services.users.devices import Device, DeviceTrust
from portal.services.users.sign_in_throttle import SignInTry

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
FRESH = timedelta(minutes=15)
"""For this long after it was given, the password is not asked for again."""
NOTED_EVERY = timedelta(minutes=1)
GRACE = timedelta(seconds=10)
"""For requests that were still under way with the old token when the session got a new one."""
KEPT = timedelta(days=1)
"""For this long after its end, a session still tells whose unsaved form it was."""


@dataclass(frozen=True)
class Visit:
    """One session as it is now."""

    sign_in: SignIn
    connection: Connection | None
    now: datetime

    @property
    def user(self) -> User:
        return self.sign_in.user

    @property
    def is_alive(self) -> bool:
        session = self.sign_in
        return session.ended_at is None and self.now < session.expires_at and self.user.is_active

    @property
    def is_fresh(self) -> bool:
        return self.now - self.sign_in.authenticated_at < FRESH

    @property
    def is_due(self) -> bool:
        """Its use should be recorded."""
        return self.now - self.sign_in.seen_at >= NOTED_EVERY


def visit(token: str) -> Visit | None:
    """Session, person, account, seller, BitTitan's standing and the time in one statement. Also finds ended
    sessions."""
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    row = db.session.execute(_visit(is_sqlite), {"token_hash": tokens.digest(token)}).first()
    if row is None:
        return None
    return Visit(row[0], row[1], datetime.now(UTC) if is_sqlite else row[2])


@cache
def _visit(is_sqlite: bool) -> Select:
    """Every request runs this first, so the statement is built only once."""
    now = null() if is_sqlite else func.clock_timestamp(type_=UTCDateTime)
    return (
        select(SignIn, Connection, now)
        .outerjoin(Connection, Connection.id == 1)
        .where(SignIn.token_hash == bindparam("token_hash"))
        .options(joinedload(SignIn.user).joinedload(User.account).joinedload(Account.parent))
        .execution_options(populate_existing=True)
    )


def note_use(current: Visit) -> None:
    """Extends the session, at most once a minute, and never beyond its longest duration."""
    session = current.sign_in
    with transaction():
        db.session.execute(
            update(SignIn)
            .where(SignIn.token_hash == session.token_hash, SignIn.ended_at.is_(None))
            .where(SignIn.seen_at == session.seen_at)
            .values(seen_at=current.now, expires_at=min(current.now + IDLE, session.created_at + LONGEST))
            .execution_options(synchronize_session=False)
        )


def sign_in(
    *, email: str, password: str, address: str, device: Device | None, browser: object
) -> tuple[User, str] | None:  # fmt: skip
    """Returns the person and the token of a new session, or None for any kind of failure. `browser`: in words, for the
    mail about a new one. Raises TooMany."""
    email = email_address.canonical(email)
    user = _find(email)
    known = user.password_hash if user is not None and user.is_active else None
    guess = SignInTry(email, address, devices.standing(user, device))
    if not _is_right(guess, known, password, Event.SIGN_IN, by=user):
        return None
    with transaction():
        user = lock(User, user.id)
        if not user.is_active or user.password_hash != known:
            return None
        sign_in_throttle.reset(guess)
        security_log.note(Event.SIGN_IN, by=user)
        if guess.standing is DeviceTrust.STRANGER and user.signed_in_at is not None:  # the first browser is no news
            sign_ins.new_device(user, browser, clock.now())
        return user, _begin(user)


def _why_not(user: User | None) -> str:
    """For the security log. Never contains the typed address, which may be a password in the wrong field."""
    if user is None:
        return "unknown address"
    if not user.is_active:
        return "disabled"
    return "wrong password" if user.password_hash else "no password yet"


def sign_out(token: str) -> None:
    with transaction():
        for user_id in _end(SignIn.token_hash == tokens.digest(token)):
            security_log.note(Event.SIGN_OUT, by=db.session.get(User, user_id))


def confirm(user: User, token: str, *, password: str, address: str, device: Device | None) -> str:
    """Asks for the password again, in the session of this token. Returns a new token for the session, so that a copied
    cookie stops working. Raises InvalidInput, TooMany, Conflict."""
    known = user.password_hash
    guess = SignInTry(user.email_key, address, devices.standing_in_session(user, device))
    if not _is_right(guess, known, password, Event.PASSWORD_CONFIRMED, by=user):
        raise InvalidInput("password", _("This is not your password."))
    with transaction():
        row = lock(User, user.id)
        if not row.is_active or row.password_hash != known:
            raise Conflict(_("You were signed out in the meantime. Sign in again."))
        sign_in_throttle.reset(guess)
        security_log.note(Event.PASSWORD_CONFIRMED, by=row)
        return _go_on(token)


def change_password(user: User, *, current: str, new: str, address: str, device: Device | None) -> str:
    """Ends all sessions of the person. Returns the token of the one that continues. Raises InvalidInput, TooMany."""
    passwords.check(new, *passwords.texts_of(user))
    known = user.password_hash
    guess = SignInTry(user.email_key, address, devices.standing_in_session(user, device))
    if not _is_right(guess, known, current, Event.PASSWORD_CHANGED, by=user):
        raise InvalidInput("current", _("This is not your current password."))
    chosen = passwords.hashed(new)
    with transaction():
        row = lock(User, user.id)
        if row.password_hash != known:
            raise InvalidInput("current", _("Your password has just been changed elsewhere."))
        sign_in_throttle.reset(guess)
        row.password_hash = chosen
        row.withdraw_links()
        audit.record("user", row.id, "password changed", by=row)
        sign_ins.password_changed(row, clock.now())
        end_sessions(row)
        return _begin(row)


def invited(token: str) -> User | None:
    """The person of this one-time link, if it can still be used."""
    digest = tokens.digest(token)
    is_shown_one = (User.link_hash == digest) & (User.link_expires_at > _now())
    is_mailed_one = (User.mailed_link_hash == digest) & (User.mailed_link_expires_at > _now())
    query = select(User).where(is_shown_one | is_mailed_one)
    user = db.session.scalar(query.execution_options(populate_existing=True))
    return user if user is not None and user.is_active else None


def once_invited(token: str) -> User | None:
    """The person of this one-time link, even if it was used or has expired; None once there is a newer link."""
    digest = tokens.digest(token)
    return db.session.scalar(select(User).where((User.link_hash == digest) | (User.mailed_link_hash == digest)))


def follow_link(token: str, *, new: str) -> tuple[User, str] | None:
    """Uses the person’s links up: sets the password and begins a session. Returns None if it was used or has expired
    meanwhile. Raises InvalidInput.
    """
    user = invited(token)
    if user is None:
        return None
    passwords.check(new, *passwords.texts_of(user))
    chosen = passwords.hashed(new)
    with transaction():
        row = lock(User, user.id)
        if not row.is_active or not _is_link_of(row, token):
            return None
        if row.password_hash is not None:
            sign_ins.password_changed(row, clock.now())
        row.password_hash = chosen
        row.use_up_links()
        audit.record("user", row.id, "password chosen", by=row, why=_("one-time link"))
        security_log.note(Event.LINK_USED, by=row)
        end_sessions(row)
        return row, _begin(row)


def _is_link_of(user: User, token: str) -> bool:
    ends = {user.link_hash: user.link_expires_at, user.mailed_link_hash: user.mailed_link_expires_at}
    end = ends.get(tokens.digest(token))
    return end is not None and end > clock.now()


def end_sessions(user: User, *, but: str | None = None) -> None:
    """Inside the caller's transaction. Ends all sessions, or all but the one of this token."""
    if _end((SignIn.user_id == user.id) & (SignIn.token_hash != (tokens.digest(but) if but else ""))):
        security_log.note(Event.SESSIONS_ENDED, subject=("user", user.id))


def end_sessions_of_account(account: Account) -> None:
    """Inside the caller's transaction."""
    if _end(SignIn.user_id.in_(select(User.id).where(User.account_id == account.id))):
        security_log.note(Event.SESSIONS_ENDED, subject=("account", account.id))


def distributor_name() -> str | None:
    """For pages that everybody may see."""
    return db.session.scalar(select(Account.name).where(Account.parent_id.is_(None)))


def _is_right(guess: SignInTry, known: str | None, password: str, event: Event, *, by: User | None) -> bool:
    """Checks every password that somebody types as proof of identity. Logs a wrong one as `event`. Raises TooMany."""
    seconds = sign_in_throttle.admit(guess)
    if seconds is not None:
        security_log.note(event, Result.THROTTLED, by=by)
        raise TooMany(seconds)
    db.session.commit()  # hold no transaction while the password is checked
    is_right = passwords.matches(known, password)
    if not is_right:
        security_log.note(event, Result.FAILED, by=by, detail=_why_not(by))
    return is_right


def _begin(user: User) -> str:
    now = clock.now()
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now - KEPT))
    limits.delete_expired(now)
    form_drafts.delete_expired(now)
    user.signed_in_at = now
    return _session(user.id, began_at=now, now=now)


def _go_on(token: str) -> str:
    """Continues the session under a new token, fresh and within its longest duration. Raises Conflict if it has
    ended."""
    now = clock.now()
    query = select(SignIn).where(SignIn.token_hash == tokens.digest(token)).with_for_update(of=SignIn)
    old = db.session.scalar(query.execution_options(populate_existing=True))
    if old is None or old.ended_at is not None or old.expires_at <= now:
        raise Conflict(_("You were signed out in the meantime. Sign in again."))
    old.seen_at, old.expires_at = now, min(old.expires_at, now + GRACE)
    return _session(old.user_id, began_at=old.created_at, now=now)


def _session(user_id: int, *, began_at: datetime, now: datetime) -> str:
    token, stored = tokens.make()
    times = {"created_at": began_at, "seen_at": now, "authenticated_at": now}
    ends_at = min(now + IDLE, began_at + LONGEST)
    db.session.add(SignIn(token_hash=stored, user_id=user_id, expires_at=ends_at, ended_at=None, **times))
    return token


def _end(which: ColumnElement[bool]) -> list[int]:
    """Returns the ids of the people whose sessions were ended."""
    ended = update(SignIn).where(which, SignIn.ended_at.is_(None)).values(ended_at=clock.now())
    returning = ended.returning(SignIn.user_id).execution_options(synchronize_session=False)
    return list(db.session.scalars(returning))


def _find(email: str) -> User | None:
    """Text that cannot be an address (too long, or with control characters) takes the same query."""
    address = email if len(email) <= 254 and email.isprintable() else ""
    return db.session.scalar(select(User).where(User.email_key == address).execution_options(populate_existing=True))


def _now() -> ColumnElement[datetime]:
    """The time of core/clock.py as part of another statement."""
    if db.session.get_bind().dialect.name == "sqlite":
        return literal(datetime.now(UTC), UTCDateTime)
    return func.clock_timestamp(type_=UTCDateTime)
