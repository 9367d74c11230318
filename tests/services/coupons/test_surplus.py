"""The surplus register: nothing that BitTitan issued is dropped, and each coupon has a way out."""

import pytest

from portal.core import errors
from portal.models import Coupon, CouponStanding, SyncStatus
from portal.services import vendor
from portal.services.coupons.surplus import Part
from portal.services.provisioning import lookups
from tests.services.shop import at_once

WRONG = {"Quantity": 24}


def row(shop, coupon_id: int) -> Coupon:
    return shop.all(Coupon, Coupon.id == coupon_id)[0]


@pytest.fixture
def mismatched(shop, work, sandbox):
    """An asset in review, because BitTitan issued another quantity under its reference."""

    def make(**fields) -> int:
        sandbox.control.fault("createCoupon", "drop_before")
        asset_id = shop.order()
        work.drain()
        world, asset = shop.world, shop.asset(asset_id)
        coupon = {"Code": f"SBX-LIKE-{asset_id}", "OrganizationId": world.partner.organization_id, "Quantity": 25}
        sandbox.control.put_coupons([coupon | {"ExternalReference": asset.reference} | WRONG | fields])
        work.later(16)
        assert (shop.status(asset_id), shop.standings(asset_id)) == ("review", ["review"])
        return asset_id

    return make


def test_a_surplus_coupon_is_attached_to_another_asset_that_it_fits(shop, sandbox, desk, twice, world):
    asset_id, coupon_id = twice()
    other = world.asset()
    assert desk.fitting(coupon_id) == [other.id]

    desk.give(coupon_id, other.id)

    coupon = row(shop, coupon_id)
    assert (coupon.asset_id, coupon.standing, coupon.moved_from_id) == (other.id, CouponStanding.RECORDED, asset_id)
    assert (shop.status(other.id), shop.code(other.id)) == ("synchronized", coupon.code)
    assert shop.standings(asset_id) == ["recorded"]
    assert ("give", f"AS-{other.id}") in [(entry.act, entry.after) for entry in shop.audit(asset_id)]
    assert len(sandbox.control.purchases()) == 2
    assert [each.id for each in desk.coupons(Part.MOVED)] == [coupon_id]
    assert desk.coupons(Part.OPEN) == []


def test_two_who_give_it_away_at_once_give_it_once(shop, desk, twice, world):
    _, coupon_id = twice()
    targets = [world.asset().id, world.asset().id]
    queue = iter(targets)
    outcomes = at_once(2, lambda: desk.give(coupon_id, next(queue)))
    assert outcomes.count(None) == 1
    assert isinstance(next(each for each in outcomes if each), errors.DomainError)
    assert sorted(map(shop.status, targets)) == ["failed", "synchronized"]


@pytest.mark.parametrize("columns", [{"quantity": 24}, {"product": "bundle"}, {"account": "rival_customer"}])
def test_it_is_not_attached_where_it_does_not_fit(shop, desk, twice, world, columns):
    _, coupon_id = twice()
    named = {name: getattr(world, value) if isinstance(value, str) else value for name, value in columns.items()}
    other = world.asset(**named)
    assert desk.fitting(coupon_id) == []
    with pytest.raises(errors.Conflict):
        desk.give(coupon_id, other.id)
    assert (shop.status(other.id), row(shop, coupon_id).standing) == ("failed", CouponStanding.SURPLUS)


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review", "synchronized"])
def test_only_a_failed_asset_takes_it(shop, desk, twice, world, status):
    _, coupon_id = twice()
    other = world.asset(status)
    with pytest.raises(errors.DomainError):
        desk.give(coupon_id, other.id)
    assert (shop.status(other.id), row(shop, coupon_id).standing) == (status, CouponStanding.SURPLUS)


def test_a_stale_version_takes_nothing(shop, desk, twice, world):
    _, coupon_id = twice()
    other = world.asset()
    with pytest.raises(errors.StaleVersion):
        desk.give(coupon_id, other.id, version=other.version + 1)
    assert row(shop, coupon_id).standing is CouponStanding.SURPLUS


@pytest.mark.parametrize("end", ["redeem", "expire"])
def test_what_is_worth_nothing_any_more_is_not_attached(shop, sandbox, desk, twice, world, end):
    _, coupon_id = twice()
    other = world.asset()
    getattr(sandbox.control, end)(row(shop, coupon_id).code)
    with pytest.raises(errors.Conflict):
        desk.give(coupon_id, other.id)
    assert (shop.status(other.id), row(shop, coupon_id).is_spent) == ("failed", True)


