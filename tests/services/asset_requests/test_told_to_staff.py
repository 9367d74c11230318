"""A new request is told to those of the staff who want it at once, and to nobody else."""

import pytest
from sqlalchemy import select, update

from portal.core import access
from portal.extensions import db
from portal.models import Account, Message, StaffMails
from portal.services import asset_requests
from portal.services.digests import choices

AT_ONCE = StaffMails.AT_ONCE


@pytest.fixture(autouse=True)
def in_context(app):
    with app.app_context():
        yield


def ask(world, asset, words: str = "") -> None:
    asset_requests.ask(access.visible_asset(world.carl, asset.id), words=words, by=world.carl)


def told() -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.event == "request-asked").order_by(Message.id)))


def test_it_is_told_once_to_who_chose_it_and_may_answer(world):
    with world.transaction():
        is_own = Account.id == world.distributor.id
        db.session.execute(update(Account).where(is_own).values(contact_email="licences@meridian.example"))
    choices.choose_for_contact(AT_ONCE, by=world.dora)
    for person in (world.dana, world.vera):  # a viewer answers nothing
        choices.choose(person, AT_ONCE)
    asset = world.asset("failed")
    ask(world, asset, words="We need it on Monday.")
    ask(world, asset, words="Or on Tuesday.")

    assert sorted(row.recipient for row in told()) == [world.dana.email, "licences@meridian.example"]
    text = told()[0].text
    assert "In these words: We need it on Monday." in text
    assert f"asks to synchronize again:\n{asset.number}, " in text
    assert "/bss/queue/requests/" in text


@pytest.mark.sqlite
def test_who_chose_nothing_reads_it_in_the_digest(world):
    choices.choose(world.dora, StaffMails.NEVER)
    ask(world, world.asset("failed"))
    assert told() == []
