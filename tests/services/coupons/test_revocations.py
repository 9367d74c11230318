"""BitTitan withdraws a coupon: nothing counts before it said yes, and asking again is harmless."""

import pytest

from portal.core import errors
from portal.models import Asset, Coupon, Revocation
from portal.services import assets
from portal.services.coupons import revocations
from portal.services.vendor import provider
from tests.services.shop import at_once


def status(shop, coupon_id: int) -> str:
    return shop.all(Coupon, Coupon.id == coupon_id)[0].status


def revocation(shop, coupon_id: int) -> Revocation:
    return shop.all(Revocation, Revocation.coupon_id == coupon_id)[0]


def revoked(sandbox) -> list[str]:
    return [entry["code"] for entry in sandbox.control.journal(what="revoked")]


def test_a_surplus_coupon_is_revoked_and_stays_on_record(shop, work, sandbox, desk, twice):
    asset_id, coupon_id = twice()
    desk.revoke(coupon_id)
    assert status(shop, coupon_id) == "Active"

    work.drain()

    assert (status(shop, coupon_id), revocation(shop, coupon_id).state.value) == ("Revoked", "revoked")
    assert len(revoked(sandbox)) == 1
    assert shop.code(asset_id) not in revoked(sandbox)
    assert [row.id for row in desk.coupons()] == [coupon_id]
    assert ["revoked", "revoke"] == [entry.act for entry in shop.audit(asset_id)][:-3:-1]


def test_revoking_twice_is_harmless(shop, work, sandbox, desk, twice):
    _, coupon_id = twice()
    desk.revoke(coupon_id)
    with pytest.raises(errors.Conflict):
        desk.revoke(coupon_id)
    work.drain()
    with pytest.raises(errors.Conflict):
        desk.revoke(coupon_id)
    work.drain()
    assert len(revoked(sandbox)) == 1


def test_two_people_who_revoke_at_once_ask_once(shop, work, sandbox, desk, twice):
    _, coupon_id = twice()
    outcomes = at_once(2, lambda: desk.revoke(coupon_id))
    assert outcomes.count(None) == 1
    assert isinstance(next(each for each in outcomes if each), errors.Conflict)
    work.drain()
    assert len(revoked(sandbox)) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "html", "truncate", "fail_after"])
def test_without_a_clear_answer_nothing_counts_as_revoked_and_it_is_asked_again(
    shop, work, sandbox, desk, twice, fault
):
    _, coupon_id = twice()
    sandbox.control.fault("revokeCoupon", fault)
    desk.revoke(coupon_id)
    work.drain()
    assert status(shop, coupon_id) == "Active"
    assert revocation(shop, coupon_id).is_open
    with pytest.raises(errors.Conflict):
        desk.give(coupon_id, shop.world.asset().id)

    work.later(6)
    assert status(shop, coupon_id) == "Revoked"
    assert len(revoked(sandbox)) == 1


def test_a_sign_in_that_fails_is_no_refusal(shop, work, sandbox, desk, twice):
    _, coupon_id = twice()
    sandbox.control.expire_tickets()
    sandbox.control.fault("signIn", "refuse", times=None)
    desk.revoke(coupon_id)
    work.drain()
    assert revocation(shop, coupon_id).is_open


def test_a_redeemed_coupon_is_not_revoked_and_that_is_said(shop, work, sandbox, desk, twice):
    asset_id, coupon_id = twice()
    sandbox.control.redeem(shop.all(Coupon, Coupon.id == coupon_id)[0].code)
    desk.revoke(coupon_id)

    work.drain()

    row = revocation(shop, coupon_id)
    assert (row.state.value, row.cause, status(shop, coupon_id)) == ("refused", "CouponRedeemed", "Redeemed")
    assert shop.all(Coupon, Coupon.id == coupon_id)[0].redeemed_at is not None
    (alert,) = shop.alerts("revoke")
    assert alert.asset_id == asset_id
    assert "refused" in alert.text


