"""Many assets are cancelled: at once, or after BitTitan has revoked the coupon. The sandbox's journal is the judge."""

import pytest

from portal.core import errors
from portal.models import Coupon, Lifecycle
from portal.services.lists.list_filters import Filters

pytestmark = pytest.mark.sqlite


def _is_cancelled(world, asset) -> bool:
    return world.reload(asset).lifecycle is Lifecycle.CANCELLED


def test_failed_ones_are_cancelled_at_once_with_one_reason(bulk, shop, work, sandbox, world):
    assets = world.assets(3)
    operation = bulk.begin("cancel", *assets)
    assert not any(_is_cancelled(world, each) for each in assets)
    work.drain()
    assert (bulk.outcomes(operation), bulk.state(operation)) == ({"done": 3}, "done")
    assert all(_is_cancelled(world, each) for each in assets)
    whys = [(entry.act, entry.why) for each in assets for entry in shop.audit(each.id) if entry.act == "cancel"]
    assert whys == [("cancel", "Ordered twice")] * 3
    assert sandbox.control.journal() == []


def test_a_code_is_revoked_first(bulk, shop, work, sandbox, world, bought):
    asset = bought()
    operation = bulk.begin("cancel", asset)
    work.drain()
    assert bulk.outcomes(operation) == {"revoked": 1}
    assert _is_cancelled(world, asset)
    assert len(_revocations(sandbox)) == 1


@pytest.mark.parametrize("fault, first, last", [("refuse", "refused", "refused"), ("drop_after", "unknown", "revoked")])
def test_until_bittitan_says_yes_the_asset_stays_active(bulk, work, sandbox, world, bought, fault, first, last):
    """And the receipt goes on saying what is known."""
    asset, other = bought(), world.asset()
    sandbox.control.fault("revokeCoupon", fault)
    operation = bulk.begin("cancel", asset, other)
    work.drain()
    assert bulk.outcomes(operation) == {first: 1, "done": 1}
    assert not _is_cancelled(world, asset)
    assert bulk.state(operation) == "done"
    work.later(30)
    assert bulk.outcomes(operation) == {last: 1, "done": 1}
    assert _is_cancelled(world, asset) == (last == "revoked")


def test_each_that_is_left_has_its_reason(bulk, shop, work, sandbox, world, bought):
    redeemed, unverified, without_id, asked = (bought() for _ in range(4))
    for asset, columns in (
        (redeemed, {"status": "Redeemed"}),
        (unverified, {"is_verified": False, "confirmed_at": None}),
        (without_id, {"bittitan_id": None, "confirmed_at": None}),
    ):
        (coupon,) = shop.all(Coupon, Coupon.asset_id == asset.id)
        world.edit(coupon, **columns)
    shop.cancel(asked.id)
    reasons = {
        redeemed.id: "redeemed",
        unverified.id: "unverified",
        without_id.id: "no_id",
        asked.id: "asked",
        world.asset("synchronizing").id: "open",
        world.asset("unconfirmed").id: "checking",
        world.asset("review").id: "review",
        world.asset("failed", lifecycle="cancelled").id: "cancelled",
        world.asset().id: None,
    }
    stale = world.asset()
    operation = bulk.pick("cancel", *(shop.asset(each) for each in reasons), stale)
    world.edit(stale, version=stale.version + 1)
    assert bulk.whys(operation) == reasons | {stale.id: "stale"}

    bulk.start(operation)
    assert bulk.outcomes(operation) == {"will": 1, "left_out": 8, "stale": 1}


def test_a_revoked_code_needs_no_more_asking(bulk, shop, work, sandbox, world, bought):
    asset = bought()
    (coupon,) = shop.all(Coupon, Coupon.asset_id == asset.id)
    world.edit(coupon, status="Revoked")
    operation = bulk.pick("cancel", asset)
    assert bulk.outcomes(operation) == {"will": 1}
    bulk.start(operation)
    work.drain()
    assert bulk.outcomes(operation) == {"done": 1}
    assert _revocations(sandbox) == []


def test_the_preview_adds_up_by_what_happens_and_by_currency(bulk, world, bought):
    world.asset(quantity=10, unit_price=1000, currency="EUR")
    world.asset(quantity=2, unit_price=500, currency="CHF")
    bought(quantity=5, unit_price=100, currency="EUR")
    world.asset("review")
    preview = bulk.preview(bulk.match("cancel"))
    assert {name.value: each.count for name, each in preview.sums.items()} == {"will": 2, "will_revoke": 1}
    assert preview.possible.money == {"EUR": 10_500, "CHF": 1000}
    assert preview.possible.licences == 17
    assert {why.value: each.count for why, each in preview.left.items()} == {"review": 1}


def test_all_that_match_are_frozen_when_they_are_chosen(bulk, work, world):
    early = world.assets(2)
    operation = bulk.match("cancel", Filters())
    late = world.asset()
    bulk.start(operation)
    work.drain()
    assert [_is_cancelled(world, each) for each in (*early, late)] == [True, True, False]


def test_no_more_are_taken_than_one_operation_can_hold(bulk, world, monkeypatch):
    monkeypatch.setattr("portal.services.bulk_lists.MOST", 3)
    assets = world.assets(4)
    operation = bulk.match("cancel")
    assert [item.asset_id for item in bulk.items(operation)] == [asset.id for asset in assets[:3]]
    assert bulk.row(operation).is_cut


def test_a_second_press_starts_nothing_and_another_number_neither(bulk, work, world):
    operation = bulk.pick("cancel", *world.assets(2))
    for seen in (0, 1, 3):
        with pytest.raises(errors.StaleVersion):
            bulk.start(operation, version=seen)
    bulk.start(operation)
    with pytest.raises(errors.Conflict):
        bulk.start(operation)
    work.drain()
    assert bulk.outcomes(operation) == {"done": 2}


def test_two_operations_with_the_same_assets_cancel_each_once(bulk, shop, work, sandbox, world, bought):
    assets = [world.asset(), bought()]
    first, second = bulk.pick("cancel", *assets), bulk.pick("cancel", *assets)
    bulk.start(first)
    bulk.start(second)
    work.drain()
    assert bulk.outcomes(first) == {"done": 1, "revoked": 1}
    assert set(bulk.outcomes(second)) <= {"left_out", "stale"}
    assert len(_revocations(sandbox)) == 1
    assert [[e.act for e in shop.audit(each.id)].count("cancel") for each in assets] == [1, 1]


def test_what_was_not_begun_when_it_is_stopped_stays(bulk, work, world, monkeypatch):
    assets = world.assets(3)
    operation = bulk.begin("cancel", *assets)
    bulk.stop(operation)
    work.drain()
    assert (bulk.outcomes(operation), bulk.state(operation)) == ({"not_begun": 3}, "stopped")
    assert not any(_is_cancelled(world, each) for each in assets)
    with pytest.raises(errors.Conflict):
        bulk.stop(operation)


def test_who_may_not_any_more_cancels_nothing_more(bulk, work, world):
    assets = world.assets(2)
    operation = bulk.begin("cancel", *assets)
    world.edit(world.dana, disabled_at=world.dana.created_at)
    work.drain()
    assert (bulk.state(operation), bulk.row(operation).why) == ("halted", "right")
    assert bulk.outcomes(operation) == {"not_begun": 2}


def _revocations(sandbox) -> list:
    return sandbox.control.journal(what="revoked")
