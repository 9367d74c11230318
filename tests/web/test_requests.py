"""What is pressed and has to be asked of BitTitan: the page is answered at once, says the truth, and follows."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Role, VendorRequest
from portal.models import Worker as Heartbeat
from tests import asked

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def beating(world):
    """A worker lives, and is busy elsewhere."""
    with world.transaction():
        now = datetime.now(UTC)
        db.session.add(Heartbeat(id="one", started_at=now, seen_at=now))


def ask_about(dana, asset, code: str = "SOME-CODE-1"):
    page = dana.open("bss.assets.attach", asset_id=asset.id)
    return dana.submit(page, "Check the code", code=code, reason="From an e-mail")


@pytest.fixture(autouse=True)
def issued(world, sandbox):
    """BitTitan knows the code, from elsewhere."""
    held = {"Code": "SOME-CODE-1", "Quantity": 25, "OrganizationId": world.partner.organization_id}
    sandbox.control.put_coupons([held | {"ExternalReference": "before"}])


def test_a_press_is_answered_at_once_and_the_page_follows(world, dana, beating, work, sandbox):
    asset = world.asset()
    waiting = ask_about(dana, asset)
    assert (waiting.trail, waiting.status) == ((303,), 200)
    assert "Asking BitTitan…" in waiting.text
    assert "Waits for its turn" in waiting.text
    looked = dana.poll(waiting)
    assert "Asking BitTitan…" in looked.text
    assert not looked.is_whole
    work.drain()
    answer = dana.poll(looked)
    assert answer.is_whole
    assert "What BitTitan says" in answer.text
    assert dana.url("bss.assets.attach", asset_id=asset.id) in [form["action"] for form in answer.forms]


def test_without_a_worker_the_page_says_so(world, dana, sandbox):
    waiting = ask_about(dana, world.asset())
    assert "No worker is running" in waiting.text
    assert "Asking BitTitan…" not in waiting.text


def test_what_takes_long_is_said(world, dana, beating):
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    page = dana.open("bss.requests.show", request_id=asked.check(world, world.dana, asked_at=long_ago))
    assert "longer than usual" in page.text
    assert "delay:10s" in page.one("#request-look")["hx-trigger"]


def test_without_the_script_the_page_is_loaded_again(world, dana, beating, work, sandbox):
    waiting = ask_about(dana, world.asset())
    assert waiting.one("noscript meta")["http-equiv"] == "refresh"
    work.drain()
    answer = dana.visit(waiting.url)
    assert "What BitTitan says" in answer.text
    assert answer.soup.select("noscript") == []


def test_a_second_press_follows_the_first(app, world, dana, sandbox):
    asset = world.asset()
    assert ask_about(dana, asset).url == ask_about(dana, asset).url != ask_about(dana, asset, "SOME-CODE-2").url
    with app.app_context():
        assert len(db.session.scalars(select(VendorRequest)).all()) == 2


def test_only_the_person_who_asked_follows_it(world, browse, dana):
    request_id = asked.check(world, world.dana)
    assert asked.CODE not in dana.open("bss.requests.show", request_id=request_id).body
    for nick in ("dora", "vera"):
        assert browse(nick).open("bss.requests.show", request_id=request_id).status == 404
    assert dana.open("accounts.requests.show", request_id=request_id).status == 404
    world.edit(world.dana, role=Role.VIEWER)
    assert dana.open("bss.requests.show", request_id=request_id).status == 403


def test_the_panel_of_an_account_follows_in_its_place(world, browse, work, sandbox, beating):
    paula = browse("paula", htmx=True)
    page = paula.open("accounts.show", account_id=world.partner.id)
    waiting = paula.submit(page, "Synchronize")
    assert waiting.one(f"#sync-{world.partner.id} h2").get_text() == "Asking BitTitan…"
    assert not waiting.is_whole
    waiting = paula.poll(waiting)
    work.drain()
    done = paula.poll(waiting)
    assert not done.is_whole
    assert "Synchronized" in done.badges
    assert "BitTitan knows" in done.flash
    elsewhere = browse("rita").visit(paula.url("accounts.requests.show", request_id=1))
    assert elsewhere.status == 404


def test_what_was_done_is_told_without_details_where_a_worker_died_then(app, world, dana, work, sandbox):
    page = dana.open("accounts.new")
    waiting = dana.submit(
        page, "Save & synchronize", kind="customer", name="Direct", bittitan_email="it@direct.example"
    )
    work.drain()
    with app.app_context():
        row = db.session.scalar(select(VendorRequest))
    world.edit(row, answer=None)
    told = dana.poll(waiting)
    assert (told.h1, told.flash) == ("Accounts", "The account was created.")
