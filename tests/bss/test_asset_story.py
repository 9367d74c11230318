"""The page with the whole story of an asset: who, when, what, from, to, why."""

import pytest

from tests.services.shop import Shop

pytestmark = pytest.mark.sqlite  # its statements are proved on both in tests/services/audit_log: once is enough


@pytest.fixture
def bought(app, world, sandbox, work):
    shop = Shop(app, world)
    shop.connect()
    asset_id = shop.order()
    work.drain()
    return shop.asset(asset_id)


def lines(page) -> list[tuple[str, str]]:
    """Who, and what."""
    rows = page.one("#list tbody").select("tr")
    return [(row.select("td")[1].get_text(" ", strip=True), row.th.get_text(strip=True)) for row in rows]


def test_attempts_requests_and_changes_stand_together(bought, browse, app, world):
    page = browse("vera").open("bss.assets.story", asset_id=bought.id)
    told = lines(page)
    by_worker = f"{world.dana.name} by the worker"
    assert told[-1] == (world.dana.name, "Submitted")
    assert {(world.dana.name, "Attempt 1"), (by_worker, "Purchase sent"), (by_worker, "Coupon code")} <= set(told)
    assert "coupon issued" in page.text
    assert Shop(app, world).code(bought.id) not in page.body


def test_a_chip_shows_one_part(bought, browse):
    dana = browse("dana")
    page = dana.press(dana.open("bss.assets.story", asset_id=bought.id), "Attempts and requests")
    assert {what for _who, what in lines(page)} <= {"Attempt 1", "Purchase sent", "Looked up by reference"}
    page = dana.press(page, "Answers about the code")
    assert "Nothing of that kind has happened" in page.text


def test_the_audit_log_of_an_asset_leads_to_its_story(bought, browse):
    vera = browse("vera")
    page = vera.visit(f"{vera.url('bss.audit.index')}?q={bought.number}")
    assert vera.press(page, "The whole story of this asset").h1 == f"The story of {bought.number}"
    assert "The whole story" not in vera.open("bss.audit.index").text
