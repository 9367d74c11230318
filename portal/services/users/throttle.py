"""How often somebody may learn or see something; counted in the database for all processes. How often a password may
be guessed stands in guesses.py.
"""

from datetime import datetime, timedelta

from limits import RateLimitItemPerDay
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Throttle
from portal.services import clock, unit

REVEALED = RateLimitItemPerDay(10, namespace="revealed")
"""A session in which the password was given long ago shows so many codes, then asks for it."""


class Counters(Storage):
    """The counters of the `limits` library as rows. Changes are made inside of the caller's unit."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self):
        return Exception

    def check(self) -> bool:
        return True

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """One statement: concurrent guesses get different numbers."""
        now = clock.now()
        fresh = {"hits": amount, "expires_at": now + timedelta(seconds=expiry)}
        is_over = Throttle.expires_at <= now
        statement = _insert(Throttle).values(key=key, **fresh)
        statement = statement.on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "hits": case((is_over, amount), else_=Throttle.hits + amount),
                "expires_at": case((is_over, statement.excluded.expires_at), else_=Throttle.expires_at),
            },
        ).returning(Throttle.hits)
        return db.session.scalar(statement)

    def get(self, key: str) -> int:
        return db.session.scalar(_alive(key, Throttle.hits)) or 0

    def get_expiry(self, key: str) -> float:
        ends_at = db.session.scalar(_alive(key, Throttle.expires_at)) or clock.now()
        return ends_at.timestamp()

    def clear(self, key: str) -> None:
        db.session.execute(delete(Throttle).where(Throttle.key == key))

    def reset(self) -> int | None:
        return db.session.execute(delete(Throttle)).rowcount


_limiter = FixedWindowRateLimiter(Counters())


def admit_reveal(session: str) -> bool:
    """Counts a code that is shown in the session of this token's hash."""
    with unit.writing():
        return _limiter.hit(REVEALED, session)


def tidy(now: datetime) -> None:
    db.session.execute(delete(Throttle).where(Throttle.expires_at < now))


def _alive(key: str, column):
    return select(column).where(Throttle.key == key, Throttle.expires_at > clock.now())


def _insert(model):
    """`ON CONFLICT` is spelled alike, but lives in each dialect."""
    return (sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql).insert(model)
