"""The page of a hand-over link: what somebody without a user sees."""

import re

import pytest

from portal.core import access
from portal.models import Lifecycle
from portal.services.handovers import making
from tests import dump
from tests.browser import Browser
from tests.handovers import made, wrong

pytestmark = pytest.mark.sqlite

TOKEN = re.compile(r'(name="csrf_token" value=)"[^"]*"')
REFUSED = "The code cannot be shown with this link and PIN."


@pytest.fixture
def asset(world):
    return world.asset("synchronized", code="TEST-HAND-0001")


def send(app, token: str, pin: str):
    browser = Browser(app)
    return browser.submit(browser.visit(f"/handover/{token}"), pin=pin)


def test_the_pin_shows_product_licences_code_and_last_day(app, world, asset):
    link = made(world, asset, by=world.paula)
    page = send(app, link.token, f" {link.pin[:3]} {link.pin[3:]} ")
    assert page.status == 200
    assert page.title == "Your BitTitan licences · Northlight IT"
    for text in ("TEST-HAND-0001", "From Northlight IT", world.mailbox.name, "Licences25", "Redeem by"):
        assert text in page.text
    assert "Meridian" not in page.body
    assert "Brightwood" not in page.body


def test_looking_at_it_opens_and_tells_nothing(app, world, asset, sql):
    """Chat programs fetch the address by themselves."""
    link = made(world, asset)
    before = dump.dump(app)
    pages = []
    for token in (link.token, "no-such-token"):
        with sql() as statements:
            page = Browser(app).visit(f"/handover/{token}")
            assert Browser(app).raw("HEAD", f"/handover/{token}").status_code == 200
        assert statements == []
        pages.append((page.status, TOKEN.sub(r"\1", page.body).replace(token, "")))
    assert pages[0] == pages[1]
    assert dump.difference(before, dump.dump(app)) == []


def test_no_answer_is_kept_found_or_passed_on(app, world, asset):
    link = made(world, asset)
    browser = Browser(app)
    pages = [browser.visit(f"/handover/{link.token}"), send(app, link.token, wrong(link.pin))]
    pages.append(send(app, link.token, link.pin))
    assert [page.status for page in pages] == [200, 422, 200]
    for page in pages:
        assert page.headers["X-Robots-Tag"].startswith("noindex")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert link.pin not in page.body


def test_whatever_is_wrong_the_answer_is_the_same(app, world, asset):
    link, revoked = made(world, asset), made(world, asset)
    with app.app_context():
        making.revoke(access.visible_asset(world.dana, asset.id), revoked.link.id, by=world.dana)
    answers = set()
    for token, pin in ((link.token, wrong(link.pin)), (revoked.token, revoked.pin), ("no-such-token", "123456")):
        page = send(app, token, pin)
        assert REFUSED in page.text
        answers.add((page.status, TOKEN.sub(r"\1", page.body).replace(token, "")))
    assert len(answers) == 1


def test_an_address_that_guesses_is_told_to_wait(app, world, asset):
    link = made(world, asset)
    for turn in range(20):
        assert send(app, f"nothing-{turn}", "123456").status == 422
    page = send(app, link.token, link.pin)
    assert page.status == 429
    assert "Retry-After" in page.headers
    assert "TEST-HAND" not in page.body


def test_it_says_so_when_the_licences_are_cancelled(app, world, asset):
    link = made(world, asset)
    world.edit(asset, lifecycle=Lifecycle.CANCELLED)
    page = send(app, link.token, link.pin)
    assert page.status == 200
    assert "These licences were cancelled" in page.text
    assert "TEST-HAND" not in page.body


def test_nothing_is_opened_without_a_csrf_token(app, world, asset):
    link = made(world, asset)
    answer = Browser(app).raw("POST", f"/handover/{link.token}", data={"pin": link.pin})
    assert answer.status_code == 400
    assert "TEST-HAND" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("nick", "area"), [("dana", "bss"), ("paula", "storefront"), ("cora", "storefront")])
def test_from_the_asset_to_the_recipient_and_back(app, world, asset, browse, nick, area):
    browser = browse(nick)
    page = browser.open(f"{area}.assets.show", asset_id=asset.id)
    assert page.soup.find("a", string="Hand over by link…")["href"].endswith(f"/{asset.id}/handovers")
    form = browser.open(f"{area}.assets.handovers", asset_id=asset.id)
    shown = browser.submit(form, "Make the link", days="3", note="For Ann, by mail")
    address, pin = (shown.by_id[name].get_text() for name in ("link-value", "pin-value"))
    assert re.fullmatch(r"\d{6}", pin)
    assert "TEST-HAND-0001" in send(app, address.rpartition("/")[2], pin).body
    again = browser.submit(form, "Make the link", days="3")
    assert "has made its link already" in again.text
    listed = browser.open(f"{area}.assets.handovers", asset_id=asset.id)
    assert "For Ann, by mail" in listed.text
    assert pin not in listed.body
    assert address.rpartition("/")[2] not in listed.body
    assert "The link is revoked." in browser.submit(listed, to="/revocations").text
    assert REFUSED in send(app, address.rpartition("/")[2], pin).text


def test_a_form_without_its_button_makes_nothing(world, asset, browse):
    browser = browse("dana")
    form = browser.open("bss.assets.handovers", asset_id=asset.id)
    page = browser.submit(form, to="/handovers", days="5")
    assert page.status == 200
    assert "No links yet" in page.text


@pytest.mark.parametrize("days", ["0", "31", "", "x"])
def test_thirty_days_at_most(world, asset, browse, days):
    browser = browse("dana")
    form = browser.open("bss.assets.handovers", asset_id=asset.id)
    page = browser.submit(form, "Make the link", days=days)
    assert page.status == 422
    assert "Enter a whole number from 1 to 30." in page.text
