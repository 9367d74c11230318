"""BitTitan licences as partners and customers list them, and the landing pages that lead there."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import SPENT, Coupon, CouponStanding, Lifecycle
from portal.services.lists import list_counts
from tests.storefront.test_licence import STAFF_WORDS

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def paula(browse):
    return browse("paula")


@pytest.fixture
def carl(browse):
    return browse("carl")


@pytest.fixture
def today(app):
    with app.app_context():
        return clock.today()


@pytest.mark.parametrize("nick", ["paula", "carl", "cleo"])
@pytest.mark.parametrize("endpoint", ["storefront.index", "storefront.billing"])
def test_landing_pages_lead_to_the_licences(world, browse, nick, endpoint):
    world.asset("synchronized", name="Mailboxes for Carl")
    world.asset("failed")
    world.asset("failed", account=world.rival_customer)
    person = browse(nick)
    page = person.open(endpoint)
    assert "2 in all, 1 with a code" in page.text
    tile = page.one(".tile--review")
    assert len(person.visit(tile["href"]).rows) == 1
    there = person.visit(page.one("main a.next-step[href$=assets]")["href"])
    assert there.h1 == "BitTitan licences"
    assert len(there.rows) == 2


def test_signing_in_leads_to_the_storefront(world, paula, carl):
    assert paula.open("auth.start").h1 == "Northlight IT"
    assert carl.open("auth.start").h1 == "Brightwood Dental"


def test_landing_pages_are_calm_when_there_is_nothing(carl):
    page = carl.open("storefront.index")
    assert "Nothing has been bought yet" in page.text
    assert page.soup.select(".tile") == []
    assert "No licences yet" in carl.open("storefront.assets.index").text


def test_a_partner_sees_whose_it_is_and_filters_by_customer(world, paula):
    other = world.account(parent=world.partner, name="Another Customer")
    world.asset(name="Hers", account=other)
    world.asset(name="His")
    page = paula.open("storefront.assets.index")
    assert len(page.rows) == 2
    assert "Another Customer" in page.rows[1]
    options = {option.get_text(): option["value"] for option in page.soup.select("#list-account option")}
    assert list(options) == ["All customers", "Another Customer", "Brightwood Dental"]
    found = paula.submit(page, "Show", account=options["Another Customer"])
    assert len(found.rows) == 1
    assert "Hers" in found.rows[0]
    assert found.value("account") == str(other.id)
    assert len(paula.press(found, "Another CustomerRemove this filter").rows) == 2


def test_a_foreign_customer_is_no_filter(world, paula):
    foreign = paula.visit(f"/storefront/billing/assets?account={world.rival_customer.id}")
    absent = paula.visit("/storefront/billing/assets?account=999999")
    assert "There is no such account." in foreign.text
    assert foreign.rows == absent.rows == []
    assert "Quayside" not in foreign.body


def test_a_customer_sees_its_own_and_nobody_elses(world, carl):
    world.asset(name="Mine")
    world.asset(name="Of the partner", account=world.partner)
    page = carl.open("storefront.assets.index")
    assert len(page.rows) == 1
    assert "Mine" in page.rows[0]
    assert page.soup.select("#list-account") == []
    assert "Customer" not in [head.get_text() for head in page.soup.select("thead th")]


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_codes_that_run_out_are_told_first(world, browse, today, nick):
    world.asset("synchronized", name="Soon", purchased_on=today - timedelta(days=347))
    world.asset("synchronized", name="Later")
    for word in SPENT:
        spent = world.asset("synchronized", name=word, purchased_on=today - timedelta(days=350))
        world.edit(code_of(world, spent), status=word)
    world.asset("synchronized", account=world.rival_customer, purchased_on=today - timedelta(days=360))
    person = browse(nick)
    for endpoint in ("storefront.index", "storefront.billing", "storefront.assets.index"):
        page = person.open(endpoint)
        assert "1 code expires within 30 days" in page.text
        assert "in 18 days" in page.one("main section.notice").get_text()
    rows = person.press(page, "Show it").rows
    assert len(rows) == 1
    assert "Soon" in rows[0]


def test_codes_that_run_out_are_counted_as_far_as_it_helps(world, browse, today, monkeypatch):
    monkeypatch.setattr(list_counts, "MANY_EXPIRING", 2)
    for _ in range(3):
        world.asset("synchronized", purchased_on=today - timedelta(days=350))
    page = browse("paula").open("storefront.assets.index")
    assert "More than 2 codes expire within 30 days" in page.text


def test_nothing_is_told_where_no_code_runs_out(world, carl):
    world.asset("synchronized")
    assert "within 30 days" not in carl.open("storefront.assets.index").text


def test_searching_changes_the_list_in_place(world, browse):
    world.asset(name="Ärzte 🙂")
    world.asset(name="Other")
    for htmx in (False, True):
        paula = browse("paula", htmx=htmx)
        found = paula.submit(paula.open("storefront.assets.index"), "Search", q="ärzte")
        assert found.is_whole is not htmx
        assert len(found.rows) == 1


def test_one_poll_brings_the_rows_that_have_settled(world, carl):
    asset = world.asset("synchronizing")
    page = carl.open("storefront.assets.index")
    assert "Your code will be here in a moment" in page.rows[0]
    world.edit(asset, sync_status="synchronized")
    look = page.one("#list-poll a")
    answer = carl.visit(f"{look['href']}?watch={asset.id}", asked=look, headers={"X-Poll": "1", "HX-Request": "true"})
    assert [row["data-sync-status"] for row in answer.soup.find_all("tr")] == ["synchronized"]
    assert answer.soup.select("#list-poll a") == []


@pytest.mark.parametrize("nick, rows", [("paula", 3), ("carl", 2)])
def test_the_export_holds_the_own_tree_only(world, browse, nick, rows):
    world.asset("synchronized", name="=1+1", code="TEST-ABCD-1234", note="Only for the staff")
    world.asset("failed")
    world.asset("failed", account=world.partner)
    world.asset("failed", account=world.rival_customer)
    text = browse(nick).raw("GET", "/storefront/billing/assets?format=csv").get_data(as_text=True)
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(lines) == 1 + rows
    assert "'=1+1" in text
    assert "ABCD" not in text
    assert "Only for the staff" not in text


def test_a_former_partner_is_not_named(world, browse):
    """The customer moved; its assets are still billed to whom they were billed to."""
    asset = world.asset("synchronized", account=world.customer, billed_account=world.rival)
    for nick in ("paula", "carl"):
        person = browse(nick)
        assert "Rivera" not in person.open("storefront.assets.index").body
        page = person.open("storefront.assets.show", asset_id=asset.id)
        assert "Rivera" not in page.body
        assert page.facts["Billed to"] == "another account"
        assert "Rivera" not in person.raw("GET", "/storefront/billing/assets?format=csv").get_data(as_text=True)


def code_of(world, asset) -> Coupon:
    recorded = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
    with world.app.app_context():
        return db.session.scalars(select(Coupon).where(*recorded)).one()


@pytest.fixture
def states(world):
    """One asset of each state that a partner or customer can read."""
    today = date.today()
    long_ago = today - timedelta(days=500)
    made = {
        "Ready to redeem": world.asset("synchronized"),
        "Redeemed": world.asset("synchronized", purchased_on=long_ago),
        "Expired": world.asset("synchronized", purchased_on=long_ago),
        "Revoked": world.asset("synchronized"),
        "Not confirmed yet": world.asset("synchronized"),
        "Cancelled": world.asset("failed", lifecycle="cancelled"),
    }
    world.edit(code_of(world, made["Redeemed"]), redeemed_at=datetime.now(UTC), status="Redeemed")
    world.edit(code_of(world, made["Revoked"]), status="Revoked")
    world.edit(code_of(world, made["Not confirmed yet"]), is_verified=False, confirmed_at=None)
    words = {asset.id: word for word, asset in made.items()}
    for status in ("synchronizing", "unconfirmed"):
        words[world.asset(status).id] = "Being prepared"
    for status in ("failed", "review"):
        words[world.asset(status).id] = "We are looking into it"
    return words


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_list_page_and_file_say_what_a_reader_can_do_and_no_words_of_the_staff(states, browse, nick):
    browser = browse(nick)
    page = browser.open("storefront.assets.index")
    shown = {
        int(row["data-asset-id"]): row.select_one(".badge").get_text() for row in page.soup.select("tr[data-asset-id]")
    }
    assert shown == states
    assert not STAFF_WORDS.search(page.text)
    for asset_id, word in states.items():
        single = browser.open("storefront.assets.show", asset_id=asset_id)
        assert single.one(".page-head .badge").get_text() == word
        assert not STAFF_WORDS.search(single.text)
    text = browser.raw("GET", "/storefront/billing/assets?format=csv").get_data(as_text=True)
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {int(line["Number"].removeprefix("AS-")): line["Status"] for line in lines} == states
    assert "Sync status" not in text


def test_each_chip_of_a_reader_finds_what_its_word_says(states, browse):
    page, found = browse("carl").open("storefront.assets.index"), {}
    for chip in page.soup.select("#list-statuses a")[1:]:
        word = chip.contents[0].strip()
        there = browse("carl").visit(chip["href"])
        found[word] = {int(row["data-asset-id"]) for row in there.soup.select("tr[data-asset-id]")}
        assert there.one("#list-statuses [aria-current]").get_text().startswith(word)
        count = chip.select_one(".chip__count")
        assert count is None or int(count.get_text()) == len(found[word])
    assert list(found) == ["We are looking into it", "Being prepared", "Ready to redeem", "Redeemed", "Expired"]
    for word, ids in found.items():
        assert ids == {asset_id for asset_id, state in states.items() if state == word}


def test_a_code_that_is_being_revoked_is_not_ready(app, world, browse, carl):
    """The list says what the licence's own page says."""
    asset, other = world.asset("synchronized"), world.asset("synchronized")
    dana = browse("dana")
    page = dana.open("bss.assets.cancel", asset_id=asset.id)
    dana.submit(page, "Revoke the coupon and cancel the asset", reason="Ordered twice")
    rows = carl.open("storefront.assets.index").rows
    assert ["Being cancelled" in row for row in rows] == [False, True]
    assert "Being cancelled" in carl.open("storefront.assets.show", asset_id=asset.id).text
    ready = carl.visit("/storefront/billing/assets?redeem=ready").rows
    assert [other.number in row for row in ready] == [True]


def test_a_filtered_list_begins_with_what_was_looked_for(world, carl, today):
    asset = world.asset("synchronized", redeem_by=today + timedelta(days=5))
    assert "expires within 30 days" in carl.open("storefront.assets.index").text
    found = carl.visit(f"/storefront/billing/assets?q={asset.number}")
    assert len(found.rows) == 1
    assert "expires within 30 days" not in found.text


def test_all_counts_the_same_whatever_is_chosen(world, carl):
    """Also cancelled ones that had failed, which no other chip counts."""
    world.asset("failed", lifecycle=Lifecycle.CANCELLED)
    world.asset("failed")
    world.asset("synchronized")
    for address in ("", "?status=looked-into", "?status=preparing"):
        page = carl.visit(f"/storefront/billing/assets{address}")
        assert page.one("#list-status-1").get_text(" ", strip=True) == "All 3"
