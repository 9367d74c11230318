"""“Forgot your password?”: whoever has an e-mail address may ask for a link to it.

Nothing of the answer says whether somebody has the address, nor does its time: the same statements are sent for any
address, and a worker decides later who gets a mail (docs/signing-in.md).
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select

from portal.core import clock, security_log, tokens
from portal.core.errors import TooMany
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Event, PasswordReset, Result, User, email_address
from portal.services.mail.telling import sign_ins
from portal.services.users import sign_in_throttle
from portal.services.users.sign_in_throttle import Bucket

_PERSON = Bucket("reset-person", 1, tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240)))
_CLIENT = Bucket("reset-client", 20)
BATCH = 100


@dataclass(frozen=True)
class _Asked:
    bucket: Bucket
    who: str

    @property
    def counts(self) -> dict[str, Bucket]:
        return {f"guess/{self.bucket.name}/{self.who}": self.bucket}


def ask(email: str, *, address: str) -> None:
    """Too many for one e-mail address are left out without a word: a mail for it was written not long ago. Raises
    TooMany for too many from one place."""
    seconds = sign_in_throttle.admit(_Asked(_CLIENT, address))
    if seconds is not None:
        security_log.note(Event.RESET_ASKED, Result.THROTTLED)
        raise TooMany(seconds)
    canonical = email_address.canonical(email)
    if sign_in_throttle.admit(_Asked(_PERSON, tokens.digest(canonical))) is not None:
        security_log.note(Event.RESET_ASKED, Result.THROTTLED, detail="one address")
        return
    with transaction():
        person = select(User.id).where(User.email_key == _searchable(canonical)).scalar_subquery()
        db.session.execute(insert(PasswordReset).values(user_id=person, asked_at=clock.now()))
        security_log.note(Event.RESET_ASKED)


def answer() -> None:
    """What a worker does with them. A mail goes to somebody who has a password and may sign in; an invitation that has
    run out is renewed by a person alone."""
    waiting = list(db.session.scalars(select(PasswordReset.id).order_by(PasswordReset.id).limit(BATCH)))
    db.session.commit()
    if not waiting:
        return
    with transaction("password resets"):
        taken = delete(PasswordReset).where(PasswordReset.id.in_(waiting)).returning(PasswordReset.user_id)
        ids = set(db.session.scalars(taken.execution_options(synchronize_session=False)))
        for user_id in sorted(ids - {None}):
            user, now = lock(User, user_id), clock.now()
            if user.is_active and user.password_hash is not None:
                sign_ins.link(user, now)


def _searchable(email: str) -> str:
    """Text that cannot be an address takes the same statement."""
    return email if len(email) <= 254 and email.isprintable() else ""
