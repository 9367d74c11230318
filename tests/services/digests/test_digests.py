"""One mail a day to each of the staff, in place of one for each failure."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.extensions import db
from portal.models import Account, Message, StaffMails, Topic
from portal.services.digests import choices, writing
from portal.services.mail.telling import failures
from portal.services.reminders.writing import begins_at
from tests import mails

CONTACT = "licences@meridian.example"
TODAY = datetime(2031, 6, 9).date()
MANY = 40


@pytest.fixture(autouse=True)
def contact(world):
    with world.transaction():
        db.session.execute(update(Account).where(Account.id == world.distributor.id).values(contact_email=CONTACT))


@pytest.fixture
def morning(app, monkeypatch):
    """The step of that morning; returns who got the digest then."""

    def step(days: int = 0) -> list[str]:
        with app.app_context():
            now = begins_at(TODAY + timedelta(days=days))
            monkeypatch.setattr(clock, "now", lambda: now)
            assert writing.step() == begins_at(TODAY + timedelta(days=days + 1))
            rows = select(Message.recipient).where(Message.event == "digest", Message.created_at == now)
            return sorted(db.session.scalars(rows))

    return step


def fail(world, many: int) -> None:
    assets = world.assets(many)
    with world.transaction():
        for asset in assets:
            failures.tell(asset, clock.now())


def told(app, event: str) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Message.recipient).where(Message.event == event)))


def test_a_mass_failure_is_one_mail_to_who_chose_the_digest_and_many_to_who_did_not(app, world, morning):
    fail(world, MANY)
    assert told(app, "failed") == []
    assert morning() == ["dana@distributor.example", "dora@distributor.example", CONTACT]

    with app.app_context():
        choices.choose_for_contact(StaffMails.AT_ONCE, by=world.dora)
    fail(world, 3)
    assert told(app, "failed") == [CONTACT] * 3
    assert morning(1) == ["dana@distributor.example", "dora@distributor.example"]


def test_it_counts_what_waits_and_comes_once_a_day(app, world, morning):
    world.assets(3)
    world.asset("review")
    assert len(morning()) == 3
    assert len(morning()) == 3  # the same ones: a step that runs twice
    with app.app_context():
        message = db.session.scalars(select(Message)).first()
        assert db.session.query(Message).count() == 3
    assert "Failed: 3 " in message.text
    assert "Needs review: 1 " in message.text


def test_without_anything_that_waits_there_is_none(morning):
    assert morning() == []


def test_who_stopped_it_or_chose_none_gets_none(app, world, morning):
    world.asset()
    mails.stopped(world, CONTACT, Topic.DIGEST)
    mails.stopped(world, "dora@distributor.example")  # reminders alone
    with app.app_context():
        choices.choose(world.dana, StaffMails.NEVER)
        choices.choose(world.vera, StaffMails.ONCE_A_DAY)
    assert morning() == ["dora@distributor.example", "vera@distributor.example"]
