"""Every page in both schemes, wide and narrow: axe finds nothing, and nothing scrolls sideways."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.build import World
from tests.e2e.steps import sign_in
from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

NO_PAGES = ("static", "healthz", "readyz", "metrics")
READERS = ("dora", "paula", "carl")
STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")
QUICK = {"resultTypes": ["violations"]}
COLOURS = {"runOnly": ["color-contrast"], **QUICK}


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    shared_server.stop_worker()  # each status stays what it is
    world = World(shared_server.app)
    for status in STATUSES:
        world.assets(2, status)
        world.asset(status, account=world.partner, name="صناديق البريد לדוגמה with a name that is as long as names get")
    return world


@pytest.mark.parametrize("nick", READERS)
def test_every_page_is_accessible_and_fits(shared_server, page, world, nick):
    rows, faults = Rows(world), []
    tab = sign_in(page(shared_server), getattr(world, nick))
    for path in _paths(shared_server.app, rows, nick):
        faults += _look_at(tab, path)
    assert not faults, "\n  ".join(["", *faults])


def test_pages_for_nobody_and_pages_that_refuse(shared_server, page, world):
    tab, faults = page(shared_server), []
    faults += _look_at(tab, "/sign-in")
    tab.get_by_role("button", name="Sign in").click()  # nothing typed: sentences beside the fields
    faults += _axe(tab, "/sign-in, refused", QUICK)
    sign_in(tab, world.vera)
    for path in ("/no-such-page", f"/bss/billing/assets/{world.asset().id}/edit"):
        faults += _look_at(tab, path)
    assert not faults, "\n  ".join(["", *faults])


def test_both_versions_fit_on_a_phone(shared_server, page, world):
    """Of an asset that somebody else has saved meanwhile."""
    first = sign_in(page(shared_server, width=360, javascript=False), world.dora)
    second, here = first.context.new_page(), f"/bss/billing/assets/{world.asset('synchronized').id}/edit"
    for tab, note in ((first, "typed slowly"), (second, "typed fast")):
        tab.goto(here)
        tab.get_by_label("Note for colleagues").fill(note)
    for tab in (second, first):
        tab.get_by_role("button", name="Save").click()
    assert first.locator(".versus time").count() == 1
    assert _width(first) == 360


def _width(tab: Page) -> int:
    tab.wait_for_load_state()  # its styles, too
    return tab.evaluate("document.documentElement.scrollWidth")


def _paths(app, rows: Rows, nick: str) -> Iterator[str]:
    """Whatever the table of rights lets this person open; an asset in each status."""
    for rule in rules(app):
        if expectations().get(("GET", rule.endpoint), {}).get(nick) != {200} or rule.endpoint in NO_PAGES:
            continue
        statuses = STATUSES if rule.endpoint.endswith("assets.show") else (None,)
        for status in statuses:
            yield address(app, rule, rows.values(rule, rows.own_account(nick), status))


def _look_at(tab: Page, path: str) -> Iterator[str]:
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour on its way to another
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(path)
    yield from _axe(tab, f"{path} light", QUICK)
    tab.emulate_media(color_scheme="dark")
    yield from _axe(tab, f"{path} dark", COLOURS)
    tab.set_viewport_size({"width": 360, "height": 800})
    yield from _axe(tab, f"{path} narrow", QUICK)
    if _width(tab) > 360:
        yield f"{path}: {_width(tab)} px wide at 360"


def _axe(tab: Page, where: str, options: dict) -> list[str]:
    violations = Axe().run(tab, options=options).response["violations"]
    return [
        f"{where}: {each['id']} {each['nodes'][0]['html'][:160]} ({len(each['nodes'])} times)" for each in violations
    ]
