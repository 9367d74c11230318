"""Bulk changes in the real browser: the pages are accessible and fit in each state, and the ticks lead there."""

import pytest

from tests import bulk
from tests.build import World
from tests.e2e.accessibility import look_at, report
from tests.e2e.steps import arrive


@pytest.fixture
def world(shared_server) -> World:
    if not hasattr(shared_server, "world"):
        shared_server.world = World(shared_server.app)
    return shared_server.world


def test_pages_of_bulk_changes_are_accessible_and_fit_in_each_state(shared_server, page, world):
    tab = arrive(page(shared_server), shared_server, world.dana)
    mixed = [world.asset(), world.asset("synchronized"), world.asset("review")]
    operations = [bulk.operation(world, "prepared", mixed, kind) for kind in ("cancel", "annotate", "rename")]
    operations += [bulk.operation(world, state) for state in ("stopped", "done")]
    paths = [f"/bss/tools/bulk-changes/{each.id}" for each in operations]
    faults = []
    for path in ("/bss/tools/bulk-changes", "/bss/tools/imports/codes", "/bss/queue/QuantityOutOfRange", *paths):
        faults += look_at(tab, path)
    report(faults)


def test_ticks_lead_to_the_preview_and_back_to_the_list(shared_server, page, world):
    tab = arrive(page(shared_server), shared_server, world.dana)
    first, second = world.assets(2)
    tab.goto("/bss/billing/assets?status=failed")
    for asset in (first, second):
        tab.locator(f"#pick-{asset.id}").check()
    tab.locator(".bulk button", has_text="Cancel…").click()
    assert tab.locator("h1").inner_text() == "Cancel 2 assets"
    tab.get_by_role("link", name="Keep them all").click()
    assert tab.url.endswith("/bss/billing/assets?status=failed")
