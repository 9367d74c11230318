"""The list of accounts, the page of one, and what can be done there, with and without htmx."""

import pytest

from portal.models import Account
from portal.sandbox.shapes import organization_id
from portal.services import paging


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    return request.param


def names(page) -> list[str]:
    return [cell.get_text(" ", strip=True) for cell in page.soup.select("#list tbody th a:first-child")]


def assets(page) -> int:
    return len(page.soup.select("tr[data-asset-id]"))


def named(world, app, name: str) -> Account:
    with app.app_context():
        return Account.query.filter_by(name=name).one()


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
        assert "1 of 2 assets are synchronized. 1 failed." in page.text
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
    assert own.facts["Under"] == "Meridian Distribution"
    assert f"/accounts/{world.distributor.id}" not in own.links.values()
    customer = browse("carl").open("accounts.show", account_id=world.customer.id)
    assert "Credit limit" not in customer.facts
    assert "Users" not in [heading.get_text() for heading in customer.soup.find_all("h2")]
    assert f"/accounts/{world.partner.id}" not in customer.links.values()
    assert world.customer.organization_id not in customer.body


def test_an_account_is_made(browse, world, app):
    dana = browse("dana")
    page = dana.open("accounts.new", under=world.partner.id)
    assert page.value("parent") == str(world.partner.id)
    made = dana.submit(page, "Save", name="Ελιά & Co. <b>", currency="JPY", credit_limit="1000000", country="GR")
    assert (made.status, made.h1) == (200, "Ελιά & Co. <b>")
    assert made.facts["Credit limit"] == "JP¥1,000,000"
    assert named(world, app, "Ελιά & Co. <b>").parent_id == world.partner.id


def test_a_partner_makes_a_customer_and_names_no_parent(browse, world, app):
    paula = browse("paula")
    page = paula.open("accounts.new")
    assert not page.soup.select("[name=parent], [name=kind], [name=code], [name=credit_limit]")
    forged = {"parent": world.rival.id, "kind": "partner", "code": "MINE", "credit_limit": "5"}
    paula.submit(page, "Save", name="Ours", forge=forged)
    made = named(world, app, "Ours")
    assert (made.kind.value, made.parent_id, made.credit_limit) == ("customer", world.partner.id, None)
    assert made.code != "MINE"


def test_made_and_synchronized_in_one(browse, world, app, sandbox):
    dana = browse("dana")
    page = dana.open("accounts.new")
    made = dana.submit(page, "Save & synchronize", name="Direct", bittitan_email="it@direct.example")
    assert "BitTitan knows it@direct.example" in made.flash
    assert named(world, app, "Direct").organization_id == organization_id("it@direct.example")


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 10_000}, "Use at most 200 characters"),
        ({"code": "north"}, "This code is taken"),
        ({"currency": "EU"}, "Choose a currency"),
        ({"country": "Atlantis"}, "Choose a country"),
        ({"credit_limit": "1,5"}, "Enter an amount such as 10000.50"),
        ({"credit_limit": "1.005"}, "no more than 2 decimals"),
        ({"credit_limit": "-5"}, "Enter an amount"),
        ({"contact_email": "=1+1"}, "Enter an e-mail address"),
        ({"parent": "99999999"}, "Choose the account"),
        ({"parent": "x"}, "Choose the account"),
        ({"kind": "distributor"}, "Choose whether"),
        ({"language": "\u202e"}, "Choose a language"),
    ],
)
def test_bad_input_stands_beside_its_field(browse, world, fields, sentence):
    dana = browse("dana")
    page = dana.submit(dana.open("accounts.new"), "Save", **{"name": "Typed by hand", **fields})
    assert page.status == 422
    assert sentence in " ".join(page.errors)
    assert page.value("name") == fields.get("name", "Typed by hand").strip()


def test_an_edit_is_saved(browse, world):
    paula = browse("paula")
    page = paula.open("accounts.edit", account_id=world.customer.id)
    saved = paula.submit(page, "Save", name="Brightwood Group", address="Line 1\r\nLine 2")
    assert (saved.h1, saved.flash) == ("Brightwood Group", "Saved.")
    again = paula.submit(paula.open("accounts.edit", account_id=world.customer.id), "Save")
    assert again.flash == "Nothing was changed."
    assert world.reload(world.customer).version == 2


def test_who_was_faster_is_shown_with_both_values(browse, world):
    dana, paula = browse("dana"), browse("paula")
    page = paula.open("accounts.edit", account_id=world.customer.id)
    dana.submit(dana.open("accounts.edit", account_id=world.customer.id), "Save", name="Dana’s name")
    refused = paula.submit(page, "Save", name="Paula’s name")
    assert refused.status == 409
    assert [cell.get_text() for cell in refused.soup.select(".versus td")] == ["Paula’s name", "Dana’s name"]
    assert world.reload(world.customer).name == "Dana’s name"
    assert paula.submit(refused, "Save").h1 == "Paula’s name"


