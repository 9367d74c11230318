"""A coupon whose code is on one record and whose Id is on another: the record with the code gets the Id."""

import pytest

from portal.models import Coupon, CouponStanding, Finding, FindingAct, FindingKind, FindingState

pytestmark = pytest.mark.sqlite

Act, Kind, State = FindingAct, FindingKind, FindingState


@pytest.fixture
def pair(reconciler, shop, world):
    """The record with the code, and the one with the Id, which BitTitan never confirmed."""
    one, other = world.assets(2, "synchronized")
    (with_code,) = shop.all(Coupon, Coupon.asset_id == one.id)
    (with_id,) = shop.all(Coupon, Coupon.asset_id == other.id)
    world.edit(with_id, confirmed_at=None)
    world.edit(with_code, bittitan_id=None)
    reconciler.sandbox.control.put_coupons(
        [reconciler.coupon(Code=with_code.code, Id=with_id.bittitan_id, ExternalReference=one.reference)]
    )
    return with_code, with_id


@pytest.fixture
def finding(reconciler, pair) -> Finding:
    (row,) = reconciler.findings(reconciler.run(), Finding.kind == Kind.TWO_RECORDS)
    return row


def again(shop, row: Coupon) -> Coupon:
    (now,) = shop.all(Coupon, Coupon.id == row.id)
    return now


def test_the_record_with_the_code_gets_the_id_and_both_codes_stay(reconciler, shop, work, pair, finding):
    with_code, with_id = pair
    assert finding.coupon_id == with_code.id
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.DONE
    first, second = again(shop, with_code), again(shop, with_id)
    assert (first.code, first.bittitan_id, first.standing) == (
        with_code.code, with_id.bittitan_id, CouponStanding.RECORDED,
    )  # fmt: skip
    assert (second.code, second.bittitan_id) == (with_id.code, None)
    assert second.standing is CouponStanding.WITHDRAWN  # it was looked up by itself: BitTitan does not know it


def test_what_bittitan_has_confirmed_loses_nothing(reconciler, shop, world, work, pair, finding):
    with_code, with_id = pair
    world.edit(with_id, confirmed_at=with_id.recorded_at)
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    row = reconciler.again(finding)
    assert (row.state, "confirmed both" in row.refusal) == (State.REFUSED, True)
    assert (again(shop, with_code).bittitan_id, again(shop, with_id).bittitan_id) == (None, with_id.bittitan_id)


def test_another_id_on_the_record_is_not_overwritten(reconciler, shop, world, work, pair, finding):
    with_code, with_id = pair
    world.edit(with_code, bittitan_id="another-id")
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert again(shop, with_code).bittitan_id == "another-id"
    assert again(shop, with_id).bittitan_id == with_id.bittitan_id
