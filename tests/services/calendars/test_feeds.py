"""The link of a calendar: who makes it, how it ends, and who finds nothing with it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.errors import NotVisible, TooMany
from portal.extensions import db
from portal.models import AuditEntry, CalendarFeed
from portal.services import users
from portal.services.calendars import feeds

pytestmark = pytest.mark.usefixtures("app_context")


def owner(token, address="10.0.0.1"):
    return feeds.owner_of(token, address=address)


def finds_nothing(token):
    with pytest.raises(NotVisible):
        owner(token)


def test_a_link_finds_its_owner_until_it_is_replaced_or_revoked(world):
    first = feeds.make(world.paula)
    assert owner(first).id == world.paula.id
    second = feeds.make(world.paula)
    finds_nothing(first)
    assert owner(second).id == world.paula.id
    assert feeds.revoke(world.paula) is True
    assert feeds.revoke(world.paula) is False
    finds_nothing(second)
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject == "user").order_by(AuditEntry.id))
    assert list(acts)[-3:] == ["calendar link made", "calendar link made", "calendar link revoked"]


def test_the_token_is_not_kept(world):
    token = feeds.make(world.paula)
    kept = db.session.execute(select(CalendarFeed.__table__)).one()
    assert token not in map(str, kept)
    assert kept.token_hash != token


def test_somebody_who_can_no_longer_sign_in_finds_nothing(world):
    token = feeds.make(world.paula)
    now = datetime.now(UTC)
    world.edit(world.paula, disabled_at=now)
    finds_nothing(token)
    world.edit(world.paula, disabled_at=None)
    assert owner(token).id == world.paula.id
    world.edit(world.partner, disabled_at=now)
    finds_nothing(token)


@pytest.mark.parametrize(("nick", "goes_on"), [("dora", False), ("paula", True)])
def test_a_new_address_may_be_another_persons(world, nick, goes_on):
    token, by = feeds.make(world.paula), getattr(world, nick)
    values = {"version": world.paula.version, "name": "Paul Berg", "role": world.paula.role}
    users.edit(world.paula, email="paul@partner.example", by=by, **values)
    if goes_on:
        assert owner(token).id == world.paula.id
    else:
        finds_nothing(token)


def test_the_last_use_is_noted_now_and_then(world, monkeypatch):
    token, now = feeds.make(world.paula), clock.now()
    used = []
    for minutes in (0, 1, 6):
        monkeypatch.setattr(clock, "now", lambda at=now + timedelta(minutes=minutes): at)
        owner(token)
        used.append(feeds.of(world.paula).fetched_at - now)
    assert used == [timedelta(), timedelta(), timedelta(minutes=6)]


def test_wrong_links_are_limited_and_right_ones_are_not(world):
    token = feeds.make(world.paula)
    for _time in range(20):
        finds_nothing("no-such-token")
    with pytest.raises(TooMany):
        owner("no-such-token")
    assert owner(token).id == world.paula.id
    with pytest.raises(NotVisible):
        owner("no-such-token", address="10.0.0.2")
