"""The pages about orders with their scripts. The page fixture fails if the security policy forbade something."""

import pytest

from tests.build import World
from tests.e2e.steps import arrive, wait_until, with_script

pytestmark = pytest.mark.sqlite  # no row decides


@pytest.fixture(scope="module")
def world(idle_server) -> World:
    return World(idle_server.app)


def _search(tab, term: str) -> None:
    with_script(tab).locator("#list-q").fill(term)
    tab.locator("#list-q").press("Enter")
    wait_until(tab, f"location.search === '?q={term}'")
    assert tab.locator("tbody tr").count() == 1
    assert tab.locator("[style]").count() == 0


def test_the_storefront_swaps_without_inline_styles(idle_server, world, page):
    world.waiting_order(po_number="4500-7")
    tab = arrive(page(idle_server), idle_server, world.paula)
    for name in ("shop", "basket", "approvals", "orders"):
        tab.goto(f"/storefront/{name}")
        with_script(tab)
    _search(tab, "4500-7")


def test_the_list_of_the_staff_swaps_without_inline_styles(idle_server, world, page):
    world.waiting_order(po_number="4600-8")
    tab = arrive(page(idle_server), idle_server, world.dana)
    tab.goto("/bss/sales/orders")
    _search(tab, "4600-8")
    tab.locator("nav.chips a").first.click()
    wait_until(tab, "document.querySelector('nav.chips [aria-current]') !== null")
