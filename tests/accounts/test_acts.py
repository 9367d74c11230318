"""Making, editing, moving, synchronizing and disabling accounts in the browser, with and without htmx."""

import pytest

from portal.models import Account
from portal.sandbox.storage.shapes import organization_id
from portal.services import accounts
from tests import reminded
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    return request.param


def assets(page) -> int:
    return len(page.soup.select("tr[data-asset-id]"))


def named(world, app, name: str) -> Account:
    with app.app_context():
        return Account.query.filter_by(name=name).one()


def test_an_account_is_made(browse, world, app):
    dana = browse("dana")
    page = dana.open("accounts.new", under=world.partner.id)
    assert page.value("parent") == str(world.partner.id)
    typed = {"name": "Ελιά & Co. <b>", "currency": "JPY", "credit_limit": "1000000", "country": "GR"}
    refused = dana.submit(page, "Save", **typed)
    assert (refused.status, refused.value("kind")) == (422, "")  # nothing is a customer silently
    assert "Choose whether it is a customer or a partner." in refused.errors
    made = dana.submit(refused, "Save", kind="customer")
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
    made = dana.ask(page, "Save & synchronize", kind="customer", name="Direct", bittitan_email="it@direct.example")
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
    page = dana.submit(dana.open("accounts.new"), "Save", **{"name": "Typed by hand", "kind": "customer", **fields})
    assert page.status == 422
    assert sentence in " ".join(page.errors)
    assert page.value("name") == fields.get("name", "Typed by hand").strip()


def test_an_edit_is_saved(browse, world):
    paula = browse("paula")
    page = paula.open("accounts.edit", account_id=world.customer.id)
    address = {"address": "Line 1\r\nLine 2", "postcode": " 01067 ", "city": "Dresden"}
    saved = paula.submit(page, "Save", name="Brightwood Group", **address)
    assert (saved.h1, saved.flash) == ("Brightwood Group", "Saved.")
    assert saved.facts["Address"] == "Line 1 Line 2 01067 Dresden"
    again = paula.submit(paula.open("accounts.edit", account_id=world.customer.id), "Save")
    assert again.flash == "Nothing was changed."
    assert world.reload(world.customer).version == 2


def test_a_browser_rewrites_addresses_and_the_account_keeps_them(browse, world, sandbox, htmx):
    """As a browser sends the fields of type email, from the form and from the panel."""
    stored = {f"{kind}_email": f"{kind}@käserei.example" for kind in ("bittitan", "contact", "billing")}
    sent = {name: email.replace("käserei", "xn--kserei-bua") for name, email in stored.items()}
    account = world.account(**stored)
    dana = browse("dana", htmx=htmx)
    saved = dana.submit(dana.open("accounts.edit", account_id=account.id), "Save", name="Käserei Nord", **sent)
    assert (saved.h1, saved.flash) == ("Käserei Nord", "Saved.")
    assert "contact@käserei.example" in saved.text
    page = dana.open("accounts.show", account_id=account.id)
    done = dana.ask(page, "Save & synchronize", bittitan_email=sent["bittitan_email"])
    assert "BitTitan knows bittitan@käserei.example as" in done.flash
    now = world.reload(account)
    assert {name: getattr(now, name) for name in stored} == stored
    assert (now.is_synchronized, now.version) == (True, 2)


def test_who_was_faster_is_shown_with_both_values(browse, world):
    dana, paula = browse("dana"), browse("paula")
    page = paula.open("accounts.edit", account_id=world.customer.id)
    dana.submit(dana.open("accounts.edit", account_id=world.customer.id), "Save", name="Dana’s name")
    refused = paula.submit(page, "Save", name="Paula’s name")
    assert refused.status == 409
    assert [cell.get_text() for cell in refused.soup.select(".comparison td")] == ["Paula’s name", "Dana’s name"]
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
    reminded.added(world, asset, "partners@elsewhere.example", by=world.paula)
    world.edit(world.customer, contact_email="old@partner.example")
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    preview = dana.submit(page, "Save", parent=world.rival.id)
    assert world.reload(world.customer).parent_id == world.partner.id
    for words in ("€11.90", "1 asset", "gets no reminders any more: partners@elsewhere.example", "old@partner.example"):
        assert words in preview.text
    dana.submit(preview, "Move it", why="It changed its provider")
    assert "It changed its provider" in dana.open("accounts.show", account_id=world.customer.id).text
    assert assets(browse("rita").open("accounts.show", account_id=world.customer.id)) == 1
    assert browse("paula").open("accounts.show", account_id=world.customer.id).status == 404
    assert world.reload(asset).branch_id == world.rival.id


def test_save_and_synchronize_in_the_panel(browse, world, sandbox, htmx):
    world.edit(world.customer, organization_id=None)
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    done = dana.ask(page, "Save & synchronize", bittitan_email="new@harbour.example")
    assert "BitTitan knows new@harbour.example as" in done.flash
    assert "Synchronized" in done.badges
    assert done.is_whole is not htmx
    assert world.reload(world.customer).organization_id == organization_id("new@harbour.example")