def test_without_an_answer_nothing_is_attached(shop, sandbox, desk, twice, world):
    _, coupon_id = twice()
    other = world.asset()
    sandbox.control.fault("checkCoupons", "drop_before", times=None)
    with pytest.raises(errors.Unavailable):
        desk.give(coupon_id, other.id)
    assert (shop.status(other.id), row(shop, coupon_id).standing) == ("failed", CouponStanding.SURPLUS)


def test_look_ups_of_its_first_asset_leave_it_where_it_was_given_to(shop, work, sandbox, desk, twice, world):
    asset_id, coupon_id = twice()
    other = world.asset()
    desk.give(coupon_id, other.id)
    sandbox.control.redeem(shop.code(asset_id))  # now only the other one is listed under the reference
    before = len(shop.alerts("review"))
    with shop.app.app_context():
        lookups.look_again(shop.attempt(asset_id), vendor.provider())
    assert len(shop.alerts("review")) == before
    assert shop.code(other.id) == row(shop, coupon_id).code


def test_what_is_not_as_asked_leaves_the_review_for_the_register(shop, work, desk, mismatched):
    asset_id = mismatched()
    work.skip(600)
    shop.attest(asset_id)
    assert (shop.status(asset_id), shop.state(asset_id), shop.standings(asset_id)) == (
        "failed",
        "not_executed",
        ["surplus"],
    )
    assert [alert.asset_id for alert in shop.alerts("surplus")] == [asset_id]
    work.later(3600)  # look-ups go on, and find what is decided
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("failed", ["surplus"])


def test_nothing_more_is_bought_while_that_coupon_can_be_redeemed(shop, work, sandbox, desk, mismatched):
    asset_id = mismatched()
    work.skip(600)
    shop.attest(asset_id)
    for act in (lambda: shop.press(asset_id), lambda: shop.save(asset_id, name="x")):
        with pytest.raises(errors.Conflict, match="surplus register"):
            act()

    desk.revoke(desk.coupons()[0].id)
    work.drain()
    shop.press(asset_id)
    work.drain()

    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases(shop.asset(asset_id).reference)) == 1


def test_a_coupon_goes_nowhere_else_while_its_own_asset_may_need_it(shop, work, sandbox, desk, mismatched, world):
    """It went elsewhere before, if it was not as asked: but a code under a reference of ours is that asset’s."""
    asset_id = mismatched()
    work.skip(600)
    shop.attest(asset_id)
    (coupon,) = desk.coupons()
    fits = world.asset(quantity=24)
    assert desk.fitting(coupon.id) == []
    for status in ("failed", "review", "unconfirmed", "synchronizing"):
        world.edit(shop.asset(asset_id), sync_status=SyncStatus(status))
        with pytest.raises(errors.Conflict, match=f"AS-{asset_id}") as refusal:
            desk.give(coupon.id, fits.id)
        assert refusal.value.link == ("asset", asset_id)
    assert (shop.status(fits.id), row(shop, coupon.id).standing) == ("failed", CouponStanding.SURPLUS)
    world.edit(shop.asset(asset_id), sync_status=SyncStatus.FAILED)

    shop.cancel(asset_id)
    desk.give(coupon.id, fits.id)

    assert (shop.status(fits.id), shop.code(fits.id)) == ("synchronized", coupon.code)


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "idempotent"}])
def test_a_server_that_issues_one_coupon_for_a_reference_is_not_asked_again(shop, work, desk, mismatched, server):
    asset_id = mismatched()
    work.skip(600)
    shop.attest(asset_id)
    desk.revoke(desk.coupons()[0].id)
    work.drain()
    with pytest.raises(errors.Conflict, match="order again"):
        shop.press(asset_id)
    shop.cancel(asset_id)
    assert not shop.asset(asset_id).is_active


def test_what_was_kept_for_the_review_goes_along_when_the_right_code_is_attached(shop, work, sandbox, mismatched):
    asset_id = mismatched()
    right = {"Code": "SBX-RIGHT-0001", "OrganizationId": shop.world.partner.organization_id, "Quantity": 25}
    sandbox.control.put_coupons([right | {"ExternalReference": shop.asset(asset_id).reference}])
    shop.attach(asset_id, "SBX-RIGHT-0001")
    assert shop.code(asset_id) == "SBX-RIGHT-0001"
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]


def test_what_is_found_not_as_asked_for_a_settled_asset_goes_to_the_register(shop, work, sandbox, desk, world):
    asset_id = shop.order()
    work.drain()
    fields = {"Code": "SBX-ODD-0001", "ExternalReference": shop.asset(asset_id).reference, "Quantity": 3}
    sandbox.control.put_coupons([fields])
    sandbox.control.redeem(shop.code(asset_id))
    run = desk.compare()
    assert (run.waiting, len(run.done)) == ([], 1)
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]
    assert shop.status(asset_id) == "synchronized"
