"""Looks at pages in both schemes, wide and narrow: axe finds nothing, and nothing scrolls sideways."""

from collections.abc import Iterator

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.build import World
from tests.e2e.portal_process import PortalProcess
from tests.e2e.steps import arrive
from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

FILES = (
    "bss.invoices.download", "storefront.invoices.download", "bss.reconciliation.export", "bss.outbox.preview",
)  # fmt: skip
NO_PAGES = ("static", "healthz", "readyz", "metrics", *FILES)
STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")
QUICK = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def world_of(server: PortalProcess) -> World:
    """With assets in each status, which stay as they are where no worker is, and with baskets."""
    world = World(server.app)
    for status in STATUSES:
        world.assets(2, status)
        world.asset(status, account=world.partner, name="صناديق البريد לדוגמה with a name that is as long as names get")
    for person in (world.paula, world.carl):
        world.basket(person)
    return world


def check_all_pages(server: PortalProcess, tab: Page, world: World, nick: str) -> None:
    """Whatever the table of rights lets this person open."""
    rows, faults = Rows(world), []
    arrive(tab, server, getattr(world, nick))
    for path in paths(server.app, rows, nick):
        faults += look_at(tab, path)
    report(faults)


def report(faults: list[str]) -> None:
    assert not faults, "\n  ".join(["", *faults])


def width(tab: Page) -> int:
    tab.wait_for_load_state()  # its styles, too
    return tab.evaluate("document.documentElement.scrollWidth")


def paths(app, rows: Rows, nick: str) -> Iterator[str]:
    """Whatever the table of rights lets this person open; an asset in each status."""
    for rule in rules(app):
        if expectations().get(("GET", rule.endpoint), {}).get(nick) != {200} or rule.endpoint in NO_PAGES:
            continue
        statuses = STATUSES if rule.endpoint.endswith("assets.show") else (None,)
        for status in statuses:
            yield address(app, rule, rows.values(rule, rows.own_account(nick), status))


def look_at(tab: Page, path: str) -> Iterator[str]:
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour on its way to another
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(path)
    yield from axe(tab, f"{path} light", QUICK)
    tab.emulate_media(color_scheme="dark")
    yield from axe(tab, f"{path} dark", COLOURS)
    tab.set_viewport_size({"width": 360, "height": 800})
    yield from axe(tab, f"{path} narrow", QUICK)
    if width(tab) > 360:
        yield f"{path}: {width(tab)} px wide at 360"


def axe(tab: Page, where: str, options: dict) -> list[str]:
    """Its script once for each page; of its results the violations alone, for the rest takes long to hand over."""
    if not tab.evaluate("Boolean(window.axe)"):
        tab.evaluate(AXE_SCRIPT)
    violations = tab.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [
        f"{where}: {each['id']} {each['nodes'][0]['html'][:160]} ({len(each['nodes'])} times)" for each in violations
    ]
