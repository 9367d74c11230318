"""The page of one asset for partners and customers: what it tells, keeps to itself, and lets them do."""

import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.models import Coupon, Order

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

SENTENCES = {
    "failed": ("Nothing was charged. Meridian Distribution knows", "Your code is not here yet. Nothing was charged"),
    "review": ("is checking it by hand", "Somebody is checking your order. No need to order again"),
    "unconfirmed": ("BitTitan has not confirmed it yet", "We are checking your order with BitTitan"),
    "synchronizing": ("The code will be here in a moment", "Your code will be here in a moment"),
    "synchronized": ("Ready to redeem", "Ready to redeem"),
}
STAFF_WORDS = re.compile(r"[Ss]ynchroni[sz]|[Pp]rovisioning|Failed|Needs review|Checking with BitTitan|On hold|Held")


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


@pytest.mark.parametrize("status", SENTENCES)
def test_each_reader_gets_a_sentence_of_its_own(world, paula, carl, status):
    asset = world.asset(status)
    for person, sentence in zip((paula, carl), SENTENCES[status], strict=True):
        page = person.open("storefront.assets.show", asset_id=asset.id)
        root = page.one(f"#asset-{asset.id}")
        assert root["data-sync-status"] == status
        assert root["data-version"] == "1"
        assert sentence in page.facts["Status"]
        assert bool(root.select("[hx-trigger*=load]")) == (status in ("synchronizing", "unconfirmed"))
        assert "syncs" not in page.body
        assert not STAFF_WORDS.search(page.text)


def test_the_page_tells_all_that_is_kept(world, carl):
    asset = world.asset("synchronized", name="Mailboxes for Carl")
    page = carl.open("storefront.assets.show", asset_id=asset.id)
    assert page.h1 == "Mailboxes for Carl"
    facts = page.facts
    assert facts["Number"] == f"AS-{asset.id}"
    assert facts["Licences"] == "25"
    assert facts["For"] == "Brightwood Dental"
    assert facts["Billed to"] == "Northlight IT"
    assert (facts["Expire (days)"], facts["Validity (days)"]) == ("365", "365")
    assert facts["Lifecycle"] == "Active"
    assert "in 355 days" in facts["Redeem by"]
    assert "in 355 days" in facts["Redeem the code by"]
    assert "365 days after redeeming" in facts["Licences usable until"]
    assert {"Product", "Purchase date", "Issued", "At BitTitan", "Coupon Id"} <= set(facts)


@pytest.mark.parametrize("status", SENTENCES)
@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_what_is_for_the_staff_stays_with_them(world, browse, nick, status):
    asset = world.asset(status, note="Pays late", attempts=2)
    page = browse(nick).open("storefront.assets.show", asset_id=asset.id)
    for secret in ("Pays late", asset.reference, "CreditLimitExceeded", "credit limit", "Dana Markou"):
        assert secret.lower() not in page.body.lower()


def test_prices_are_for_who_pays(world, paula, carl):
    asset = world.asset("synchronized")
    assert paula.open("storefront.assets.show", asset_id=asset.id).facts["Total"] == "€297.50"
    page = carl.open("storefront.assets.show", asset_id=asset.id)
    assert "€" not in page.text
    assert {"Price", "Total"}.isdisjoint(page.facts)


def test_a_licence_leads_to_its_order_where_the_reader_sees_it(world, paula, carl):
    asset = world.asset("synchronized")
    for person in (paula, carl):
        page = person.open("storefront.assets.show", asset_id=asset.id)
        assert person.press(page, f"ORD-{asset.order_id}").h1 == f"ORD-{asset.order_id}"
    world.edit(world.find(Order, asset.order_id), account_id=world.partner.id)  # the partner bought it for its customer
    assert "ORD-" not in carl.open("storefront.assets.show", asset_id=asset.id).text
    assert "ORD-" in paula.open("storefront.assets.show", asset_id=asset.id).text


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_a_code_is_revealed_on_request_and_recorded(world, browse, nick):
    asset = world.asset("synchronized", code="TEST-ABCD-1234")
    for htmx in (False, True):
        person = browse(nick, htmx=htmx)
        page = person.open("storefront.assets.show", asset_id=asset.id)
        assert "ABCD" not in page.body
        shown = person.submit(page, "Reveal")
        assert "TEST-ABCD-1234" in shown.text
        assert "Copy" in shown.buttons
        assert shown.is_whole is not htmx
        assert "ABCD" not in person.submit(shown, "Hide").body
    dana = browse("dana")
    if "bss.assets.show" in dana.app.view_functions:
        told = dana.open("bss.assets.show", asset_id=asset.id).text
        assert f"last was by {getattr(world, nick).name}" in told


