"""The list of accounts, the page of one, and what can be done there, with and without htmx."""

import pytest

from portal.core import paging

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    return request.param


def names(page) -> list[str]:
    return [cell.get_text(" ", strip=True) for cell in page.soup.select("#list tbody th a:first-child")]


def assets(page) -> int:
    return len(page.soup.select("tr[data-asset-id]"))


def test_the_staff_list_everybody(browse):
    page = browse("vera").open("accounts.index")
    customers, above = ["Brightwood Dental", "Harbour School"], ["Meridian Distribution", "Northlight IT"]
    assert names(page) == [*customers, *above, "Quayside Hotel", "Rivera Cloud"]
    assert "1 customer" in page.rows[3]


def test_a_partner_lists_itself_and_its_customers(browse):
    page = browse("penny").open("accounts.index")
    assert names(page) == ["Brightwood Dental", "Northlight IT"]
    assert "Rivera" not in page.text
    assert page.h1 == "Customers"


def test_a_customer_is_led_to_its_own_page(browse, world):
    page = browse("cleo").open("accounts.index")
    assert page.url == f"/accounts/{world.customer.id}"


@pytest.mark.parametrize(
    "query, found",
    [
        ("q=bright", ["Brightwood Dental"]),
        ("q=RIVERA", ["Rivera Cloud"]),
        ("q=quay", ["Quayside Hotel"]),
        ("kind=partner", ["Northlight IT", "Rivera Cloud"]),
        ("kind=customer&sort=-name", ["Quayside Hotel", "Harbour School", "Brightwood Dental"]),
        ("sync=no", ["Harbour School"]),
        ("disabled=1", ["Rivera Cloud"]),
        ("q=%25", []),
        ("q=a%00b", []),
        ("q=" + "x" * 3000, []),
    ],
)
def test_search_and_filters(browse, world, query, found, htmx):
    world.edit(world.direct_customer, organization_id=None)
    world.edit(world.rival, disabled_at=world.rival.created_at)
    dana = browse("dana", htmx=htmx)
    page = dana.visit(f"{dana.url('accounts.index')}?{query}")
    assert names(page) == found


def test_nonsense_in_the_address_is_left_out_and_said(browse, world):
    dana = browse("dana")
    page = dana.visit(
        f"{dana.url('accounts.index')}?kind=x&sync=maybe&sort=age&under={world.partner.id}0000&after=;,&last=2"
    )
    assert len(names(page)) == 6
    assert "There is no such account" in page.text


def test_a_rival_to_filter_by_does_not_exist(browse, world):
    paula = browse("paula")
    foreign = paula.visit(f"{paula.url('accounts.index')}?under={world.rival.id}")
    nobody = paula.visit(f"{paula.url('accounts.index')}?under=999999")
    assert names(foreign) == names(nobody) == ["Brightwood Dental", "Northlight IT"]


def test_pages_go_forth_and_back(browse, world, htmx, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 2)
    dana = browse("dana", htmx=htmx)
    first = dana.open("accounts.index")
    second = dana.press(first, "Next")
    last = dana.press(first, "Last")
    assert names(second) == ["Meridian Distribution", "Northlight IT"]
    assert names(last) == names(dana.press(second, "Next")) == ["Quayside Hotel", "Rivera Cloud"]
    assert names(dana.press(second, "Back")) == names(first) == names(dana.press(last, "First"))


def test_the_page_shows_its_assets_and_how_they_are(browse, world):
    world.asset("synchronized")
    world.asset("failed")
    world.asset("failed", account=world.rival_customer)
    for nick in ("dana", "paula", "carl"):
        page = browse(nick).open("accounts.show", account_id=world.customer.id)
        of_staff, of_others = "1 of 2 assets are synchronized. 1 failed.", "1 of 2 assets have their code."
        assert (of_staff if nick == "dana" else of_others) in page.text
        assert assets(page) == 2
    page = browse("paula").open("accounts.show", account_id=world.partner.id)
    assert assets(page) == 2
    assert "2 assets" in [each.get_text() for each in page.soup.select(".list__end")]
    assert assets(browse("dana").open("accounts.show", account_id=world.distributor.id)) == 3


def test_the_section_is_searched_in_place(browse, world, htmx):
    world.asset("failed", name="Spare")
    world.asset("synchronized")
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    chip = page.one("#list-statuses a[href*=failed]")
    found = dana.visit(chip["href"], asked=chip)
    assert assets(found) == 1
    assert "Spare" in found.text
    assert found.is_whole is not htmx


def test_links_lead_to_the_filtered_list_of_the_reader(browse, world):
    world.asset("failed")
    customer = world.customer.id
    staff = browse("dana").open("accounts.show", account_id=customer).links
    assert staff["Show all"] == f"/bss/billing/assets?account={customer}"
    assert staff["Failed 1"].startswith(("/bss/billing/assets?", f"/accounts/{customer}?"))
    partner = browse("paula").open("accounts.show", account_id=customer).links
    assert partner["Show all"] == f"/storefront/billing/assets?account={customer}"
    assert browse("carl").open("accounts.show", account_id=customer).links["Show all"] == "/storefront/billing/assets"


@pytest.mark.parametrize(
    "nick, foreign", [("paula", "rival"), ("paula", "rival_customer"), ("paula", "distributor"), ("carl", "partner")]
)
def test_foreign_is_like_nothing(browse, world, nick, foreign):
    browser = browse(nick)
    there = browser.open("accounts.show", account_id=getattr(world, foreign).id)
    nothing = browser.open("accounts.show", account_id=999_999)
    assert (there.status, there.text) == (404, nothing.text)


def test_what_each_reader_may_know(browse, world):
    world.edit(world.partner, credit_limit=5_000_000)
    own = browse("paula").open("accounts.show", account_id=world.partner.id)
    assert own.facts["Credit limit"] == "€50,000.00"
    assert own.facts["Belongs to"] == "Meridian Distribution"
    assert f"/accounts/{world.distributor.id}" not in own.links.values()
    customer = browse("carl").open("accounts.show", account_id=world.customer.id)
    assert "Credit limit" not in customer.facts
    assert "Users" not in [heading.get_text() for heading in customer.soup.find_all("h2")]
    assert f"/accounts/{world.partner.id}" not in customer.links.values()
    assert world.customer.organization_id not in customer.body


@pytest.mark.parametrize(
    "nick, account", [("dora", "distributor"), ("dora", "partner"), ("paula", "partner"), ("carl", "customer")]
)
def test_a_page_costs_the_same_whatever_hangs_below(browse, world, sql, nick, account):
    browser = browse(nick)
    url = browser.url("accounts.show", account_id=getattr(world, account).id)

    def cost() -> int:
        with sql() as statements:
            browser.visit(url)
        return len(statements)

    world.asset()  # an empty list saves the statement for its rows
    few = cost()
    for _ in range(3):
        world.asset(account=world.account(parent=world.partner))
        world.asset("unconfirmed")
        world.user(world.partner)
    assert cost() == few <= (6 if nick == "dora" else 5)  # staff see, too, whether mails arrive
