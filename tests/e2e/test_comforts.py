"""What only a script can do: the tab's title, where the focus is, and a warning before typed text is lost."""

import pytest

from tests.build import World
from tests.e2e.steps import focused, sign_in, wait_until, with_script

pytestmark = pytest.mark.sqlite  # no row decides


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    return World(shared_server.app)


def test_after_a_rename_the_tab_says_so_and_the_focus_stays(shared_server, world, page):
    tab = with_script(sign_in(page(shared_server), world.carl))
    tab.goto(f"/storefront/billing/assets/{world.asset('synchronized').id}")
    with_script(tab).get_by_role("link", name="Rename").click()
    tab.get_by_label("Name", exact=True).fill("Für die Praxis")
    tab.get_by_role("button", name="Save").click()
    wait_until(tab, "document.title.startsWith('Für die Praxis')")
    wait_until(tab, "document.activeElement.tagName == 'A'")
    assert focused(tab)["text"] == "Rename"


def test_only_what_was_typed_and_not_sent_warns_before_it_is_lost(shared_server, world, page):
    tab, warnings = sign_in(page(shared_server), world.dana), []
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
    tab = sign_in(page(shared_server, width=1440), world.dana)
    for address in (f"/accounts/{world.partner.id}", f"/bss/billing/assets/{world.asset().id}"):
        tab.goto(address)
        tab.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = "[...document.querySelectorAll('.split > *')].map((each) => each.getBoundingClientRect().width)"
        widths = sorted(set(tab.evaluate(wide)))
        main = "(document.querySelector('.split__main') ?? document.querySelector('.split > *'))"
        assert tab.evaluate(f"{main}.getBoundingClientRect().width") == widths[-1] > widths[0]


def test_on_a_phone_what_was_found_is_in_sight(shared_server, world, page):
    asset = world.asset("failed", name="Zebra crossing")
    tab = sign_in(page(shared_server, width=360), world.dana)
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