@pytest.mark.parametrize("nick", ["penny", "cleo"])
def test_who_only_looks_reveals_and_changes_nothing(world, browse, nick):
    person = browse(nick)
    page = person.open("storefront.assets.show", asset_id=world.asset("synchronized").id)
    assert {"Reveal", "Rename"}.isdisjoint([*page.buttons, *page.links])
    assert "Your role may not see codes" in page.text
    failed = person.open("storefront.assets.show", asset_id=world.asset("failed").id)
    assert "Ask us to try again" not in failed.text
    assert person.open("storefront.assets.index").soup.select(".row-act") == []


def test_the_steps_tell_how_to_redeem(world, carl):
    mailboxes = carl.open("storefront.assets.show", asset_id=world.asset("synchronized").id)
    bundle = carl.open("storefront.assets.show", asset_id=world.asset("synchronized", product=world.bundle).id)
    steps = [step.h3.get_text() for step in mailboxes.soup.select(".steps > li")]
    assert steps[0] == "Sign in at BitTitan (opens in a new tab)"
    assert mailboxes.one(".steps a")["href"].startswith("https://")
    assert steps[1:] == ["Choose “Redeem coupon”", "Paste the code", "Press Check", "Press Apply"]
    assert "25 licences" in mailboxes.one(".steps").get_text()
    assert "applied to users by hand" in bundle.text
    assert "applied to users by hand" not in mailboxes.text


def test_a_code_that_ran_out_is_not_ready(world, carl, today):
    asset = world.asset("synchronized", purchased_on=today - timedelta(days=400))
    page = carl.open("storefront.assets.show", asset_id=asset.id)
    assert "Ready" not in page.text
    assert page.facts["Status"] == "Expired"
    assert page.soup.select(".steps") == []


def test_help_names_the_seller(world, browse):
    asset = world.asset("synchronized")
    partner = browse("carl").open("storefront.assets.show", asset_id=asset.id)
    assert "Your partner is Northlight IT" in partner.text
    assert f"mailto:{world.partner.contact_email}" in partner.links.values()
    distributor = browse("paula").open("storefront.assets.show", asset_id=asset.id)
    assert "Your distributor is Meridian Distribution" in distributor.text


@pytest.mark.parametrize("htmx", [False, True])
def test_renaming_buys_nothing(world, browse, sandbox, htmx):
    for status in ("synchronized", "failed"):
        asset = world.asset(status, name="Before")
        carl = browse("carl", htmx=htmx)
        edit = carl.press(carl.open("storefront.assets.show", asset_id=asset.id), "Rename")
        assert carl.submit(edit, "Save", name="").errors == ["Enter a name."]
        page = carl.submit(edit, "Save", name="Ärzte\t🙂")
        assert page.h1 == "Ärzte 🙂"
        assert "The new name is saved" in page.flash
        kept = world.reload(asset)
        assert (kept.name, kept.version, kept.sync_status) == ("Ärzte 🙂", 2, asset.sync_status)
        assert len(world.attempts_of(asset)) == 1
    assert sandbox.control.journal() == []


def test_renaming_in_the_row(world, browse):
    asset = world.asset("synchronized", name="Before")
    paula = browse("paula", htmx=True)
    edit = paula.press(paula.open("storefront.assets.index"), f"Rename {asset.number}")
    assert not edit.is_whole
    assert edit.soup.find(attrs={"name": "note"}) is None
    row = paula.submit(edit, "Save", name="After")
    assert "After" in row.text
    assert row.one("tr")["data-version"] == "2"


