"""A person's link to the feed of the calendar. The link is shown once: only a hash is kept.

The token is 256 random bits, so a link that exists is answered before guesses are limited: a program that goes on
asking with a link that was revoked keeps nobody else at its address waiting.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, security_log, tokens
from portal.core.errors import NotVisible, TooMany
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import CalendarFeed, Event, Result, Right, User
from portal.services.users import sign_in_throttle
from portal.services.users.sign_in_throttle import Bucket

NOTED_EVERY = timedelta(minutes=5)
_OF_ADDRESS = Bucket("calendar", 20)


@dataclass(frozen=True)
class FeedTry:
    address: str

    @property
    def counts(self) -> dict[str, Bucket]:
        return {f"guess/{_OF_ADDRESS.name}/{self.address}": _OF_ADDRESS}


def of(person: User) -> CalendarFeed | None:
    return db.session.get(CalendarFeed, person.id, populate_existing=True)


def make(person: User) -> str:
    """Returns the token. The link before it stops working."""
    token, token_hash = tokens.make()
    with transaction():
        lock(User, person.id)
        feed = of(person)
        if feed is None:
            feed = CalendarFeed(user_id=person.id)
            db.session.add(feed)
        feed.token_hash, feed.made_at, feed.fetched_at = token_hash, clock.now(), None
        audit.record("user", person.id, "calendar link made", by=person)
    return token


def revoke(person: User) -> bool:
    """Returns False if there was none."""
    with transaction():
        lock(User, person.id)
        feed = of(person)
        if feed is None:
            return False
        db.session.delete(feed)
        audit.record("user", person.id, "calendar link revoked", by=person)
        return True


def owner_of(token: str, *, address: str) -> User:
    """The person whose link it is, if they may still see assets. Raises NotVisible, TooMany."""
    query = select(CalendarFeed).where(CalendarFeed.token_hash == tokens.digest(token))
    feed = db.session.scalar(query.options(joinedload(CalendarFeed.user)).execution_options(populate_existing=True))
    owner = feed and feed.user
    if owner is None or not (owner.is_active and owner.may(Right.SEE_ASSETS)):
        _refuse(address)
    _note_fetch(feed)
    return owner


def _refuse(address: str) -> None:
    seconds = sign_in_throttle.admit(FeedTry(address))
    if seconds is not None:
        security_log.note(Event.CALENDAR_FETCHED, Result.THROTTLED)
        raise TooMany(seconds)
    security_log.note(Event.CALENDAR_FETCHED, Result.REFUSED)
    raise NotVisible()


def _note_fetch(feed: CalendarFeed) -> None:
    now = clock.now()
    if feed.fetched_at is not None and now - feed.fetched_at < NOTED_EVERY:
        return
    with transaction():
        row = db.session.get(CalendarFeed, feed.user_id, populate_existing=True)
        if row is not None and row.token_hash == feed.token_hash:
            row.fetched_at = now
