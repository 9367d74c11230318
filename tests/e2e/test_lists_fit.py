"""Lists fit: from 1280 px up nothing is cut off in any font, an ordinary row has one line, and paper holds it all."""

import subprocess

import pytest
from playwright.sync_api import Page

from tests import bulk
from tests.build import World
from tests.e2e.steps import arrive

pytestmark = pytest.mark.sqlite

STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")
LONG = "Mailboxes of the Przedsiębiorstwo Wodociągów i Kanalizacji w Łodzi, second part"
UNBROKEN = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle"
WIDTHS = (1280, 1366, 1440, 1920)
FONTS = ("DejaVu Sans", "DejaVu Sans Condensed", "DejaVu Serif", "DejaVu Sans Mono", "sans-serif", "serif")
"""DejaVu Sans is as wide as Verdana, the widest font in common use; of the others there is one of each kind."""
COMMON = ("Liberation Sans", "Open Sans", "Roboto", "Inter", "Noto Sans", "Carlito", "Lato")
"""As wide as Arial, Segoe UI (nearly), Android’s, Figma’s, Google’s, Calibri and Lato; looked at where installed."""
SCROLLBAR = 15
BSS_LISTS = (
    "/bss/billing/assets",
    "/accounts",
    "/bss/sales/orders",
    "/bss/tools/retries",
    "/bss/setup/users",
    "/bss/tools/bulk-changes",
)
_SHARED = ("/storefront/billing/assets", "/storefront/orders", "/storefront/shop")
STOREFRONT_LISTS = {"carl": _SHARED, "paula": (*_SHARED, "/storefront/approvals")}
A4 = {"width": 703, "height": 1032}
"""Its pixels at 96 dpi, within the margins."""

CUT_OFF = """() => [...document.querySelectorAll(".table-box")].flatMap((box) => [
    ...(box.scrollWidth > box.clientWidth ? [`scrolls by ${box.scrollWidth - box.clientWidth}`] : []),
    ...[...box.querySelectorAll("th, td")].filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
        .map((cell) => `cut off: ${cell.textContent.trim().slice(0, 40)}`)])"""
IN_SIGHT = """() => [...document.querySelectorAll("tbody tr")]
    .filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"""


@pytest.fixture(scope="module")
def world(idle_server) -> World:
    world = World(idle_server.app)
    for status in STATUSES:
        world.asset(status, name=LONG, quantity=999_999, unit_price=999_999, account=world.customer)
        world.asset(status, name=UNBROKEN, account=world.account("customer", name=UNBROKEN, parent=world.partner))
    world.waiting_order(world.account("customer", name=UNBROKEN, parent=world.partner))
    world.retry("done")
    bulk.operation(world, "done")
    return world


@pytest.fixture(scope="module")
def fonts() -> tuple[str, ...]:
    """`pytest -rP` names those that are not installed, so that nobody takes them for looked at."""
    families = subprocess.run(["fc-list", ":", "family"], text=True, check=True, stdout=subprocess.PIPE).stdout
    known = {name.strip() for line in families.splitlines() for name in line.split(",")}
    missing = [font for font in COMMON if font not in known]
    print(f"not installed, so not looked at: {', '.join(missing) or 'none'}")
    return tuple(font for font in FONTS + COMMON if font not in missing)


def fit(tab: Page, path: str, fonts: tuple[str, ...]) -> list[str]:
    tab.goto(path)
    faults = []
    for width in WIDTHS:
        tab.set_viewport_size({"width": width - SCROLLBAR, "height": 900})
        for font in fonts:
            family = font if font in ("serif", "sans-serif") else f'"{font}"'
            tab.evaluate("font => document.documentElement.style.setProperty('--font-text', font)", family)
            faults += [f"{path} at {width} in {font} {fault}" for fault in tab.evaluate(CUT_OFF)]
    return faults


def test_lists_of_the_back_office_fit_in_any_font(idle_server, page, world, fonts):
    tab = arrive(page(idle_server), idle_server, world.dora)
    faults = [fault for path in BSS_LISTS for fault in fit(tab, path, fonts)]
    assert not faults, "\n  ".join(["", *faults])


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_lists_of_the_storefront_fit_in_any_font(idle_server, page, world, nick, fonts):
    tab = arrive(page(idle_server), idle_server, getattr(world, nick))
    faults = [fault for path in STOREFRONT_LISTS[nick] for fault in fit(tab, path, fonts)]
    assert not faults, "\n  ".join(["", *faults])


def test_twenty_assets_are_in_sight(idle_server, page, world):
    """Those whose name is the product's have one line."""
    world.assets(21, "synchronized", quantity=7)
    tab = arrive(page(idle_server), idle_server, world.dana)
    tab.goto("/bss/billing/assets?q=BitTitan&status=synchronized")
    assert tab.evaluate(IN_SIGHT) >= 20


def test_a_product_is_not_repeated_below_a_name_that_equals_it(idle_server, page, world):
    same, other = world.asset("synchronized"), world.asset("synchronized", name="Board and assistants")
    tab = arrive(page(idle_server), idle_server, world.dana)
    tab.goto("/bss/billing/assets")
    product = tab.locator(f"#asset-{same.id} .table__main > a").inner_text()
    assert tab.locator(f"#asset-{same.id}").inner_text().count(product) == 1
    assert product in tab.locator(f"#asset-{other.id} .table__main").inner_text()


@pytest.mark.parametrize("path", ["/bss/billing/assets", "/accounts", "/bss/sales/orders"])
def test_a_list_on_paper_is_whole(idle_server, page, world, path):
    world.assets(20, "failed")
    tab = arrive(page(idle_server), idle_server, world.dana)
    tab.goto(path)
    heads = heads_of(tab)
    tab.emulate_media(media="print")
    tab.set_viewport_size(A4)
    assert heads_of(tab) == [head for head in heads if head != "Select"]
    assert tab.evaluate(CUT_OFF) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    assert tab.locator("tbody tr").first.bounding_box()["y"] < A4["height"] / 3
    assert tab.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    for kept_together in ("#list, .panel", ".table-box", "table", "tbody"):
        assert tab.locator(kept_together).first.evaluate("each => getComputedStyle(each).breakInside") == "auto"
    for pressed in ("input:not([type=hidden])", "button:not(.badge)", "select", ".btn"):
        assert [each for each in tab.locator(pressed).all() if each.is_visible()] == [], pressed
    assert 1 <= pages(tab) <= 3


def test_a_licence_is_one_sheet_and_holds_the_code_only_if_it_was_revealed(idle_server, page, world):
    asset = world.asset("synchronized", account=world.partner, name=LONG, quantity=12_345)
    tab = arrive(page(idle_server), idle_server, world.paula)
    tab.goto(f"/storefront/billing/assets/{asset.id}")
    code = world.code_of(asset)
    for is_revealed in (False, True):
        if is_revealed:
            tab.get_by_role("button", name="Reveal").click()
            tab.locator("#code-value").wait_for()
        assert (code in tab.locator("main").inner_text()) is is_revealed
        assert pages(tab) == 1


def heads_of(tab: Page) -> list[str]:
    heads = tab.locator("thead th")
    return [head.inner_text().strip() or "Select" for head in heads.all() if head.is_visible()]


def pages(tab: Page) -> int:
    """How many sheets it takes."""
    tab.emulate_media(media="null")
    return tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
