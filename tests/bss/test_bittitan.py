"""Setup > BitTitan, and what every page says while purchases are held, to each kind of viewer."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Alert, AuditEntry, Connection
from portal.sandbox.storage.shapes import organization_id
from tests.asset_requests import request
from tests.bss import ordered
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture
def settings(database_url, sandbox, tmp_path, request):
    overrides = getattr(request, "param", {})
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), TIME_ZONE="Europe/Athens", **overrides)


@pytest.fixture
def put(world):
    def write(**columns) -> Connection:
        return world.edit(world.find(Connection, 1), **columns)

    return write


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=2)


@pytest.mark.parametrize(
    "nick, says",
    [
        ("dana", "Held: BitTitan is not answering; next try {time}"),
        ("paula", "BitTitan is not answering; next try {time}. No need to order again"),
        ("carl", "Your code takes a little longer today. Next try at {time}. You can leave this page"),
    ],
)
def test_each_reader_is_told_when_it_goes_on_in_the_distributors_time(world, browse, put, nick, says):
    until = _soon()
    asset = world.asset("synchronizing")
    put(is_open=True, cause="TimedOut", held_until=until)
    browser = browse(nick)
    area = "bss" if nick == "dana" else "storefront"
    sentence = says.format(time=f"{until.astimezone(ATHENS):%H:%M}")
    for endpoint, values in (("assets.index", {}), ("assets.show", {"asset_id": asset.id})):
        assert sentence in browser.open(f"{area}.{endpoint}", **values).text


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "cause, says",
    [
        ("TimedOut", "BitTitan is not answering"),
        ("ConnectionRefused", "BitTitan is not answering"),
        ("UnexpectedAnswer", "BitTitan’s answers are faulty"),
        ("InternalError", "BitTitan’s answers are faulty"),
        ("SomethingNew", "BitTitan’s answers are faulty"),
        ("SenderLost", "Purchases do not get through to BitTitan"),
    ],
)
def test_bittitan_is_not_answering_only_if_it_did_not_answer(world, browse, put, cause, says):
    put(is_open=True, cause=cause, held_until=_soon())
    world.asset("synchronizing")
    page = browse("dana").open("bss.index")
    assert page.by_id["signal"].get_text() == says
    assert ("is not answering" in page.text) == ("is not answering" in says)
    assert f"{says}; next try" in browse("paula").open("storefront.assets.index").text


def test_the_work_queue_says_it_too(world, browse, put):
    until, dana = _soon(), browse("dana")
    put(is_open=True, cause="TimedOut", held_until=until)
    page = dana.open("bss.index")
    assert f"BitTitan is not answering; next try {until.astimezone(ATHENS):%H:%M}" in page.text
    put(held_until=None)
    assert "is not answering" not in dana.open("bss.index").text


@pytest.mark.parametrize(
    "columns, says",
    [
        ({"is_open": True, "cause": "TimedOut"}, "BitTitan answers again; purchases go one at a time"),
        ({"is_open": True, "cause": "UnexpectedAnswer"}, "BitTitan accepts our sign-in; purchases go one at a time"),
        ({"cause": "Maintenance", "held_until": datetime(2200, 1, 1, tzinfo=UTC)}, "BitTitan asked for a pause"),
        ({"needs_person": True, "cause": "SignInFailed"}, "BitTitan does not accept our sign-in"),
        ({"needs_person": True, "cause": "OtherOrganization"}, "belongs to another BitTitan organisation"),
        ({"frozen_at": datetime(2026, 1, 1, tzinfo=UTC), "frozen_why": "restored"}, "Provisioning is frozen after a"),
    ],
)
def test_why_it_waits_is_told_apart(world, browse, put, columns, says):
    put(**columns)
    dana = browse("dana")
    asset = world.asset("synchronizing")
    assert says in dana.open("bss.index").text
    assert says in dana.open("bss.assets.show", asset_id=asset.id).text


def test_connecting_again_lets_purchases_go_on(world, browse, put, sandbox):
    with world.transaction():
        db.session.add(Alert(kind="sign-in", asset_id=None, text="It is not accepted.", raised_at=datetime.now(UTC)))
    put(needs_person=True, cause="SignInFailed")
    dora = browse("dora")
    page = dora.open("bss.bittitan.show")
    done = dora.ask(page, "Connect again")
    assert "Signed in." in done.flash
    assert not world.find(Connection, 1).needs_person
    assert world.find(Alert, 1).seen_by_id == world.dora.id


@pytest.mark.parametrize("trouble", ["away", "other"])
def test_connecting_in_vain_says_why(world, browse, put, sandbox, trouble):
    put(needs_person=True, cause="SignInFailed", organization_id=organization_id("somebody@else.example"))
    if trouble == "away":
        sandbox.control.fault("signIn", "drop_before", times=None)
    dora = browse("dora")
    told = dora.ask(dora.open("bss.bittitan.show"), "Connect again")
    assert {"away": "is not answering", "other": "another BitTitan organisation"}[trouble] in told.flash
    assert world.find(Connection, 1).needs_person


def test_the_connection_is_tested_where_it_is_shown(world, browse, sandbox):
    dora = browse("dora")
    page = dora.ask(dora.open("bss.bittitan.show"), "Test connection")
    for sentence in (
        "The connection works", "The server accepts the e-mail address and the password.",
        "After a lost answer the portal finds the coupon, or proves that there is none.",
    ):  # fmt: skip
        assert sentence in page.text
    assert page.h1 == "BitTitan connection"
    sandbox.control.fault("signIn", "refuse", times=None)
    page = dora.ask(page, "Test connection")
    assert "The connection does not work" in page.text
    assert world.find(Connection, 1).organization_id is None


def test_the_services_definition_is_read_from_here(world, browse):
    world.edit(world.mailbox.type, sku_id=None)
    dora = browse("dora")
    page = dora.open("bss.bittitan.show")
    gone = f"No longer sold by BitTitan{world.mailbox.type.name}"
    assert gone in page.text
    done = dora.ask(page, "Get services definition")
    assert "service definition was read" in done.flash
    assert gone not in dora.open("bss.bittitan.show").text


def test_a_frozen_portal_is_released_once_it_is_looked_up(app, world, browse, put):
    put(frozen_at=datetime.now(UTC), frozen_why="restored", lost_from=datetime.now(UTC))
    dora = browse("dora")
    page = dora.open("bss.bittitan.show")
    assert "Under way: 0 assets to ask about" in page.text
    assert "Release provisioning" not in page.buttons

    put(searched_at=datetime.now(UTC), listed=14, accounted=13)  # a release compares counts
    refused = dora.submit(dora.open("bss.bittitan.show"), to="/releases", reason="Compared with BitTitan’s own list")
    assert "only 13 of them are accounted for" in refused.flash
    put(accounted=14)
    empty = dora.submit(dora.open("bss.bittitan.show"), to="/releases", reason=" ")
    assert (empty.status, "Give a reason." in empty.text) == (422, True)
    done = dora.submit(empty, to="/releases", reason="Compared with BitTitan’s own list")
    assert "Released." in done.flash
    assert world.find(Connection, 1).frozen_at is None
    with app.app_context():
        entries = _entries()
    assert (entries[-1].act, entries[-1].why) == ("release", "Compared with BitTitan’s own list")
    assert "not frozen" in dora.submit(empty, to="/releases", reason="Once more").flash


@pytest.mark.parametrize("settings", [{"BITTITAN_SERVER": "blind"}], indirect=True)
def test_a_blind_server_asks_for_a_tick(world, browse, put):
    put(frozen_at=datetime.now(UTC), frozen_why="copied")
    dora = browse("dora")
    page = dora.open("bss.bittitan.show")
    assert "This database is a copy" in page.text
    refused = dora.submit(page, to="/releases", reason="Compared")
    assert (refused.status, "cannot be searched" in refused.text) == (422, True)
    assert "Released." in dora.submit(refused, to="/releases", reason="Compared", unsearched="y").flash


def _entries() -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.subject == "connection").order_by(AuditEntry.id)
    return list(db.session.scalars(query))


def test_a_link_leads_to_bittitans_own_sign_in(browse, world):
    dora = browse("dora")
    for page in (dora.open("bss.bittitan.show"), dora.open("accounts.show", account_id=world.customer.id)):
        assert "https://manage.bittitan.com" in page.links.values()
    own = browse("paula").open("accounts.show", account_id=world.customer.id)
    assert "https://manage.bittitan.com" not in own.links.values()


@pytest.mark.sqlite
def test_what_was_pressed_while_purchases_are_held_is_not_said_to_be_sent(world, browse, put):
    put(is_open=True, cause="TimedOut", held_until=_soon())
    dana, (first, second) = browse("dana"), (world.asset(), world.asset())
    page = dana.press(dana.open("bss.assets.show", asset_id=first.id), "Synchronize again")
    assert page.flash.startswith("Held, and sent later: BitTitan is not answering; next try ")
    saved = dana.submit(dana.open("bss.assets.edit", asset_id=second.id), "Save and synchronize", name="Other")
    assert saved.flash.startswith("Held, and sent later: BitTitan is not answering")
    assert saved.flash.endswith("What you typed is saved together with the coupon.")


@pytest.mark.sqlite
def test_what_is_executed_or_answered_while_purchases_are_held_is_not_said_to_be_sent(world, browse, put):
    put(is_open=True, cause="TimedOut", held_until=_soon())
    dana, order_id, asked = browse("dana"), ordered.submitted(world), request(world)
    done = dana.submit(dana.open("bss.orders.show", order_id=order_id), "Execute: buy 2 coupons, 35 licences")
    assert done.flash.startswith("Executed. Held, and sent later: BitTitan is not answering")
    page = dana.open("bss.asset_requests.show", asset_request_id=asked.id)
    answered = dana.submit(page, "Answer and synchronize again", words="We try again.")
    assert answered.flash.startswith("Answered. Held, and sent later: BitTitan is not answering")
