"""A partner on a phone, without the script, buys for a new customer."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Asset, Order
from tests.build import World
from tests.e2e.steps import arrive, wait_for_status

NAME = "Русская школа Цюрих"


@pytest.mark.sqlite
def test_a_partner_on_a_phone_buys_for_a_new_customer(server, page):
    world = World(server.app)
    tab = arrive(page(server, width=360, height=740, javascript=False), server, world.paula)
    tab.goto("/storefront/shop")
    _fits(tab)
    row = tab.locator(f"#product-{world.mailbox.id}")
    row.get_by_label("Licences of").fill("25")
    row.get_by_role("button", name="Add").click()
    assert _is_in_sight(row.get_by_text("In your basket: 25"))
    row.get_by_role("link", name="To the basket").click()
    name = tab.get_by_label("Name", exact=True)
    assert not name.is_visible()
    tab.get_by_label("For whom, line 1").select_option(label="A new customer…")
    name.fill(NAME)
    tab.get_by_label("Country").select_option(label="Switzerland")
    tab.get_by_label("Contact e-mail").fill("buero@schule.example")
    with tab.expect_navigation():
        tab.get_by_label("Contact e-mail").press("Enter")  # only works it out
    _fits(tab)
    assert tab.locator(".sums").inner_text().split("\n")[0] == NAME
    tab.get_by_label("Purchase order number").fill("4500-2211")
    tab.get_by_role("button", name="Order: €297.50").click()
    tab.wait_for_url("**/storefront/orders/*")
    with server.app.app_context():
        order = db.session.scalars(select(Order)).one()
        asset = db.session.scalars(select(Asset)).one()
        account = db.session.scalars(select(Account).where(Account.name == NAME)).one()
        assert (order.po_number, order.total, asset.order_id) == ("4500-2211", 29750, order.id)
        assert (asset.account_id, asset.quantity, account.parent_id) == (account.id, 25, world.partner.id)
    tab.goto(f"/storefront/billing/assets/{asset.id}")
    wait_for_status(tab, asset.id, "synchronized", reload=True)
    assert len(server.sandbox.control.purchases(asset.reference)) == 1


def _fits(tab) -> None:
    """Nothing scrolls sideways."""
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def _is_in_sight(place) -> bool:
    box = place.bounding_box()
    return box is not None and 0 <= box["y"] and box["y"] + box["height"] <= 740
