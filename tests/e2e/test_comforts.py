"""What only a script can do: the tab's title, where the focus is, and a warning before typed text is lost."""

import pytest

from tests.build import World
from tests.e2e.steps import arrive, focused, wait_until, with_script

pytestmark = pytest.mark.sqlite  # no row decides


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    return World(shared_server.app)


def test_after_a_rename_the_tab_says_so_and_the_focus_stays(shared_server, world, page):
    tab = arrive(page(shared_server), shared_server, world.carl)
    tab.goto(f"/storefront/billing/assets/{world.asset('synchronized').id}")
    with_script(tab).get_by_role("link", name="Rename").click()
    tab.get_by_label("Name", exact=True).fill("Für die Praxis")
    tab.get_by_role("button", name="Save").click()
    wait_until(tab, "document.title.startsWith('Für die Praxis')")
    wait_until(tab, "document.activeElement.tagName == 'A'")
    assert focused(tab)["text"] == "Rename"


def test_only_what_was_typed_and_not_sent_warns_before_it_is_lost(shared_server, world, page):
    tab, warnings = arrive(page(shared_server), shared_server, world.dana), []
    tab.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    edit, field = f"/accounts/{world.customer.id}/edit", tab.get_by_label("Name", exact=True)
    for typed, leave in (
        ("Brightwood Dental", lambda: tab.goto("/accounts")),  # nothing else than was there
        ("Renamed", lambda: tab.get_by_role("link", name="Cancel").click()),
        ("Renamed", lambda: tab.get_by_role("button", name="Save", exact=True).click()),
    ):
        tab.goto(edit)
        field.fill(typed)
        leave()
        tab.wait_for_url(lambda url: not url.endswith("/edit"))
    assert warnings == []
    tab.goto(edit)
    field.fill("Lost")
    tab.goto("/accounts")
    assert warnings == ["beforeunload"]


def test_enlarged_text_leaves_the_main_column_the_wider_one(shared_server, world, page):
    tab = arrive(page(shared_server, width=1440), shared_server, world.dana)
    for address in (f"/accounts/{world.partner.id}", f"/bss/billing/assets/{world.asset().id}"):
        tab.goto(address)
        tab.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = "[...document.querySelectorAll('.split > *')].map((each) => each.getBoundingClientRect().width)"
        widths = sorted(set(tab.evaluate(wide)))
        main = "(document.querySelector('.split__main') ?? document.querySelector('.split > *'))"
        assert tab.evaluate(f"{main}.getBoundingClientRect().width") == widths[-1] > widths[0]


def test_on_a_phone_what_was_found_is_in_sight(shared_server, world, page):
    asset = world.asset("failed", name="Zebra crossing")
    tab = arrive(page(shared_server, width=360), shared_server, world.dana)
    for address in ("/bss/billing/assets", f"/accounts/{world.customer.id}"):
        tab.goto(address)
        with_script(tab).get_by_role("searchbox", name="Search assets").fill("zebra")
        tab.get_by_role("button", name="Search").click()
        tab.locator(".chip--set").first.wait_for()
        row = f"document.querySelector('#asset-{asset.id}').getBoundingClientRect()"
        wait_until(tab, f"{row}.top > 0 && {row}.top < innerHeight - 40")
    tab.goto(f"/bss/billing/assets/{asset.id}")
    tops = "['reason-title', 'code-title'].map((id) => document.getElementById(id).getBoundingClientRect().top)"
    why, code = tab.evaluate(tops)
    assert 0 < why < code


def test_on_a_phone_a_chip_shows_what_it_found_and_keeps_the_focus(shared_server, world, page):
    world.asset("synchronized", account=world.partner)
    tab = arrive(page(shared_server, width=360), shared_server, world.paula)
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto("/storefront/billing/assets")
    with_script(tab).get_by_role("link", name="Ready to redeem").click()
    wait_until(tab, "location.search == '?redeem=ready'")
    row = "document.querySelector('tbody tr').getBoundingClientRect()"
    wait_until(tab, f"{row}.top > 0 && {row}.top < innerHeight - 40")
    assert focused(tab)["text"].startswith("Ready to redeem")


@pytest.mark.parametrize("nick", ["dora", "paula", "carl"])
def test_on_a_phone_each_menu_of_a_list_stays_inside_the_screen(shared_server, world, page, nick):
    """And so does whatever was searched for."""
    asset = world.asset("synchronized")
    tab = arrive(page(shared_server, width=360), shared_server, getattr(world, nick))
    place = "/bss/billing/assets" if nick == "dora" else "/storefront/billing/assets"
    for address in (f"{place}?q={asset.number}", f"{place}?q={'Donaudampfschiff' * 6}"):
        tab.goto(address)
        for menu in range(tab.locator("details.menu").count()):
            tab.locator("details.menu > summary").nth(menu).click()
            assert tab.locator("details.menu[open]").count() == 1
            assert tab.evaluate("document.documentElement.scrollWidth") == 360, (address, menu)
            box = tab.locator("details.menu[open] > .menu__list").bounding_box()
            assert 0 <= box["x"] <= 360 - box["width"], (address, menu)
            tab.keyboard.press("Escape")


@pytest.mark.parametrize("act", ["cancellations", "edit"])
def test_after_an_act_the_path_leads_back_to_the_filtered_list(shared_server, world, page, act):
    asset = world.asset("failed", name="Back again")
    tab = arrive(page(shared_server), shared_server, world.dana)
    tab.goto("/bss/billing/assets?status=failed&sort=redeem-by")
    with_script(tab).get_by_role("link", name="Back again").first.click()
    tab.goto(f"/bss/billing/assets/{asset.id}/{act}")
    if act == "cancellations":
        tab.locator("textarea").fill("Ordered twice")
        tab.get_by_role("button", name="Cancel the asset").click()
    else:
        tab.get_by_role("button", name="Save and synchronize").click()
    tab.get_by_role("status").filter(
        has_text="The asset is cancelled" if act == "cancellations" else "BitTitan"
    ).wait_for()
    tab.get_by_role("link", name="Assets, as filtered").click()
    tab.wait_for_url("**/bss/billing/assets?status=failed&sort=redeem-by")
    tab.goto("/sign-in")
    assert tab.evaluate("sessionStorage.getItem('list')") == "/bss/billing/assets?status=failed&sort=redeem-by"
    tab.goto("/bss/")
    tab.locator("details.menu > summary").last.click()
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/sign-in*")
    assert tab.evaluate("sessionStorage.getItem('list')") is None


FINGER = 36
"""Pixels that a finger needs at least, where rows are close."""
UNZOOMED = 16
"""Pixels of letters in a field below which phones zoom into it."""


def test_a_finger_hits_what_it_means(shared_server, world, page):
    world.asset("synchronized")
    tab = arrive(page(shared_server, width=360), shared_server, world.paula)
    touch = tab.context.new_cdp_session(tab)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    tab.goto("/storefront/billing/assets")
    assert tab.evaluate("matchMedia('(pointer: coarse)').matches")
    for kind in (".chip", ".btn--small", ".row-act", ".btn"):
        boxes = [each.bounding_box() for each in tab.locator(f"main {kind}").all() if each.is_visible()]
        assert min(box["height"] for box in boxes) >= FINGER, kind
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    tab.goto("/storefront/shop")
    sizes = "[...document.querySelectorAll('main input')].map((field) => parseFloat(getComputedStyle(field).fontSize))"
    assert min(tab.evaluate(sizes)) >= UNZOOMED
