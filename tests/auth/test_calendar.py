"""A person's calendar link, and what a calendar program reads with it."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.display.calendars.ics import AllDay, calendar
from portal.extensions import db
from portal.models import Coupon
from tests import ics
from tests.auth.test_confirm import age
from tests.browser import Browser
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite


@pytest.fixture
def today(app):
    with app.app_context():
        return clock.today()


def made(person) -> str:
    """The path of the link."""
    page = person.submit(person.visit("/calendar"), "Make the link")
    return page.one("#link-value").get_text().removeprefix("http://localhost")


def fetched(app, path):
    return Browser(app).raw("GET", path)


def events(app, path):
    return ics.read(fetched(app, path).get_data())[1]


def test_the_link_is_shown_once_with_its_last_use_and_ends_when_it_is_revoked(app, browse):
    paula = browse("paula")
    assert "You have no calendar link." in paula.visit("/calendar").text
    path = made(paula)
    page = paula.visit("/calendar")
    assert path not in page.body
    assert page.one(".facts > div:last-child").get_text(" ", strip=True) == "Last used Never"
    assert fetched(app, path).status_code == 200
    page = paula.visit("/calendar")
    assert "Never" not in page.text
    assert "is revoked" in paula.submit(page, "Revoke the link").text
    assert fetched(app, path).status_code == 404


def test_making_a_link_asks_for_the_password(app, browse):
    """It is read without signing in, until somebody revokes it: a stolen session must not be enough."""
    paula = browse("paula")
    page = paula.visit("/calendar")
    age(app)
    asked = paula.submit(page, "Make the link")
    assert (asked.status, asked.h1) == (401, "Enter your password to continue")
    assert "You have no calendar link." in paula.visit("/calendar").text
    done = paula.submit(asked, "Continue", own_password=PASSWORD)
    path = done.one("#link-value").get_text().removeprefix("http://localhost")
    assert fetched(app, path).status_code == 200


def test_a_feed_is_private_and_asks_not_to_be_indexed(app, browse):
    answer = fetched(app, made(browse("paula")))
    assert answer.headers["Cache-Control"] == "private"
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers


def test_it_holds_a_day_of_the_own_tree_for_each_account_and_no_code(app, world, browse, today):
    soon, last = today + timedelta(days=20), today + timedelta(days=40)
    name = "Ärzte; Söhne, \\ & Partner with a name that is longer than one line of such a file 東京"
    world.edit(world.customer, name=name)
    world.asset("synchronized", redeem_by=soon, quantity=25, code="TEST-HIDE-0001")
    used = world.asset("synchronized", account=world.partner, validity_days=50, quantity=1)
    with world.transaction():
        coupon = db.session.query(Coupon).filter_by(asset_id=used.id).one()
        coupon.redeemed_at = clock.now() - timedelta(days=10)
    world.asset("synchronized", account=world.rival_customer, redeem_by=soon, quantity=99)
    feeds = {nick: made(browse(nick)) for nick in ("dana", "paula", "carl", "rita")}
    read = {nick: events(app, path) for nick, path in feeds.items()}
    assert [event["SUMMARY"] for event in read["dana"]] == ["124 licences to redeem", "1 licence ends"]
    assert [event["SUMMARY"] for event in read["paula"]] == [
        f"{name}: 25 licences to redeem",
        f"{world.partner.name}: 1 licence ends",
    ]
    assert [event["SUMMARY"] for event in read["carl"]] == [f"{name}: 25 licences to redeem"]
    assert [event["SUMMARY"] for event in read["rita"]] == [f"{world.rival_customer.name}: 99 licences to redeem"]
    assert [(event["DTSTART"], event["DTEND"]) for event in read["paula"]] == [
        (day, day + timedelta(days=1)) for day in (soon, last)
    ]
    for path in feeds.values():
        assert "HIDE" not in fetched(app, path).get_data(as_text=True)
    uids = [[event["UID"] for event in events(app, feeds["paula"])] for _time in range(2)]
    assert uids[0] == uids[1]
    for nick, own in read.items():  # each leads to the list of what it counts
        page = browse(nick).visit(own[0]["URL"].removeprefix("http://localhost"))
        assert len(page.rows) == (2 if nick == "dana" else 1)


def test_an_account_that_moves_takes_its_days_with_it(app, world, browse, today):
    asset = world.asset("synchronized", redeem_by=today + timedelta(days=20))
    path = made(browse("paula"))
    assert len(events(app, path)) == 1
    world.edit(asset, account_id=world.rival_customer.id, branch_id=world.rival_customer.branch_id)
    assert events(app, path) == []


def test_lines_are_folded_between_characters(today):
    texts = ("x" * 200, "ä" * 99, "東" * 60, "a\r\nb;c,d\\n", "🎉" * 40, "\x07bell")
    written = calendar("Name", "Text", (AllDay(f"u{place}", today, text, text, "http://localhost/")
                       for place, text in enumerate(texts)), clock.datetime.now(clock.UTC))  # fmt: skip
    own, found = ics.read(written)
    assert [event["SUMMARY"] for event in found] == [*texts[:3], "a\nb;c,d\\n", texts[4], "bell"]
    assert own["X-WR-CALNAME"] == "Name"
