"""How often a password, or who else has an account here, may be guessed; counted in the database for all processes.

A guess is counted before it is looked at, so that many at once are no more than the limit. The counts of an e-mail
address are for browsers that never signed in with it: whoever did has a count of his own (`device`), so that nobody
can lock a person out from elsewhere.
"""

import math
from datetime import datetime, timedelta

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Throttle
from portal.services import clock, unit
from portal.services.users import tokens

PAIR = RateLimitItemPerMinute(5, 15, namespace="pair")
ADDRESS = RateLimitItemPerMinute(50, 15, namespace="address")
EMAIL = RateLimitItemPerMinute(30, 15, namespace="email")
DEVICE = RateLimitItemPerMinute(5, 15, namespace="device")
TAKEN = RateLimitItemPerDay(10, namespace="taken")
"""A refused address tells that somebody has it: so many may be found out by the people of one account."""


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


def admit(email: str, address: str, device: str | None) -> int | None:
    """Counts a guess. None: it may be looked at. Otherwise the seconds until the next one may be made."""
    with unit.writing():
        if device is None:
            return _first_full(_counts(email, address))
        seconds = _first_full([(DEVICE, device)])
        if seconds is None:
            for item, *who in _counts(email, address):
                _limiter.hit(item, *who)
        return seconds


def forgive(email: str, address: str, device: str | None) -> None:
    """The guess was right: it counts nowhere, and the pair begins anew. Inside of the caller's unit."""
    _limiter.clear(PAIR, *_pair(email, address))
    if device is not None:
        _limiter.clear(DEVICE, device)
    for key in (ADDRESS.key_for(address), EMAIL.key_for(_mark(email))):
        _give_back(key)


def admit_address(account_id: int) -> bool:
    """Counts an address that somebody wants to give to a person."""
    with unit.writing():
        return _limiter.hit(TAKEN, str(account_id))


def forgive_address(account_id: int) -> None:
    """It told nothing about anybody else."""
    with unit.writing():
        _give_back(TAKEN.key_for(str(account_id)))


def tidy(now: datetime) -> None:
    db.session.execute(delete(Throttle).where(Throttle.expires_at < now))


def _counts(email: str, address: str) -> list[tuple[RateLimitItem, *tuple[str, ...]]]:
    """Narrow ones first: a guess that one of them stops does not use up the wider ones."""
    return [(PAIR, *_pair(email, address)), (ADDRESS, address), (EMAIL, _mark(email))]


def _first_full(counts: list) -> int | None:
    """Seconds until the first count that is used up begins anew."""
    for item, *who in counts:
        if not _limiter.hit(item, *who):
            ends_at = _limiter.get_window_stats(item, *who).reset_time
            return max(1, math.ceil(ends_at - clock.now().timestamp()))
    return None


def _give_back(key: str) -> None:
    db.session.execute(update(Throttle).where(Throttle.key == key, Throttle.hits > 0).values(hits=Throttle.hits - 1))


def _pair(email: str, address: str) -> tuple[str, str]:
    return _mark(email), address


def _mark(email: str) -> str:
    """Keeps what was typed out of the table, and the key short."""
    return tokens.digest(email)


def _alive(key: str, column):
    return select(column).where(Throttle.key == key, Throttle.expires_at > clock.now())


def _insert(model):
    """`ON CONFLICT` is spelled alike, but lives in each dialect."""
    return (sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql).insert(model)
