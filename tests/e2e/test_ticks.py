"""Ticks of the asset list: they survive paging, count in sight, and Return on one of them does nothing."""

import pytest
from playwright.sync_api import Page

from tests.build import World
from tests.e2e.steps import arrive, sign_in, wait_until, with_script

pytestmark = pytest.mark.sqlite

FAILED = "/bss/billing/assets?status=failed"


@pytest.fixture(scope="module")
def world(idle_server) -> World:
    world = World(idle_server.app)
    world.assets(53)
    return world


@pytest.fixture
def tab(idle_server, page, world) -> Page:
    tab = arrive(page(idle_server), idle_server, world.dana)
    tab.goto(FAILED)
    return with_script(tab)


def box(tab: Page, place: int):
    return tab.locator(".row-check").nth(place)


def count(tab: Page) -> str:
    assert tab.locator(".bulk").evaluate("bar => bar.getBoundingClientRect().bottom <= innerHeight + 1")
    return tab.locator(".bulk__count").get_attribute("data-count")


def turn(tab: Page, name: str, rows: int) -> None:
    tab.locator(".pager nav").get_by_role("link", name=name).click()
    wait_until(tab, f"document.querySelectorAll('.row-check').length === {rows}")
    wait_until(tab, "!document.querySelector('.htmx-settling')")  # then the ticks are drawn


def test_ticks_survive_paging_and_a_reload_and_are_sent_together(tab, world):
    box(tab, 0).check()
    box(tab, 3).check()
    ticked = {box(tab, 0).input_value(), box(tab, 3).input_value()}
    turn(tab, "Next", 3)
    box(tab, 1).check()
    ticked.add(box(tab, 1).input_value())
    assert count(tab) == "3"
    assert "2 of them on other pages" in tab.locator(".bulk").inner_text()
    turn(tab, "Back", 50)
    assert [box(tab, place).is_checked() for place in (0, 1, 3)] == [True, False, True]
    tab.reload()
    assert [box(tab, place).is_checked() for place in (0, 1, 3)] == [True, False, True]
    tab.get_by_role("button", name="Synchronize again", exact=True).click()
    tab.get_by_role("heading", name="What will be sent").wait_for()
    assert {row.get_attribute("data-asset-id") for row in tab.locator("#retry-receipt tbody tr").all()} == ticked
    tab.goto(FAILED)
    assert not tab.locator(".bulk").is_visible()  # what was prepared is ticked no longer


def test_all_on_the_page_and_a_range_are_ticked(tab):
    box(tab, 2).click()
    box(tab, 5).click(modifiers=["Shift"])
    assert count(tab) == "4"
    box(tab, 4).click()
    assert count(tab) == "3"
    tab.get_by_label("Select all on this page").check()
    assert count(tab) == "50"
    turn(tab, "Next", 3)
    assert not tab.get_by_label("Select all on this page").is_checked()
    tab.get_by_role("button", name="Clear").click()
    assert not tab.locator(".bulk").is_visible()


def test_return_on_a_tick_or_in_a_field_that_buys_does_nothing(tab):
    box(tab, 0).check()
    box(tab, 0).press("Enter")
    tab.locator("tbody").get_by_role("link", name="Edit").first.click()
    tab.locator(".row-edit [name=name]").press("Enter")
    tab.wait_for_timeout(300)
    assert tab.url.endswith(FAILED)
    assert tab.locator(".row-edit").is_visible()
    tab.get_by_role("button", name="Synchronize again", exact=True).click()
    tab.get_by_label("Expire (days) for all of them").press("Enter")
    tab.wait_for_timeout(300)
    assert tab.get_by_role("heading", name="What will be sent").is_visible()


def test_ticks_of_somebody_else_are_forgotten(tab, world):
    box(tab, 0).check()
    tab.context.clear_cookies()
    sign_in(tab, world.dora)
    tab.goto(FAILED)
    assert not tab.locator(".bulk").is_visible()


def test_without_the_script_a_sentence_says_that_ticks_count_for_one_page(idle_server, page, world):
    tab = arrive(page(idle_server, javascript=False), idle_server, world.dana)
    tab.goto(FAILED)
    assert tab.get_by_text("Ticks count for this page only.").is_visible()
    assert not tab.locator("[data-tick-all]").is_visible()
    box(tab, 0).check()
    box(tab, 0).press("Enter")
    assert tab.url.endswith(FAILED)
    assert tab.locator(".bulk").is_visible()
