"""A partner on a phone without scripts decides about the orders of its customers."""

import pytest

from portal.models import Order, OrderState
from tests.build import World
from tests.e2e.steps import arrive

pytestmark = pytest.mark.sqlite  # no row decides


@pytest.fixture(scope="module")
def world(idle_server) -> World:
    return World(idle_server.app)


def test_a_partner_approves_two_of_three_and_rejects_the_third(idle_server, world, page):
    orders = [world.waiting_order(placed_by_id=world.carl.id) for _ in range(3)]
    tab = arrive(page(idle_server, width=360, javascript=False), idle_server, world.paula)
    tab.goto("/storefront/")
    tab.get_by_role("link", name="Approve or reject").click()
    assert not tab.get_by_role("button", name="Approve", exact=True).is_visible()
    for order in orders[:2]:
        tab.get_by_label(f"Select {order.number}").check()
    tab.get_by_label("Reason").fill("Welcome")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert "Nothing was decided yet" in tab.locator("#flash").inner_text()
    assert world.find(Order, orders[0].id).state is OrderState.AWAITING_APPROVAL
    assert tab.get_by_label(f"Select {orders[1].number}").is_checked()
    tab.get_by_role("button", name="Approve", exact=True).click()
    assert "2 of 2 approved." in tab.locator("#flash").inner_text()
    tab.get_by_role("link", name=orders[2].number).click()
    tab.get_by_label("Reason").fill("Not this year")
    tab.get_by_role("button", name="Reject").click()
    assert "is rejected. Nothing was bought" in tab.locator("#flash").inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    states = [world.find(Order, order.id).state for order in orders]
    assert states == [OrderState.EXECUTED, OrderState.EXECUTED, OrderState.REJECTED]
