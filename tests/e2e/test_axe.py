"""Every page that partners, customers and nobody see, and every page that refuses, is accessible and fits."""

import pytest

from tests.build import World
from tests.e2e.accessibility import QUICK, axe, check_all_pages, look_at, report, width, world_of
from tests.e2e.steps import arrive


@pytest.fixture(scope="module")
def world(idle_server) -> World:
    return world_of(idle_server)


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_every_page_is_accessible_and_fits(idle_server, page, world, nick):
    check_all_pages(idle_server, page(idle_server), world, nick)


def test_pages_for_nobody_and_pages_that_refuse(idle_server, page, world):
    tab, faults = page(idle_server), []
    faults += look_at(tab, "/sign-in")
    tab.get_by_role("button", name="Sign in").click()  # nothing typed: sentences beside the fields
    faults += axe(tab, "/sign-in, refused", QUICK)
    arrive(tab, idle_server, world.vera)
    for path in ("/no-such-page", f"/bss/billing/assets/{world.asset().id}/edit"):
        faults += look_at(tab, path)
    report(faults)


def test_both_versions_fit_on_a_phone(idle_server, page, world):
    """Of an asset that somebody else has saved meanwhile."""
    first = arrive(page(idle_server, width=360, javascript=False), idle_server, world.dora)
    second, here = first.context.new_page(), f"/bss/billing/assets/{world.asset('synchronized').id}/edit"
    for tab, note in ((first, "typed slowly"), (second, "typed fast")):
        tab.goto(here)
        tab.get_by_label("Note for colleagues").fill(note)
    for tab in (second, first):
        tab.get_by_role("button", name="Save").click()
    assert first.locator(".comparison time").count() == 1
    assert width(first) == 360
