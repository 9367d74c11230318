"""The operator's story, as a person sees it: with the script and without, with a mouse and with the keyboard."""

import pytest

from tests.build import World
from tests.e2e.steps import focused, sign_in, status_of, tab_to, wait_for_status, wait_until, with_script


@pytest.fixture
def world(shared_server) -> World:
    """People once for the module; assets of each test's own."""
    if not hasattr(shared_server, "world"):
        shared_server.world = World(shared_server.app)
    shared_server.sandbox.control.clear_faults()
    return shared_server.world


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def tab(shared_server, page, world, request):
    tab = sign_in(page(shared_server, javascript=request.param), world.dana)
    tab.has_script = request.param
    return with_script(tab) if request.param else tab


def open_form(tab, asset) -> None:
    """From the list of failed assets, in place."""
    tab.goto("/bss/billing/assets")
    tab.locator("#list").get_by_role("link", name="Failed").first.click()
    tab.locator("#list a[aria-current]", has_text="Failed").wait_for()
    tab.locator(f"#asset-{asset.id}").get_by_role("link", name="Edit").click()
    tab.locator(f"#asset-{asset.id} form[action$='/edit']").wait_for()


def save(tab, asset, **typed) -> None:
    for name, value in typed.items():
        tab.locator(f"#asset-{asset.id} [name={name}]").fill(value)
    tab.locator(f"#asset-{asset.id}").get_by_role("button", name="Save and synchronize").click()
    # Until it is answered, the asset still shows what it was before.
    tab.locator(f"#asset-{asset.id} form[action$='/edit']").wait_for(state="detached")


def test_an_edit_brings_the_coupon(shared_server, world, tab):
    asset = world.asset("failed")
    open_form(tab, asset)
    save(tab, asset, name="Mailboxes for Carl")

    status = wait_for_status(tab, asset.id, "synchronized", reload=not tab.has_script)

    assert status == "synchronized"
    assert world.reload(asset).name == "Mailboxes for Carl"
    assert len(shared_server.sandbox.control.purchases(asset.reference)) == 1
    assert world.code_of(asset).startswith("SBX-")
    assert world.code_of(asset) not in tab.content()


def test_a_refusal_changes_nothing_and_keeps_what_was_typed(shared_server, world, tab):
    asset = world.asset("failed", name="Before", note="As it was")
    shared_server.sandbox.control.fault("createCoupon", "refuse", match=asset.reference, code="CreditLimitExceeded")
    tab.goto(f"/bss/billing/assets/{asset.id}")
    tab.get_by_role("link", name="Edit").first.click()
    tab.locator("form[action$='/edit']").wait_for()
    save(tab, asset, name="After", expire_days="90")

    assert wait_for_status(tab, asset.id, "failed", reload=not tab.has_script) == "failed"

    tab.get_by_text("credit limit exceeded").first.wait_for()
    assert tab.locator("h1").inner_text() == "Before"
    now = world.reload(asset)
    assert (now.name, now.note, now.expire_days) == ("Before", "As it was", asset.expire_days)
    tab.get_by_role("link", name="Edit again").click()
    tab.locator("form[action$='/edit']").wait_for()
    assert tab.locator("[name=name]").input_value() == "After"
    assert tab.locator("[name=expire_days]").input_value() == "90"
    assert shared_server.sandbox.control.purchases(asset.reference) == []


def test_an_answer_that_got_lost_is_looked_up(shared_server, world, tab):
    asset = world.asset("failed")
    shared_server.sandbox.control.fault("createCoupon", "drop_after", match=asset.reference)
    tab.goto(f"/bss/billing/assets/{asset.id}")
    tab.get_by_role("button", name="Synchronize again").click()

    wait_for_status(tab, asset.id, "synchronized", reload=not tab.has_script, within=30)

    assert len(shared_server.sandbox.control.purchases(asset.reference)) == 1
    assert world.code_of(asset).startswith("SBX-")


def test_the_keyboard_is_enough(shared_server, page, world):
    asset = world.asset("failed")
    tab = with_script(sign_in(page(shared_server), world.dana))
    tab.goto("/bss/billing/assets?status=failed")
    with_script(tab)

    first = tab_to(tab, lambda place: True)
    assert "Skip" in first["text"]
    tab_to(tab, lambda place: place["row"] == f"asset-{asset.id}" and place["text"].startswith("Edit"))
    tab.keyboard.press("Enter")
    tab.locator(f"#asset-{asset.id} form[action$='/edit']").wait_for()
    wait_until(tab, "document.activeElement.name === 'name'")
    assert focused(tab)["seen"]
    tab.keyboard.press("Control+A")
    tab.keyboard.type("Typed by keyboard")
    tab_to(tab, lambda place: place["text"] == "Save and synchronize")
    tab.keyboard.press("Enter")
    wait_for_status(tab, asset.id, "synchronized", "synchronizing")

    wait_until(tab, "document.activeElement !== document.body")  # given back when the swap has settled
    assert focused(tab)["row"] == f"asset-{asset.id}", focused(tab)
    wait_for_status(tab, asset.id, "synchronized")
    assert status_of(tab, asset.id) == "synchronized"
    assert world.reload(asset).name == "Typed by keyboard"


def test_a_server_that_dies_after_buying_is_asked_again(server, page):
    world = World(server.app)
    asset = world.asset("failed")
    server.sandbox.control.fault("createCoupon", "kill", match=asset.reference, when="after")
    tab = with_script(sign_in(page(server), world.dana))
    tab.goto(f"/bss/billing/assets/{asset.id}")
    tab.get_by_role("button", name="Synchronize again").click()

    wait_for_status(tab, asset.id, "unconfirmed")
    assert "Checking with BitTitan" in tab.locator(".badge").first.inner_text()
    server.sandbox.wait()
    server.start_sandbox()

    wait_for_status(tab, asset.id, "synchronized", within=60)
    assert len(server.sandbox.control.purchases(asset.reference)) == 1
    assert world.code_of(asset).startswith("SBX-")