def test_after_a_week_without_an_answer_a_person_is_told_and_may_ask_anew(shop, work, sandbox, desk, twice):
    _, coupon_id = twice()
    sandbox.control.fault("revokeCoupon", "drop_before", times=None)
    desk.revoke(coupon_id)
    work.drain()
    work.later(8 * 86400)
    assert (revocation(shop, coupon_id).state.value, status(shop, coupon_id)) == ("unanswered", "Active")
    assert len(shop.alerts("revoke")) == 1

    sandbox.control.clear_faults()
    desk.revoke(coupon_id)
    work.drain()
    assert status(shop, coupon_id) == "Revoked"


def test_a_coupon_without_an_id_cannot_be_revoked_here(shop, desk, world):
    coupon = world.surplus(world.asset("synchronized"), bittitan_id=None)
    with pytest.raises(errors.Conflict, match="never gave the Id"):
        desk.revoke(coupon.id)


def test_a_synchronized_asset_is_cancelled_once_its_coupon_is_revoked(shop, work, sandbox):
    asset_id = shop.order()
    work.drain()
    shop.cancel(asset_id)
    assert shop.asset(asset_id).is_active

    work.drain()

    assert not shop.asset(asset_id).is_active
    assert revoked(sandbox) == [shop.code(asset_id)]
    assert shop.standings(asset_id) == ["recorded"]
    entry = shop.audit(asset_id)[-1]
    assert (entry.act, entry.actor, entry.why) == ("cancel", "Dana Markou", "Ordered twice.")


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_uncertain_revoke_does_not_look_cancelled(shop, work, sandbox, fault):
    asset_id = shop.order()
    work.drain()
    sandbox.control.fault("revokeCoupon", fault, times=2)
    shop.cancel(asset_id)
    work.drain()
    assert shop.asset(asset_id).is_active
    with pytest.raises(errors.Conflict):
        shop.cancel(asset_id)

    for seconds in (6, 16):
        work.later(seconds)
    assert not shop.asset(asset_id).is_active
    assert len(revoked(sandbox)) == 1


def test_an_asset_whose_coupon_is_redeemed_stays_active(shop, work, sandbox):
    asset_id = shop.order()
    work.drain()
    sandbox.control.redeem(shop.code(asset_id))
    shop.cancel(asset_id)
    work.drain()
    assert shop.asset(asset_id).is_active
    assert "not cancelled" in shop.alerts("revoke")[0].text
    with pytest.raises(errors.Conflict):
        shop.cancel(asset_id)


def test_a_stale_version_revokes_nothing(shop, work, sandbox):
    asset_id = shop.order()
    work.drain()
    with pytest.raises(errors.StaleVersion):
        shop.act(asset_id, _cancel, version=shop.asset(asset_id).version + 1)
    work.drain()
    assert revoked(sandbox) == []


def test_a_worker_that_died_after_asking_leaves_the_rest_to_the_next(shop, work, sandbox):
    """BitTitan did it, but nobody recorded that: asked again, it says so again."""
    asset_id = shop.order()
    work.drain()
    shop.cancel(asset_id)
    row = shop.all(Revocation)[0]
    with shop.app.app_context():
        provider().revoke_coupon(shop.all(Coupon, Coupon.id == row.coupon_id)[0].bittitan_id)
    assert shop.asset(asset_id).is_active

    work.drain()

    assert not shop.asset(asset_id).is_active
    assert len(revoked(sandbox)) == 1


def test_two_workers_cancel_once(shop, work, sandbox):
    asset_id = shop.order()
    work.drain()
    shop.cancel(asset_id)
    (row,) = shop.all(Revocation)

    def step():
        with shop.app.app_context():
            return revocations.advance(row.id, provider())

    assert at_once(2, step) == [None, None]
    assert [entry.act for entry in shop.audit(asset_id)].count("cancel") == 1
    assert shop.all(Asset, Asset.id == asset_id)[0].lifecycle.value == "cancelled"


def _cancel(asset, **more):
    assets.cancel(asset, reason="x", **more)