@pytest.mark.parametrize("version", ["0", "-1", "999", "x", "", "1" * 40])
def test_a_forged_version_saves_nothing(browse, world, version):
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    assert dana.submit(page, "Save", version=version, name="Forged").status == 409
    assert world.reload(world.customer).name == "Brightwood Dental"


def test_a_customer_moves_and_its_new_partner_sees_it(browse, world):
    asset = world.asset()
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    dana.submit(page, "Save", parent=world.rival.id)
    assert assets(browse("rita").open("accounts.show", account_id=world.customer.id)) == 1
    assert browse("paula").open("accounts.show", account_id=world.customer.id).status == 404
    assert world.reload(asset).branch_id == world.rival.id


def test_save_and_synchronize_in_the_panel(browse, world, sandbox, htmx):
    world.edit(world.customer, organization_id=None)
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    done = dana.submit(page, "Save & synchronize", bittitan_email="new@harbour.example")
    assert "BitTitan knows new@harbour.example as" in done.flash
    assert "Synchronized" in done.badges
    assert done.is_whole is not htmx
    assert world.reload(world.customer).organization_id == organization_id("new@harbour.example")


def test_an_unknown_address_says_so_and_makes_nothing_there(browse, world, sandbox, htmx):
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.partner.id)
    done = dana.submit(page, "Save & synchronize", bittitan_email="unknown@nowhere.example")
    assert "BitTitan does not know unknown@nowhere.example" in done.flash
    assert "never makes an account" in done.flash
    assert "Unsynchronized" in done.badges
    assert not world.reload(world.partner).is_synchronized


def test_without_an_answer_nothing_changes(browse, world, sandbox, htmx):
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    told = dana.submit(page, "Save & synchronize", bittitan_email="new@harbour.example")
    assert told.status == 409
    assert "BitTitan is not answering, so nothing was changed" in told.flash
    assert told.value("bittitan_email") == "new@harbour.example"
    now = world.reload(world.customer)
    assert (now.is_synchronized, now.bittitan_email) == (True, world.customer.bittitan_email)


def test_the_form_keeps_what_was_typed_when_bittitan_is_silent(browse, world, sandbox):
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    told = dana.submit(page, "Save & synchronize", name="Typed", bittitan_email="new@harbour.example")
    assert (told.status, told.value("name")) == (409, "Typed")
    assert "not answering" in told.text
    assert dana.submit(told, "Save").h1 == "Typed"


def test_no_address_stands_beside_the_field(browse, world, htmx):
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    told = dana.submit(page, "Save & synchronize", bittitan_email=" ")
    assert (told.status, told.errors) == (422, ["Enter the e-mail address that this account uses at BitTitan."])


def test_a_partner_looks_itself_up_but_cannot_change_its_address(browse, world, sandbox, htmx):
    paula = browse("paula", htmx=htmx)
    page = paula.open("accounts.show", account_id=world.partner.id)
    assert "Synchronize" in page.buttons
    assert "Save & synchronize" not in page.buttons
    assert paula.submit(page, "Synchronize").status == 200
    forged = paula.post("accounts.sync", {"bittitan_email": "x@y.example", "version": 1}, account_id=world.partner.id)
    assert forged.status == 403


def test_disabled_and_enabled_again(browse, world):
    carl, paula = browse("carl"), browse("paula")
    page = paula.press(paula.open("accounts.show", account_id=world.customer.id), "Disable this account…")
    assert "3 people are signed out" in page.text
    done = paula.submit(page, "Disable the account")
    assert "This account is disabled" in done.text
    assert carl.open("storefront.index").url.startswith("/sign-in")
    assert browse().sign_in(world.carl.email, "calm-harbour-lantern-42").url.startswith("/sign-in")
    enabled = paula.submit(done, "Enable it again")
    assert "disabled" not in enabled.text
    assert browse("carl").open("accounts.show", account_id=world.customer.id).status == 200


def test_a_disabled_partner_is_read_by_the_staff_and_its_customers_go_on(browse, world):
    dana = browse("dana")
    dana.submit(dana.open("accounts.disable", account_id=world.partner.id), "Disable the account")
    assert dana.open("accounts.show", account_id=world.partner.id).status == 200
    assert browse("carl").open("accounts.show", account_id=world.customer.id).status == 200


@pytest.mark.parametrize("nick", ["vera", "pavel", "carl", "cora"])
def test_others_find_no_button_and_may_not(browse, world, nick):
    browser = browse(nick)
    page = browser.open("accounts.show", account_id=world.customer.id)
    assert not {"Edit", "Order for this account", "Disable this account…"} & set(page.links) - {"Edit AS-1"}
    assert "Save & synchronize" not in page.buttons
    for endpoint in ("accounts.edit", "accounts.sync", "accounts.disable", "accounts.enable"):
        assert browser.post(endpoint, {"version": 1, "name": "Mine"}, account_id=world.customer.id).status == 403
    assert world.reload(world.customer).name == "Brightwood Dental"


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

    few = cost()
    for _ in range(3):
        world.asset(account=world.account(parent=world.partner))
        world.asset("unconfirmed")
        world.user(world.partner)
    assert cost() == few <= 6
