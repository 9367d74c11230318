"""Acts by hand on one asset, and orders."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Coupon

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def test_a_cancellation_needs_a_reason(world, dana):
    asset = world.asset("failed")
    page = dana.open("bss.assets.cancel", asset_id=asset.id)
    assert dana.submit(page, "Cancel the asset").errors == ["Give a reason; it is recorded."]
    done = dana.submit(page, "Cancel the asset", reason="Ordered by mistake")
    assert "The asset is cancelled" in done.flash
    assert "Ordered by mistake" in done.text
    assert done.soup.select("form[action$='/syncs']") == []


def test_an_asset_with_a_code_stays_active_until_bittitan_revoked_it(world, dana):
    asset = world.asset("synchronized")
    page = dana.open("bss.assets.cancel", asset_id=asset.id)
    done = dana.submit(page, "Revoke the coupon and cancel the asset", reason="Ordered twice")
    assert "stays active until BitTitan has revoked it" in done.flash
    assert "Being cancelled" in done.text
    assert world.reload(asset).is_active
    assert "cannot be done now" in dana.open("bss.assets.cancel", asset_id=asset.id).text


def test_the_page_follows_a_revocation_to_its_end(app, world, dana, work, sandbox):
    asset = world.asset("synchronized")
    with app.app_context():
        coupon = db.session.scalars(select(Coupon).where(Coupon.asset_id == asset.id)).one()
    sandbox.control.put_coupons([{"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": asset.reference}])
    page = dana.open("bss.assets.cancel", asset_id=asset.id)
    asked = dana.submit(page, "Revoke the coupon and cancel the asset", reason="Ordered twice")
    assert "Being cancelled" in dana.poll(asked).text
    work.drain()
    done = dana.poll(asked)
    assert "Cancelled" in done.text
    assert done.soup.select("#asset-look") == []


def test_an_attestation_makes_it_failed_again(world, dana):
    asset = world.asset("review")
    page = dana.open("bss.assets.attest", asset_id=asset.id)
    done = dana.submit(page, "Attest that nothing was bought", reason="Looked in BitTitan’s portal")
    assert done.badge == "Failed"
    assert "Looked in BitTitan’s portal" in done.text


def test_only_a_review_can_be_attested(world, dana):
    assert "cannot be done now" in dana.open("bss.assets.attest", asset_id=world.asset("failed").id).text


def test_a_code_to_attach_is_checked_in_words(world, dana):
    asset = world.asset("failed")
    page = dana.open("bss.assets.attach", asset_id=asset.id)
    assert len(dana.ask(page, "Check the code").errors) == 2
    inner = dana.ask(page, "Check the code", code="TEST 1234", reason="From an e-mail")
    assert inner.status == 422
    assert inner.errors
    assert inner.value("reason") == "From an e-mail"


@pytest.mark.parametrize("endpoint", ["bss.assets.attach", "bss.assets.attest", "bss.assets.cancel"])
def test_acts_have_a_way_back(world, dana, endpoint):
    asset = world.asset("review" if endpoint.endswith("attest") else "failed")
    page = dana.open(endpoint, asset_id=asset.id)
    assert dana.url("bss.assets.show", asset_id=asset.id) in page.links.values()


def test_an_order_makes_an_asset_that_is_under_way(world, dana):
    page = dana.open("bss.orders.new")
    done = dana.submit(
        page, "Place the order", account=world.customer.id, product=world.mailbox.id, quantity="25", name="For Carl"
    )
    assert done.h1 == "For Carl"
    assert done.badge == "Synchronizing…"
    assert done.facts["Total"] == "€297.50"
    again = dana.submit(
        page, "Place the order", account=world.customer.id, product=world.mailbox.id, quantity="25", name="For Carl"
    )
    assert again.url == done.url


def test_the_total_is_shown_before_anything_is_ordered(world, dana):
    page = dana.visit(f"/bss/sales/orders/new?account={world.customer.id}")
    page = dana.submit(page, "Show the total first", product=world.mailbox.id, quantity="25")
    assert page.facts["Total"] == "€297.50"
    assert page.facts["Billed to"] == "Northlight IT"
    assert dana.open("bss.orders.index").rows == []


def test_an_account_that_is_not_synchronized_says_so_and_leads_there(world, dana):
    lonely = world.account(synced=False, name="Lonely")
    page = dana.visit(f"/bss/sales/orders/new?account={lonely.id}")
    assert "Lonely is not synchronized with BitTitan" in page.text
    refused = dana.submit(page, "Place the order", product=world.mailbox.id, quantity="1")
    assert refused.status == 409
    assert dana.url("accounts.show", account_id=lonely.id) in refused.links.values()
    assert dana.open("bss.orders.index").rows == []


@pytest.mark.parametrize("quantity", ["0", "-1", "", "1.5", "=1+1", "9" * 20, "٣"])
def test_a_quantity_that_makes_no_sense_has_a_sentence(world, dana, quantity):
    page = dana.open("bss.orders.new")
    refused = dana.submit(
        page, "Place the order", account=world.customer.id, product=world.mailbox.id, quantity=quantity, name="Kept"
    )
    assert refused.status == 422
    assert len(refused.errors) == 1
    assert refused.value("name") == "Kept"
    assert refused.value("account") == str(world.customer.id)


def test_an_order_without_choices_has_a_sentence_for_each(world, dana):
    refused = dana.submit(dana.open("bss.orders.new"), "Place the order", quantity="1")
    assert refused.errors == ["Choose the account that will use the licences.", "Choose a product."]


def test_orders_lead_to_their_assets(world, dana):
    asset = world.asset("failed", name="Bought")
    order = dana.press(dana.open("bss.orders.index"), f"ORD-{asset.order_id}")
    assert dana.press(order, "Bought").h1 == "Bought"


def test_many_accounts_can_be_searched(world, dana, monkeypatch):
    monkeypatch.setattr("portal.services.ordering.offers.OFFERED", 2)
    page = dana.open("bss.orders.new")
    assert "more accounts than fit" in page.text
    found = dana.visit("/bss/sales/orders/new?q=quay")
    assert "Quayside Hotel (QUAY)" in found.text
