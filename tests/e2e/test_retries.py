"""Many assets at once, in the real browser: ticks that stay, the bar that counts, the progress that ends by itself."""

import pytest

from tests.build import World
from tests.e2e.accessibility import look_at
from tests.e2e.steps import sign_in, tab_to, wait_for_status, with_script


@pytest.fixture
def world(shared_server) -> World:
    if not hasattr(shared_server, "world"):
        shared_server.world = World(shared_server.app)
    shared_server.sandbox.control.clear_faults()
    return shared_server.world


def tick(tab, *assets) -> None:
    for asset in assets:
        tab.locator(f"#pick-{asset.id}").check()


def test_ticks_stay_when_their_rows_are_swapped(shared_server, page, world):
    pressed, edited, other = world.assets(3)
    tab = with_script(sign_in(page(shared_server), world.dana))
    tab.goto("/bss/billing/assets?status=failed")
    with_script(tab)
    assert not tab.locator(".bulk").is_visible()
    tick(tab, pressed, edited)
    assert tab.locator(".bulk").is_visible()

    tab.locator(f"#asset-{edited.id}").get_by_role("link", name="Edit").click()
    tab.locator(f"#asset-{edited.id} form[action$='/edit']").wait_for()
    assert tab.locator(f"#pick-{edited.id}").is_checked()
    tab.locator(f"#asset-{edited.id}").get_by_role("link", name="Cancel").click()
    tab.locator(f"#asset-{edited.id} .badge").wait_for()
    tab.locator(f"#asset-{pressed.id} button.badge").click()
    wait_for_status(tab, pressed.id, "synchronized")  # two swaps: by the press, and by the poll

    assert tab.locator(f"#pick-{pressed.id}").is_checked()
    assert tab.locator(f"#pick-{edited.id}").is_checked()
    assert not tab.locator(f"#pick-{other.id}").is_checked()
    assert tab.locator(".row-check:checked").count() == 2


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_from_the_ticks_to_the_receipt(shared_server, page, world, javascript):
    first, second = world.assets(2)
    tab = sign_in(page(shared_server, javascript=javascript), world.dana)
    tab.goto("/bss/billing/assets?status=failed")
    tick(tab, first, second)
    tab.get_by_role("button", name="Synchronize again", exact=True).click()
    tab.get_by_role("heading", name="What will be sent").wait_for()
    tab.get_by_role("button", name="Start").click()
    tab.locator("progress").wait_for()

    for _ in range(60):
        if tab.get_by_role("heading", name="How it ended").count():
            break
        tab.wait_for_timeout(500)
        if not javascript:
            tab.reload()

    assert "2 synchronized" in tab.locator("#retry").inner_text()
    assert tab.locator("[hx-trigger]").count() == 0
    for asset in (first, second):
        assert len(shared_server.sandbox.control.purchases(asset.reference)) == 1


def test_the_keyboard_is_enough(shared_server, page, world):
    asset = world.asset()
    tab = sign_in(page(shared_server), world.dana)
    tab.goto("/bss/billing/assets?status=failed")
    with_script(tab)
    tab_to(tab, lambda place: place["id"] == f"pick-{asset.id}")
    tab.keyboard.press("Space")
    assert tab.locator(f"#pick-{asset.id}").is_checked()
    tab_to(tab, lambda place: place["text"] == "Synchronize again", most=150)
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="What will be sent").wait_for()
    tab_to(tab, lambda place: place["text"] == "Start")
    tab.keyboard.press("Enter")
    tab.locator("progress").wait_for()


def test_pages_of_retries_are_accessible_and_fit_in_each_state(shared_server, page, world):
    world.asset(attempt={"cause": "AccountNotLinked"}, account=world.direct_customer)
    retries = [world.retry(state) for state in ("prepared", "halted", "done")]
    world.edit(retries[1], why="canary")
    tab, faults = sign_in(page(shared_server), world.dana), []
    paths = [f"/bss/tools/retries/{retry.id}" for retry in retries]
    for path in ("/bss/tools/retries", "/bss/queue/AccountNotLinked", *paths):
        faults += look_at(tab, path)
    assert not faults, "\n  ".join(["", *faults])
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto("/bss/billing/assets?status=failed")
    tab.locator(".row-check").first.check()
    assert tab.locator(".bulk").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
