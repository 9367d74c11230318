"""Limits guesses of passwords; counted in the database for all processes.

A guess is counted before it is checked, so that many at once cannot exceed the limit. A number of guesses in a row is
free. After that each must wait, longer each time but at most a quarter of an hour: nobody is ever locked out. Strangers
are counted in three lanes: by person and address, by address, and by person. All browsers with which a person has
signed in share one lane of that person, and the one used last has its own lane (devices.py). So neither strangers nor
somebody with copied older cookies can lock a person out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import clock, tokens
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Throttle
from portal.services.users.devices import DeviceTrust

MEMORY = timedelta(days=1)
"""After the last guess. Then counting starts again."""
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))


@dataclass(frozen=True)
class Bucket:
    name: str
    free: int
    delays: tuple[timedelta, ...] = DELAYS
    """Between those that are not free, the last one again and again."""

    def wait(self, count: Throttle, now: datetime) -> timedelta:
        over = count.hits - self.free
        if over < 0:
            return timedelta()
        last = count.expires_at - MEMORY
        return last + self.delays[min(over, len(self.delays) - 1)] - now


class Guess(Protocol):
    @property
    def counts(self) -> dict[str, Bucket]: ...


PAIR, ADDRESS, PERSON = Bucket("pair", 5), Bucket("address", 50), Bucket("person", 10)
DEVICES, NEWEST_DEVICE = Bucket("devices", 5), Bucket("newest-device", 5)


@dataclass(frozen=True)
class SignInTry:
    email: str
    """In its canonical form. Unknown addresses are counted like known ones."""
    address: str
    standing: DeviceTrust

    @property
    def counts(self) -> dict[str, Bucket]:
        """Lanes by their keys, the narrowest first. The e-mail address is hashed, so that typed text does not get into
        the table."""
        mark = tokens.digest(self.email)
        counted = {
            DeviceTrust.STRANGER: ((PAIR, f"{mark}/{self.address}"), (ADDRESS, self.address), (PERSON, mark)),
            DeviceTrust.KNOWN: ((DEVICES, mark),),
            DeviceTrust.NEWEST: ((NEWEST_DEVICE, mark),),
        }[self.standing]
        return {f"guess/{lane.name}/{who}": lane for lane, who in counted}


def admit(guess: Guess) -> int | None:
    """Counts the guess. Returns None if it may be checked; otherwise the seconds to wait, and then it is not
    counted."""
    with transaction():
        return _admit(guess)


def _admit(guess: Guess) -> int | None:
    """A guess that has to wait adds no row: otherwise a stranger could add one for each address that he makes up."""
    now, lanes = clock.now(), guess.counts
    rows = _locked(list(lanes))
    wait = max((lanes[key].wait(row, now) for key, row in rows.items()), default=timedelta())
    if wait > timedelta():
        return math.ceil(wait.total_seconds())
    if len(rows) < len(lanes):
        _add(lanes.keys() - rows.keys())
        return _admit(guess)  # another guess may have been faster
    for row in rows.values():
        row.hits = row.hits + 1 if row.expires_at > now else 1
        row.expires_at = now + MEMORY
    return None


def reset(guess: SignInTry) -> None:
    """Inside the caller's transaction. The guess was right, so the earlier ones from the same place were the person's
    own."""
    keys = list(guess.counts)
    rows = _locked(keys)
    own = rows[keys[0]].hits
    for row in rows.values():
        row.hits = max(0, row.hits - own)


def give_back(guess: Guess) -> None:
    """Inside the caller's transaction. The guess was right, so it does not count; earlier ones do."""
    rows = update(Throttle).where(Throttle.key.in_(guess.counts), Throttle.hits > 0)
    db.session.execute(rows.values(hits=Throttle.hits - 1), execution_options={"synchronize_session": False})


def _locked(keys: list[str]) -> dict[str, Throttle]:
    """Those that there are. Always in the same order, so that two guesses at once do not wait for each other."""
    query = select(Throttle).where(Throttle.key.in_(keys)).order_by(Throttle.key).with_for_update()
    return {row.key: row for row in db.session.scalars(query.execution_options(populate_existing=True))}


def _add(keys: Iterable[str]) -> None:
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    blank = {"hits": 0, "expires_at": clock.now() + MEMORY}
    rows = [{"key": key} | blank for key in sorted(keys)]
    db.session.execute(dialect.insert(Throttle).values(rows).on_conflict_do_nothing())
