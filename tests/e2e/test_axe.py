"""Every page that partners, customers and nobody see, and every page that refuses, is accessible and fits."""

import pytest

from tests.build import World
from tests.e2e.accessibility import QUICK, axe, check_all_pages, look_at, report, width, world_of
from tests.e2e.steps import sign_in


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    return world_of(shared_server)


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_every_page_is_accessible_and_fits(shared_server, page, world, nick):
    check_all_pages(shared_server, page(shared_server), world, nick)


def test_pages_for_nobody_and_pages_that_refuse(shared_server, page, world):
    tab, faults = page(shared_server), []
    faults += look_at(tab, "/sign-in")
    tab.get_by_role("button", name="Sign in").click()  # nothing typed: sentences beside the fields
    faults += axe(tab, "/sign-in, refused", QUICK)
    sign_in(tab, world.vera)
    for path in ("/no-such-page", f"/bss/billing/assets/{world.asset().id}/edit"):
        faults += look_at(tab, path)
    report(faults)


def test_both_versions_fit_on_a_phone(shared_server, page, world):
    """Of an asset that somebody else has saved meanwhile."""
    first = sign_in(page(shared_server, width=360, javascript=False), world.dora)
    second, here = first.context.new_page(), f"/bss/billing/assets/{world.asset('synchronized').id}/edit"
    for tab, note in ((first, "typed slowly"), (second, "typed fast")):
        tab.goto(here)
        tab.get_by_label("Note for colleagues").fill(note)
    for tab in (second, first):
        tab.get_by_role("button", name="Save").click()
    assert first.locator(".comparison time").count() == 1
    assert width(first) == 360
