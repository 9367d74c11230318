"""An asset's page shows what comparisons were told about its code, among the questions that were asked singly."""

import pytest

from portal.core import access
from portal.services.assets import asset_history
from tests.services.conftest import server, settings, shop  # noqa: F401
from tests.services.reconciliation.conftest import reconciler  # noqa: F401
from tests.services.reconciliation.planted import Numbers, plant

pytestmark = pytest.mark.sqlite

FEW = Numbers(unrecorded=0, foreign=0, wrong=1, twice=0, redeemed=1, expired=0, without=0, twins=0)


@pytest.fixture
def told(app, shop):  # noqa: F811
    def read(asset_id: int) -> list[tuple]:
        with app.app_context():
            asked = asset_history.of(access.visible_asset(shop.dana, asset_id)).asked
            return [(each.run_id, each.result.value, each.actor) for each in asked]

    return read


def test_a_code_that_differs_and_one_that_was_redeemed_are_told(reconciler, told):  # noqa: F811
    planted = plant(reconciler, FEW)
    (wrong,), (redeemed,) = planted.assets["wrong"], planted.assets["redeemed"]
    first, second = reconciler.run(), reconciler.run()
    assert told(wrong) == [(run.id, "differs", "Dana Markou") for run in (second, first)]
    assert told(redeemed) == [(first.id, "redeemed", "Dana Markou")]  # a redeemed one is not asked about again


def test_what_agrees_is_told_once_of_the_last_comparison(reconciler, told):  # noqa: F811
    asset_id = reconciler.world.assets(1, "synchronized")[0].id
    reconciler.list_recorded(asset_id)
    reconciler.run()
    last = reconciler.run()
    assert told(asset_id) == [(last.id, "active", "Dana Markou")]


def test_a_comparison_without_an_answer_tells_nothing(reconciler, told, sandbox):  # noqa: F811
    planted = plant(reconciler, FEW)
    sandbox.control.fault("searchCoupons", "html", times=None)
    reconciler.run()
    assert told(planted.assets["wrong"][0]) == []


@pytest.mark.parametrize("nick, links", [("dana", 1), ("vera", 1), ("elena", 0)])
def test_the_page_leads_who_may_see_it_to_the_comparison(browse, reconciler, nick, links):  # noqa: F811
    planted = plant(reconciler, FEW)
    run = reconciler.run()
    page = browse(nick).open("bss.assets.show", asset_id=planted.assets["wrong"][0])
    assert len(page.soup.select(f'a[href="/bss/tools/reconciliation/runs/{run.id}"]')) == links
    (row,) = [row for row in page.rows if f"Comparison {run.id}" in row]
    assert "Something else" in row
