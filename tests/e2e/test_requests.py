"""What has to be asked of BitTitan, in a real browser: the page follows, with and without the script."""

import pytest

from tests.build import World
from tests.e2e.steps import arrive, with_script


@pytest.fixture
def world(shared_server) -> World:
    if not hasattr(shared_server, "world"):
        shared_server.world = World(shared_server.app)
    return shared_server.world


@pytest.fixture
def silent(shared_server):
    """BitTitan says nothing until it is resumed."""
    shared_server.sandbox.pause()
    yield shared_server.sandbox
    shared_server.sandbox.resume()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_check_is_followed_to_its_answer(shared_server, page, world, silent, javascript):
    tab = arrive(page(shared_server, width=360, javascript=javascript), shared_server, world.dana)
    tab.goto(f"/bss/billing/assets/{world.asset().id}/codes")
    tab.get_by_label("Coupon code").fill("SOME-CODE-1")
    tab.get_by_label("Reason").fill("From an e-mail")
    tab.get_by_role("button", name="Check the code").click()
    tab.get_by_role("heading", name="Asking BitTitan…").wait_for()
    silent.resume()
    tab.get_by_label("Coupon code").wait_for(timeout=20_000)  # with what BitTitan says, or that it says nothing
    assert tab.get_by_label("Coupon code").input_value() == "SOME-CODE-1"


def test_the_panel_of_an_account_follows_in_its_place(shared_server, page, world, silent):
    tab = arrive(page(shared_server), shared_server, world.dana)
    address = f"/accounts/{world.customer.id}"
    tab.goto(address)
    with_script(tab).get_by_role("button", name="Save & synchronize").click()
    tab.get_by_role("heading", name="Asking BitTitan…").wait_for()
    silent.resume()
    tab.get_by_role("button", name="Save & synchronize").wait_for(timeout=20_000)
    assert tab.url.endswith(address)
