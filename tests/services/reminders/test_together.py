"""Several reminders of a morning for one recipient: one mail, which names each asset."""

import random
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.core.failpoints import AFTER_COMMIT, BEFORE_COMMIT
from portal.services.mail import html_part
from portal.services.reminders import mailing, writing
from tests.proof.processes import killed_at
from tests.services.reminders.test_year import CUSTOMERS, PARTNERS, bought, coupon_of

DAY = date(2031, 6, 9)
DUE = DAY + timedelta(days=7)


def to(mornings, address: str):
    (mail,) = (mail for mail in mornings.mails() if mail.recipient == address)
    return mail


def cut_short(mornings, monkeypatch) -> None:
    """The worker stops after everything was noted, before a mail was written."""
    with monkeypatch.context() as patch:
        patch.setattr(writing, "BATCH", 2)
        patch.setattr(writing, "LONGEST", -1)
        with mornings.app.app_context():
            moment = writing.begins_at(DAY)
        mornings.at(moment)


def test_each_reads_of_what_it_would_be_told_of_singly(world, mornings):
    customers = [bought(world, DUE), bought(world, DAY + timedelta(days=14), name="Archive\n1. x")]
    partners = [
        bought(world, DUE, account=world.partner),
        bought(world, DAY + timedelta(days=1), account=world.partner),
    ]
    mornings.morning(DAY)

    assert {mail.recipient for mail in mornings.mails()} == {*PARTNERS, *CUSTOMERS}
    for address in PARTNERS:
        assert to(mornings, address).named == sorted(each.id for each in [*customers, *partners])
    for address in CUSTOMERS:
        assert to(mornings, address).named == sorted(each.id for each in customers)
    assert to(mornings, "carl@customer.example").subject == "2 codes to redeem, the first by 16 Jun 2031, in 7 days"
    assert "Archive 1. x, " in to(mornings, "carl@customer.example").text


@pytest.mark.sqlite
def test_of_more_than_fit_it_says_how_many(world, mornings, monkeypatch):
    monkeypatch.setattr(mailing, "LISTED", 3)
    assets = [bought(world, DUE, account=world.direct_customer) for _ in range(5)]
    mornings.morning(DAY)

    (mail,) = mornings.mails()
    assert mail.named == [each.id for each in assets[:3]]
    assert mail.about == [each.id for each in assets]
    assert "and 2 more, in the calendar http" in mail.text


@pytest.mark.sqlite
def test_what_was_redeemed_before_the_mails_are_written_is_left_out(world, mornings, monkeypatch):
    assets = [bought(world, DUE, account=world.direct_customer) for _ in range(2)]
    cut_short(mornings, monkeypatch)
    assert mornings.mails() == []
    coupon_of(world, assets[0], redeemed_at=datetime(2031, 6, 9, tzinfo=UTC))
    mornings.morning(DAY)

    (mail,) = mornings.mails()
    assert (mail.event, mail.about, mail.named) == ("reminder", [assets[1].id], [assets[1].id])


def test_a_morning_that_was_cut_short_is_made_up_for_the_next_day(world, mornings, monkeypatch):
    near, far = (bought(world, DAY + timedelta(days=left), account=world.direct_customer) for left in (1, 7))
    cut_short(mornings, monkeypatch)
    mornings.morning(DAY + timedelta(days=1))

    assert [asset_id for _kind, asset_id, *_ in mornings.told()] == [far.id]  # the day of the other one has come
    assert near.id not in mornings.mails()[0].named


def test_a_worker_that_is_killed_again_and_again_tells_each_once(app, world, mornings, monkeypatch, seed):
    monkeypatch.setattr(writing, "BATCH", 3)
    monkeypatch.setattr(mailing, "LOOKED_AT", 1)  # one mail in a transaction
    lot, assets = random.Random(seed), [bought(world, DUE) for _ in range(7)]
    with app.app_context():
        moment = writing.begins_at(DAY)
    for _ in range(8):
        point = f"reminders: {lot.choice((BEFORE_COMMIT, AFTER_COMMIT))}"
        killed_at(app, point, lambda: mornings.at(moment))
    mornings.morning(DAY)

    everybody = (*PARTNERS, *CUSTOMERS)
    assert Counter(mornings.told()) == Counter(
        ("reminder", each.id, address, DAY) for each in assets for address in everybody
    )
    assert [mail.recipient for mail in mornings.mails()] == sorted(everybody)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("language", "subject", "line"),
    [
        (
            "de",
            "2 Codes einzulösen, der erste bis 16. Juni 2031, in 7 Tagen",
            "× Mailboxen, Harbour School: bis 16. Juni",
        ),
        ("el", "2 κωδικοί προς εξαργύρωση, ο πρώτος έως 16 Ιουν 2031, σε 7 ημέρες", "έως 16 Ιουν"),
        (
            "fr",
            "2 codes à utiliser, le premier au plus tard le 16 juin 2031, dans 7 jours",
            " : jusqu’au 16 juin 2031 http",
        ),
    ],
)
def test_it_is_in_the_language_of_its_reader(world, mornings, language, subject, line):
    world.edit(world.direct_customer, language=language)
    for _ in range(2):
        bought(world, DUE, account=world.direct_customer, name="Mailboxen")
    mornings.morning(DAY)

    (mail,) = mornings.mails()
    assert mail.subject == subject
    assert line in mail.text
    html = html_part.make(mail.subject, mail.text, secret="", language=language, portal_url="http://localhost:8000")
    (words,) = re.findall(rf'<a href="http://localhost:8000/storefront/billing/assets/{mail.named[0]}">(.+?)</a>', html)
    assert words in mail.text
