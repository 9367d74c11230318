"""Many assets at once, in the real browser: ticks that stay, the bar that counts, the progress that ends by itself."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import RetryItem
from tests.build import World
from tests.e2e.accessibility import look_at
from tests.e2e.steps import arrive, tab_to, wait_for_status, wait_until, with_script
from tests.web.polls import leave_out


@pytest.fixture
def world(shared_server) -> World:
    if not hasattr(shared_server, "world"):
        shared_server.world = World(shared_server.app)
    shared_server.sandbox.control.clear_faults()
    return shared_server.world


@pytest.fixture
def no_worker(shared_server) -> Iterator[None]:
    """What runs is moved by the test alone: a worker would take a retry that runs and has no job."""
    shared_server.stop_worker()
    yield
    shared_server.start_worker()


def tick(tab, *assets) -> None:
    for asset in assets:
        tab.locator(f"#pick-{asset.id}").check()


def test_ticks_stay_when_their_rows_are_swapped(shared_server, page, world):
    pressed, edited, other = world.assets(3)
    tab = arrive(page(shared_server), shared_server, world.dana)
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
    tab = arrive(page(shared_server, javascript=javascript), shared_server, world.dana)
    tab.goto("/bss/billing/assets?status=failed")
    tick(tab, first, second)
    tab.get_by_role("button", name="Synchronize again", exact=True).click()
    tab.get_by_role("heading", name="What will be sent").wait_for()
    tab.get_by_role("button", name="Start").click()
    tab.locator("progress").wait_for()

    for _ in range(60):
        if tab.get_by_role("heading", name="Result").count():
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
    tab = arrive(page(shared_server), shared_server, world.dana)
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
    tab, faults = arrive(page(shared_server), shared_server, world.dana), []
    paths = [f"/bss/tools/retries/{retry.id}" for retry in retries]
    for path in ("/bss/tools/retries", "/bss/queue/AccountNotLinked", *paths):
        faults += look_at(tab, path)
    assert not faults, "\n  ".join(["", *faults])
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto("/bss/billing/assets?status=failed")
    tab.locator(".row-check").first.check()
    assert tab.locator(".bulk").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_poll_leaves_alone_what_did_not_change(shared_server, no_worker, page, world):
    retry = world.retry("running", world.assets(4))
    tab = arrive(page(shared_server), shared_server, world.dana)
    tab.goto(f"/bss/tools/retries/{retry.id}")
    with_script(tab)
    tab.evaluate("for (const row of document.querySelectorAll('tbody tr')) row.isOld = true")
    changed = leave_out(world, retry, 2)
    wait_until(tab, f"!document.getElementById('item-{changed[-1]}').isOld")
    assert [is_old(tab, item) for item in items(world, retry)] == [False, False, True, True]
    assert "2 left out" in tab.locator("#retry-progress").inner_text()
    by_itself = shown(tab)
    tab.reload()
    assert shown(tab) == by_itself


def test_an_answer_that_comes_after_a_press_is_not_swapped_in(shared_server, no_worker, page, world):
    """Its parts belong to the page of before; the new one looks by itself."""
    retry = world.retry("running", world.assets(3))
    leave_out(world, retry, 1)
    tab = arrive(page(shared_server), shared_server, world.dana)
    tab.goto(f"/bss/tools/retries/{retry.id}")
    with_script(tab)
    held = []
    tab.route("**/retries/*", lambda route: held.append(route) if is_poll(route) and not held else route.continue_())
    for _ in range(600):
        if held:
            break
        tab.wait_for_timeout(50)
    leave_out(world, retry, 1)
    tab.locator("#chip-left_out").click()
    wait_until(tab, "document.querySelectorAll('tbody tr').length === 2")
    held[0].continue_()
    tab.wait_for_timeout(500)
    assert tab.locator("#retry-look").get_attribute("hx-get").endswith("outcome=left_out")
    assert tab.locator("tbody tr").count() == 2
    assert "2 left out" in tab.locator("#retry-progress").inner_text()


def is_poll(route) -> bool:
    return "x-poll" in route.request.headers


def is_old(tab, item: int) -> bool:
    return tab.evaluate(f"Boolean(document.getElementById('item-{item}').isOld)")


def items(world, retry) -> list[int]:
    query = select(RetryItem.id).where(RetryItem.retry_id == retry.id).order_by(RetryItem.id)
    with world.transaction():
        return list(db.session.scalars(query))


def shown(tab) -> str:
    return tab.locator("#retry").inner_text()