def test_who_was_slower_sees_both_names(world, browse):
    asset = world.asset("synchronized", name="Before")
    paula = browse("paula")
    edit = paula.open("storefront.assets.edit", asset_id=asset.id)
    world.edit(asset, name="Of somebody else", version=2, note="For colleagues")
    late = paula.submit(edit, "Save", name="Mine")
    assert late.status == 409
    assert "Mine" in late.text
    assert "Of somebody else" in late.text
    assert "For colleagues" not in late.body
    again = paula.submit(late, "Edit again with what I typed")
    assert again.value("name") == "Mine"
    assert paula.submit(again, "Save").h1 == "Mine"


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review"])
def test_nothing_is_renamed_while_an_attempt_is_open(world, carl, status):
    asset = world.asset(status, name="Before")
    assert "Rename" not in carl.open("storefront.assets.show", asset_id=asset.id).links
    assert "cannot be changed now" in carl.open("storefront.assets.edit", asset_id=asset.id).text
    page = carl.post("storefront.assets.edit", {"version": "1", "name": "After"}, asset_id=asset.id)
    assert page.status == 409
    assert world.reload(asset).name == "Before"


@pytest.mark.parametrize("htmx", [False, True])
def test_asking_goes_to_the_staff_and_calls_nobody(world, browse, sandbox, htmx):
    asset = world.asset("failed")
    carl = browse("carl", htmx=htmx)
    page = carl.submit(carl.open("storefront.assets.show", asset_id=asset.id), "Ask us to try again")
    assert "Asked to try again:" in page.text
    assert "Ask us to try again" not in page.buttons
    asked = world.reload(asset)
    assert asked.asked_at is not None
    assert (asked.version, asked.sync_status) == (1, asset.sync_status)
    assert len(carl.visit("/storefront/billing/assets?asked=1").rows) == 1
    assert sandbox.control.journal() == []


def test_there_is_nothing_to_ask_for_where_a_code_is(world, carl):
    asset = world.asset("synchronized")
    page = carl.post("storefront.assets.ask", {"words": ""}, asset_id=asset.id)
    assert page.status == 409
    assert "nothing to try again" in page.text
    assert world.reload(asset).asked_at is None


def test_a_poll_brings_the_code_and_says_so(world, carl):
    asset = world.asset("synchronizing")
    page = carl.open("storefront.assets.show", asset_id=asset.id)
    world.edit(asset, sync_status="failed")
    fresh = carl.poll(page)
    assert fresh.one("article")["data-sync-status"] == "failed"
    assert re.search(r"AS-\d+, .*: We are looking into it\.", fresh.text)
    assert fresh.soup.select("[hx-trigger*=load]") == []


def test_a_cancelled_asset_says_so(world, carl):
    asset = world.asset("failed", lifecycle="cancelled")
    page = carl.open("storefront.assets.show", asset_id=asset.id)
    assert page.facts["Lifecycle"] == "Cancelled"
    assert "Nothing is charged for it" in page.text
    assert page.soup.select(".steps") == []
    assert "Ask us to try again" not in page.text


@pytest.mark.parametrize(
    "nick, page, words",
    [
        ("carl", "storefront.assets.show", "Being confirmed"),
        ("dana", "bss.assets.show", "BitTitan has not confirmed it yet"),
    ],
)
def test_a_code_says_once_that_bittitan_has_not_confirmed_it_yet(world, browse, nick, page, words):
    asset = world.asset("synchronized")
    person = browse(nick)
    assert words not in person.open(page, asset_id=asset.id).text
    with world.transaction():
        coupon = Coupon.query.filter_by(asset_id=asset.id).one()
        coupon.confirmed_at, coupon.confirm_at = None, coupon.recorded_at
    text = person.open(page, asset_id=asset.id).text
    assert [text.count(each) for each in ("Being confirmed", "has not confirmed it yet")].count(1) == 1
    assert text.count(words) == 1
