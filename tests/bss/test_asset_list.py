"""Billing > Assets: the list as the staff work with it, with the script and without."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.extensions import db
from portal.models import Coupon, Lifecycle

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def dana_with_script(browse):
    return browse("dana", htmx=True)


def test_a_row_tells_what_the_distributor_needs(world, dana):
    world.asset("synchronized", name="Mailboxes for Carl", code="TEST-ABCD-1234", quantity=1000)
    row = dana.open("bss.assets.index").rows[0]
    for said in ("Mailboxes for Carl", "AS-", "Synchronized", "Brightwood Dental", "Northlight IT", "1,000", "1234"):
        assert said in row
    assert "ABCD" not in row


@pytest.mark.parametrize("name", ["100 %d of %s", "<b>bold</b> & “quoted”", "\ue000\ue002"])
def test_a_row_has_the_name_as_it_was_typed(world, dana, name):
    asset = world.asset(name=name)
    page = dana.open("bss.assets.index")
    assert page.one(f"#asset-{asset.id} th bdi").get_text() == name


def test_an_empty_portal_offers_to_order(dana):
    page = dana.open("bss.assets.index")
    assert "No assets yet" in page.text
    assert "Place an order" in page.links


def test_nothing_matches_says_what_was_looked_for(world, dana):
    world.asset()
    page = dana.visit("/bss/billing/assets?q=zebra&status=review")
    assert "Nothing matches" in page.text
    assert "zebra" in page.text
    assert "Needs review" in page.text
    assert len(dana.press(page, "Show all assets").rows) == 1


def test_filters_are_links_and_can_be_taken_away(world, dana):
    world.asset("failed")
    world.asset("review")
    page = dana.press(dana.open("bss.assets.index"), "Failed 1")
    assert page.badges == ["Failed"]
    page = dana.submit(page, "Show", lifecycle="active")
    assert "status=failed" in page.url
    assert "lifecycle=active" in page.url
    page = dana.press(page, "ActiveRemove this filter")
    assert "lifecycle" not in page.url
    assert page.badges == ["Failed"]


def test_with_the_script_the_list_alone_is_replaced(world, dana_with_script):
    world.asset("failed")
    page = dana_with_script.open("bss.assets.index")
    fragment = dana_with_script.press(page, "Failed 1")
    assert not fragment.is_whole
    assert fragment.soup.section["id"] == "list"
    assert fragment.headers["HX-Push-Url"] == "/bss/billing/assets?status=failed"


def test_pages_lead_to_each_other(world, dana):
    world.assets(60)
    first = dana.open("bss.assets.index")
    assert "50 of 60" in first.text
    second = dana.press(first, "Next")
    assert "10 of 60" in second.text
    assert dana.press(second, "Back").rows == first.rows
    assert len(dana.press(first, "Last").rows) == 50


def test_sorting_says_which_way(world, dana):
    world.asset(name="Beta")
    world.asset(name="alpha")
    page = dana.press(dana.open("bss.assets.index"), "Name")
    assert [row.split(" AS-")[0] for row in page.rows] == ["alpha", "Beta"]
    assert page.one("[aria-sort]")["aria-sort"] == "ascending"
    assert [row.split(" AS-")[0] for row in dana.press(page, "Name").rows] == ["Beta", "alpha"]


def test_a_code_is_looked_up_by_post_and_leads_to_its_asset(world, dana):
    asset = world.asset("synchronized", code="TEST-ABCD-1234")
    page = dana.press(dana.open("bss.assets.index"), "Find by a whole code")
    found = dana.submit(page, code=" TEST-ABCD-1234 ")
    assert found.url.endswith(f"/{asset.id}")
    missed = dana.submit(page, code="ABCD-1234")
    assert missed.status == 422
    assert missed.errors == ["No asset holds exactly this code."]


def test_a_viewer_has_no_way_to_search_by_code(world, browse):
    world.asset("synchronized", code="TEST-ABCD-1234")
    vera = browse("vera")
    page = vera.open("bss.assets.index")
    assert "Find by a whole code" not in page.links
    assert vera.open("bss.assets.find").status == 403
    assert vera.visit("/bss/billing/assets?q=ABCD-12").rows == []
    assert page.soup.select(".row-act") == []


def test_one_poll_brings_all_rows_that_are_under_way(world, dana):
    first, second = world.asset("synchronizing"), world.asset("unconfirmed")
    page = dana.open("bss.assets.index")
    look = page.one("#list-poll a")
    assert [field["value"] for field in page.soup.select(".watch")] == [str(second.id), str(first.id)]
    world.edit(first, sync_status="synchronized")
    answer = dana.visit(
        f"{look['href']}?watch={first.id}&watch={second.id}", asked=look, headers={"X-Poll": "1", "HX-Request": "true"}
    )
    rows = {row["id"]: row["data-sync-status"] for row in answer.soup.find_all("tr")}
    assert rows == {f"asset-{first.id}": "synchronized", f"asset-{second.id}": "unconfirmed"}
    assert answer.one("#list-poll a")
    world.edit(second, sync_status="failed")
    answer = dana.visit(f"{look['href']}?watch={second.id}", asked=look, headers={"X-Poll": "1", "HX-Request": "true"})
    assert answer.soup.select("#list-poll a") == []


def test_a_poll_shows_no_foreign_rows(world, browse):
    foreign = world.asset("synchronizing", account=world.rival_customer)
    dana, carl = browse("dana"), browse("carl")
    url = f"/bss/billing/assets?watch={foreign.id}&watch=abc&watch=99999999999"
    headers = {"X-Poll": "1", "HX-Request": "true"}
    assert f"asset-{foreign.id}" in dana.visit(url, headers=headers).body
    assert carl.visit(url, headers=headers).status == 404


def test_the_queue_counts_what_waits_and_opens_the_list(world, dana):
    world.asset("failed")
    world.asset("failed")
    world.asset("review")
    page = dana.open("bss.index")
    tile = page.one(".tile--failed")
    assert "2" in tile.get_text()
    assert len(dana.visit(tile["href"]).rows) == 2
    assert "Nothing waits for you" not in page.text


def test_an_empty_queue_is_calm(world, dana):
    world.asset("synchronized", unit_price=None, currency=None)  # nothing of it is to be billed
    assert "Nothing waits for you" in dana.open("bss.index").text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_accounts_are_named_and_what_is_not_certain_is_asked(world, browse, htmx):
    world.asset("failed")
    world.asset("failed", account=world.rival_customer)
    dana = browse("dana", htmx=htmx)
    page = dana.submit(dana.visit("/bss/billing/assets?status=failed"), "Find", **{"account-name": "quayside hotel"})
    assert [row.count("Quayside Hotel") for row in page.rows] == [1]
    page = dana.submit(dana.visit("/bss/billing/assets?status=failed"), "Find", **{"account-name": "NORTH"})
    assert [row.count("Brightwood Dental") for row in page.rows] == [1]  # a partner has what is below it
    page = dana.submit(dana.visit("/bss/billing/assets?status=failed"), "Find", **{"billed-name": "i"})
    assert "Which account is meant?" in page.flash
    chosen = dana.visit(next(href for text, href in page.links.items() if text.startswith("Rivera Cloud (")))
    assert len(chosen.rows) == 1
    assert "Billed to Rivera Cloud" in chosen.text
    assert len(dana.press(chosen, "Billed to Rivera CloudRemove this filter").rows) == 2
    page = dana.submit(dana.visit("/bss/billing/assets"), "Find", **{"account-name": "TEST-ABCD-EFGH-1234"})
    assert "No account has that name or code." in page.flash
    assert "TEST" not in page.url
    asset = world.asset("synchronized", code="TEST-ABCD-EFGH-1234")
    form = {"account-name": "i", "kept-q": "no such (TEST-ABCD-EFGH-1234)."}
    answer = dana.raw("POST", "/bss/billing/assets/searches", data={"csrf_token": dana.token(), **form})
    assert "TEST" not in str(answer.headers)
    assert f"/{asset.id}" in str(answer.headers)  # a whole code leads to its asset, by this door as well


def test_what_a_partner_types_finds_its_own_customers_only(world, browse):
    world.asset("synchronized")
    paula = browse("paula")
    page = paula.submit(paula.visit("/storefront/billing/assets"), "Find", **{"account-name": "bright"})
    assert len(page.rows) == 1
    page = paula.submit(page, "Find", **{"account-name": world.rival_customer.name})
    assert "No account has that name or code." in page.flash
    assert "billed-name" not in page.body


@pytest.mark.parametrize(
    ("query", "names", "chip"),
    [
        ("redeem=no-code", {"failed"}, "No code yet"),
        ("redeem=redeemed", {"used"}, "Redeemed"),
        ("redeem=unredeemed", {"open", "late"}, "Not redeemed"),
        ("redeem=unredeemed&due=next-month", {"late"}, "Redeem by: next month"),
        ("redeem-from=2000-01-01&redeem-to=2000-12-31", {"old"}, "Redeem by 1 Jan 2000 or later"),
        ("imported=1", {"old"}, "Imported"),
    ],
)
def test_filters_that_people_need(world, dana, query, names, chip):
    next_month = (datetime.now(UTC).date().replace(day=1) + timedelta(days=40)).replace(day=3)
    world.asset("failed", name="failed")
    used = world.asset("synchronized", name="used")
    with world.transaction():
        coupon = db.session.scalars(db.select(Coupon).where(Coupon.asset_id == used.id)).one()
    world.edit(coupon, redeemed_at=datetime.now(UTC))
    world.asset("synchronized", name="open", redeem_by=next_month + timedelta(days=90))
    world.asset("synchronized", name="late", redeem_by=next_month)
    old = world.asset("failed", name="old", redeem_by=date(2000, 5, 5))
    world.edit(old, external_id="OLD-1", lifecycle=Lifecycle.CANCELLED)
    page = dana.visit(f"/bss/billing/assets?{query}")
    assert {cell.get_text() for cell in page.soup.select("tbody th bdi")} == names
    assert chip in page.text
