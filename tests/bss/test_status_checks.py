"""What BitTitan says about a code: on the asset's page, in the list, in its file, and asked now."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.extensions import db
from portal.models import Coupon

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough

DAY = timedelta(days=1)
STAFF_WORDS = re.compile(
    r"Not listed|Unrecognised|Never asked|Ask BitTitan|the portal asks|confirmed on|Not confirmed for"
)


def ago(**time) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def coded(world):
    """An asset whose coupon has these columns; a time is said as its age."""

    def make(**columns):
        asset = world.asset("synchronized")
        with world.transaction():
            row = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
            for name, value in columns.items():
                setattr(row, name, datetime.now(UTC) - value if isinstance(value, timedelta) else value)
        return asset

    return make


@pytest.fixture
def known(world, coded, sandbox):
    """BitTitan knows it, too."""

    def make(**columns):
        asset = coded(**columns)
        with world.transaction():
            row = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
            held = {"Code": row.code, "Id": row.bittitan_id, "ExternalReference": row.reference}
        held |= {"Quantity": asset.quantity, "OrganizationId": world.partner.organization_id}
        sandbox.control.put_coupons([held])
        return asset

    return make


def panel(dana, asset):
    return dana.open("bss.assets.show", asset_id=asset.id).one(f"#code-{asset.id}")


UNVERIFIED = {"is_verified": False, "confirmed_at": None, "bittitan_id": None, "reference": None}
STATES = {
    "active": ({"read_at": timedelta(minutes=3)}, "Active", "BitTitan confirmed it 3 min ago"),
    "old": ({"read_at": timedelta(days=9)}, "Active", "Not confirmed for 9 days"),
    "redeemed": (
        {"status": "Redeemed", "redeemed_at": datetime(2026, 11, 27, 9, tzinfo=UTC), "read_at": timedelta(hours=6)},
        "Redeemed",
        "Redeemed on 27 Nov 2026",
    ),
    "expired": ({"status": "Expired", "read_at": timedelta(days=30)}, "Expired", "BitTitan confirmed it 30 days ago"),
    "revoked": ({"status": "Revoked", "read_at": timedelta(hours=2)}, "Revoked", "BitTitan confirmed it 2 h ago"),
    "not listed": (
        {"absent_at": timedelta(hours=5), "read_at": timedelta(hours=5)},
        "Not listed",
        "BitTitan no longer lists it",
    ),
    "unrecognised": (
        UNVERIFIED | {"absent_at": timedelta(minutes=2), "read_at": timedelta(minutes=2), "status": None},
        "Unrecognised",
        "BitTitan knows no such code",
    ),
    "never asked": (
        UNVERIFIED | {"read_at": None, "status": None},
        "Never asked",
        "BitTitan was never asked about it",
    ),
    "being confirmed": (
        {"confirmed_at": None, "confirm_at": timedelta(days=-1), "read_at": timedelta(seconds=3)},
        "Active",
        "BitTitan has not confirmed it yet",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_the_panel_says_what_bittitan_says_and_how_old_it_is(dana, coded, state):
    columns, badge, sentence = STATES[state]
    shown = panel(dana, coded(**columns))
    assert shown.select_one(".badge").get_text() == badge
    assert sentence in " ".join(shown.get_text(" ").split())
    assert ("badge--stale" in str(shown)) == (state in ("old", "never asked"))
    acts = {link.get_text() for link in shown.select("a.btn")}
    assert ("Confirm the state…" in acts) == (state == "not listed")
    assert ({"Replace it…", "Withdraw it…"} <= acts) == (state == "unrecognised")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_partners_and_customers_read_none_of_it(browse, coded, state, nick):
    asset = coded(**STATES[state][0], stated_why="They told us", stated_by="Dana Markou")
    page = browse(nick).open("storefront.assets.show", asset_id=asset.id)
    assert not STAFF_WORDS.search(page.text)
    assert not {"They told us", "Dana Markou"} & set(page.text.split("\n"))
    assert (page.facts["Status"] == "Redeemed on 27 Nov 2026") == (state == "redeemed")
    unsure = page.facts["Status"].startswith("Not confirmed yet")
    assert unsure == (state in ("not listed", "unrecognised", "never asked"))


def test_a_press_asks_in_the_background_and_the_page_follows(world, dana, known, work, sandbox):
    asset = known(read_at=ago(days=9))
    page = dana.open("bss.assets.show", asset_id=asset.id)
    waiting = dana.submit(page, "Ask BitTitan now")
    assert (waiting.trail, waiting.status) == ((303,), 200)
    for said in ("Asking BitTitan…", "Still as confirmed 9 days ago", "Reload"):
        assert said in waiting.text
    assert "Ask BitTitan now" not in waiting.buttons
    assert 'http-equiv="refresh"' in waiting.body
    sandbox.control.redeem(world.code_of(asset))
    work.drain()
    answer = dana.visit(waiting.url)
    assert "Asking BitTitan…" not in answer.text
    assert "Redeemed on" in answer.text
    assert "asked by" not in answer.text
    assert any("Ask BitTitan now" in row and "Dana Markou" in row and "Redeemed" in row for row in answer.rows)
    assert world.reload(asset).version == asset.version


def test_no_answer_is_told_and_changes_nothing(dana, known, work, sandbox):
    asset = known(read_at=ago(minutes=3))
    sandbox.control.fault("getCoupon", "html", times=None)
    dana.submit(dana.open("bss.assets.show", asset_id=asset.id), "Ask BitTitan now")
    work.drain()
    text = dana.open("bss.assets.show", asset_id=asset.id).text
    assert "BitTitan did not answer at" in text
    assert "Still as confirmed 3 min ago. That is not a failure." in text


def test_the_fourth_press_in_a_minute_says_when_next(dana, known, work):
    page = dana.open("bss.assets.show", asset_id=known().id)
    for _ in range(3):
        dana.submit(page, "Ask BitTitan now")
        work.drain()
    refused = dana.submit(page, "Ask BitTitan now")
    assert refused.status == 409
    assert "3 times in a minute. The next time may be at" in refused.text


def test_nobody_follows_somebody_elses_question(browse, dana, known, world):
    asset = known()
    waiting = dana.submit(dana.open("bss.assets.show", asset_id=asset.id), "Ask BitTitan now")
    assert browse("dora").visit(waiting.url).status == 404
    other = waiting.url.replace(f"/{asset.id}/", f"/{known().id}/")
    assert dana.visit(other).status == 404


def test_who_only_reads_sees_the_state_and_asks_nothing(browse, coded):
    page = browse("vera").open("bss.assets.show", asset_id=coded(**STATES["not listed"][0]).id)
    assert "BitTitan no longer lists it" in page.text
    assert "Confirm the state" not in page.text
    assert "Ask BitTitan now" not in page.buttons


def test_a_person_confirms_what_became_of_it(browse, dana, coded):
    asset = coded(**STATES["not listed"][0])
    page = dana.press(dana.open("bss.assets.show", asset_id=asset.id), "Confirm the state…")
    assert dana.submit(page, "Confirm", state="redeemed").errors == ["Give a reason; it is recorded."]
    done = dana.submit(page, "Confirm", state="redeemed", reason="They showed us")
    assert "Recorded in your name" in done.flash
    for said in ("Dana Markou confirmed on", "They showed us", "Not listed", "Confirmed what became of the code"):
        assert said in done.text
    storefront = browse("carl").open("storefront.assets.show", asset_id=asset.id)
    assert storefront.facts["Status"] == "Redeemed"
    assert "They showed us" not in storefront.text
    entry = browse("dora").visit(f"/bss/tools/audit?q=AS-{asset.id}").text
    assert "Confirmed what became of the code" in entry


def test_nothing_is_to_be_confirmed_where_bittitan_shows_it(dana, known):
    page = dana.open("bss.assets.confirm_state", asset_id=known().id)
    assert "There is nothing to confirm" in page.text
    assert "Confirm" not in page.buttons


@pytest.mark.parametrize(
    "query, found",
    [
        ("at=not-listed", {"not listed"}),
        ("at=unrecognised", {"unrecognised"}),
        ("at=never-asked", {"never asked"}),
        ("at=redeemed", {"redeemed"}),
        ("at=expired", {"expired"}),
        ("at=revoked", {"revoked"}),
        ("at=active", {"active", "old", "being confirmed"}),
        ("at=other", set()),
        ("unconfirmed=7", {"old", "never asked"}),
        ("unconfirmed=1", {"old", "never asked"}),
        ("unconfirmed=7&at=active", {"old"}),
        ("unconfirmed=7&account=customer", {"old", "never asked"}),
        ("unconfirmed=7&q=bittitan", {"old", "never asked"}),
    ],
)
def test_the_list_is_narrowed_to_a_status_or_an_age(world, dana, coded, query, found):
    ids = {coded(**columns).id: state for state, (columns, *_) in STATES.items()}
    world.asset()
    page = dana.visit(f"/bss/billing/assets?{query.replace('customer', str(world.customer.id))}")
    listed = {ids[int(row["data-asset-id"])] for row in page.soup.select("tr[data-asset-id]")}
    assert listed == found
    if found:
        assert {"At BitTitan", "Confirmed"} <= {head.get_text(strip=True) for head in page.soup.select("th[scope=col]")}


def test_a_file_has_the_status_and_when_it_was_confirmed(dana, coded):
    asset = coded(**STATES["not listed"][0])
    answer = dana.visit("/bss/billing/assets?at=not-listed&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.removeprefix("\ufeff"))))
    (row,) = [row for row in rows if row["Number"] == f"AS-{asset.id}"]
    assert (row["At BitTitan"], row["Confirmed"][:10]) == ("Not listed", ago(hours=5).date().isoformat())


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_the_filter_does_not_exist_for_others(browse, coded, nick):
    coded()
    browser = browse(nick)
    page = browser.visit(browser.url("storefront.assets.index") + "?at=not-listed&unconfirmed=7&columns=at-bittitan")
    assert len(page.soup.select("tr[data-asset-id]")) == 1
    assert not STAFF_WORDS.search(page.text)


def test_chosen_ones_are_asked_about(dana, known, coded, work):
    shown, gone = known(), coded()
    page = dana.submit(
        dana.open("bss.assets.index"), "Ask BitTitan…, what is selected", pick=[shown.id, gone.id]
    )  # fmt: skip
    assert page.h1 == "Ask BitTitan about 2 assets"
    page = dana.submit(page, "Ask BitTitan about 2 assets")
    work.drain()
    receipt = dana.visit(page.url)
    assert receipt.h1 == "BitTitan answered about 2 of 2"
    assert any("AnsweredNot listed" in row for row in receipt.rows), receipt.rows
