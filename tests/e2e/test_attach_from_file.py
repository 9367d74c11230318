"""Codes for failed assets from a file, without a script; in each of its states the page is accessible and fits."""

import pytest
from playwright.sync_api import Page

from tests.build import World
from tests.e2e.accessibility import look_at, report
from tests.e2e.steps import arrive
from tests.files import written
from tests.work import Work

CODES = ("SBX-HAND-0001", "SBX-HAND-0002", "SBX-HAND-0003", "SBX-HAND-0004")
"""One is attached, one is redeemed before it is attached, one is not ticked, and BitTitan does not know the last."""


@pytest.fixture
def world(server) -> World:
    server.stop_worker()
    return World(server.app)


def test_codes_from_a_file_are_attached_without_a_script(server, page, world):
    assets, work, faults = world.assets(len(CODES)), Work(server.app), []
    issued = {"OrganizationId": world.partner.organization_id, "Quantity": 25}
    server.sandbox.control.put_coupons([{"Code": code} | issued for code in CODES[:3]])
    tab = arrive(page(server, javascript=False), server, world.dana)
    seen = arrive(page(server), server, world.dana)

    upload(
        tab, written([{"Number": each.number, "Coupon code": code} for each, code in zip(assets, CODES, strict=True)])
    )
    assert "checked at BitTitan, one by one" in tab.locator("main").inner_text()
    faults += looked_at(seen, tab.url)
    work.drain()
    tab.reload()
    assert tab.locator("input[name=accepted]").count() == 3
    faults += looked_at(seen, tab.url)

    for line in (2, 3):
        tab.locator(f"input[name=accepted][value='{line}']").check()
    tab.get_by_role("button", name="Take what is ticked").click()
    assert "Being applied" in tab.locator("main").inner_text()
    faults += looked_at(seen, tab.url)
    server.sandbox.control.redeem(CODES[1])
    work.drain()
    tab.reload()
    results = [row.inner_text() for row in tab.locator("section[aria-labelledby=attach-title] tbody tr").all()]
    assert ["Attached." in each for each in results] == [True, False, False, False]
    assert ["Not attached." in each for each in results] == [False, True, False, True]
    assert "Not ticked." in results[2]
    assert [world.code_of(each) for each in assets] == [CODES[0], None, None, None]
    faults += looked_at(seen, tab.url)
    report(faults)


def looked_at(tab: Page, path: str) -> list[str]:
    """Stays nowhere: a page that polls loads itself again, maybe just when another is asked for."""
    faults = list(look_at(tab, path))
    tab.goto("about:blank")
    return faults


def upload(tab: Page, content: bytes) -> None:
    tab.goto("/bss/tools/imports")
    tab.locator("input[type=file]").set_input_files({"name": "codes.csv", "mimeType": "text/csv", "buffer": content})
    tab.get_by_role("button", name="Read the file").click()