def test_the_panel_can_be_pressed_again_and_again(browse, world, sandbox, htmx):
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    for email in ("one@harbour.example", "unknown@harbour.example", "two@harbour.example"):
        page = dana.ask(page, "Save & synchronize", bittitan_email=email)
        assert (page.status, page.value("bittitan_email")) == (200, email)
    world.edit(world.customer, version=9)
    late = dana.ask(page, "Save & synchronize", bittitan_email="three@harbour.example")
    assert (late.status, late.value("bittitan_email")) == (409, "three@harbour.example")
    assert dana.ask(late, "Save & synchronize").status == 200


def test_an_unknown_address_says_so_and_makes_nothing_there(browse, world, sandbox, htmx):
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.partner.id)
    done = dana.ask(page, "Save & synchronize", bittitan_email="unknown@nowhere.example")
    assert "BitTitan does not know unknown@nowhere.example" in done.flash
    assert "never creates an account" in done.flash
    assert "Unsynchronized" in done.badges
    assert not world.reload(world.partner).is_synchronized


def test_without_an_answer_nothing_changes(browse, world, sandbox, htmx):
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    told = dana.ask(page, "Save & synchronize", bittitan_email="new@harbour.example")
    assert told.status == 409
    assert "BitTitan is not answering, so nothing was changed" in told.flash
    assert told.value("bittitan_email") == "new@harbour.example"
    now = world.reload(world.customer)
    assert (now.is_synchronized, now.bittitan_email) == (True, world.customer.bittitan_email)


def test_the_form_keeps_what_was_typed_when_bittitan_is_silent(browse, world, sandbox):
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    told = dana.ask(page, "Save & synchronize", name="Typed", bittitan_email="new@harbour.example")
    assert (told.status, told.value("name")) == (409, "Typed")
    assert "not answering" in told.text
    assert dana.submit(told, "Save").h1 == "Typed"


def test_no_address_stands_beside_the_field(browse, world, htmx):
    dana = browse("dana", htmx=htmx)
    page = dana.open("accounts.show", account_id=world.customer.id)
    told = dana.ask(page, "Save & synchronize", bittitan_email=" ")
    assert (told.status, told.errors) == (422, ["Enter the e-mail address that this account uses at BitTitan."])
    assert "Nothing was saved" in told.flash


def test_a_partner_looks_itself_up_but_cannot_change_its_address(browse, world, sandbox, htmx):
    paula = browse("paula", htmx=htmx)
    page = paula.open("accounts.show", account_id=world.partner.id)
    assert "Synchronize" in page.buttons
    assert "Save & synchronize" not in page.buttons
    assert paula.ask(page, "Synchronize").status == 200
    forged = paula.post("accounts.sync", {"bittitan_email": "x@y.example", "version": 1}, account_id=world.partner.id)
    assert forged.status == 403


def test_disabled_and_enabled_again(browse, world):
    carl, paula = browse("carl"), browse("paula")
    page = paula.press(paula.open("accounts.show", account_id=world.customer.id), "Disable this account…")
    assert "3 people are signed out" in page.text
    done = paula.submit(page, "Disable the account")
    assert "This account is disabled" in done.text
    assert carl.open("storefront.index").url.startswith("/sign-in")
    assert browse().sign_in(world.carl.email, PASSWORD).url.startswith("/sign-in")
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


def test_a_look_alike_is_remarked_in_the_form_and_made_after_a_tick(browse, world):
    dana = browse("dana")
    page = dana.open("accounts.new", under=world.partner.id)
    assert "is_another" not in page.body
    refused = dana.submit(page, "Save", kind="customer", name="Again", code="BR1GHT")
    assert refused.status == 422
    assert "Looks like BRIGHT Brightwood Dental, which is there already." in refused.text
    made = dana.submit(refused, "Save", is_another="y")
    assert made.h1.startswith("Again")


def test_whoever_presses_new_customer_has_chosen(browse, world):
    dana = browse("dana")
    page = dana.press(dana.open("accounts.show", account_id=world.partner.id), "New customer")
    assert (page.value("kind"), page.value("parent")) == ("customer", str(world.partner.id))


def test_the_type_is_changed_in_the_form_and_stands_in_the_history(browse, world):
    empty, dana = world.account(parent=world.partner), browse("dana")
    page = dana.open("accounts.edit", account_id=empty.id)
    refused = dana.submit(page, "Save", kind="partner")
    assert "A partner belongs directly to the distributor." in refused.errors
    preview = dana.submit(refused, "Save", parent=str(world.distributor.id), country="FR")
    changed = dana.submit(preview, "Move it")
    assert changed.facts["Type"] == "Partner"
    (panel,) = changed.soup.select("[aria-labelledby=changes-title]")
    told = " ".join(panel.get_text(" ", strip=True).split())
    assert "Type by Dana" in told
    assert "Customer → Partner" in told
    assert "→ France" in told
    assert "Moved to another account" in told
    assert "NORTH → DIST" in told
    assert "changes-title" not in browse("paula").open("accounts.show", account_id=world.customer.id).body


def test_all_changes_are_paged(browse, world, app):
    with app.app_context():
        for number in range(60):
            account = world.reload(world.customer)
            accounts.edit(account, version=account.version, details={"credit_limit": number + 1}, by=world.dana)
    dana = browse("dana")
    page = dana.press(dana.open("accounts.show", account_id=world.customer.id), "All changes")
    assert "50 entries" in page.text
    assert "€0.59 → €0.60" in " ".join(page.text.split())
    assert "10 entries" in dana.press(page, "Older").text
