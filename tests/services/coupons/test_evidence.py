"""A coupon that comes in the answer to a purchase and is not as asked: kept, because nobody may ever show it again."""

import pytest

from portal.models import Coupon

pytestmark = pytest.mark.sqlite

SKU = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
@pytest.mark.parametrize("fields", [{"Quantity": 3}, {"ProductSkuId": SKU}])
def test_a_blind_server_that_issues_something_else_leaves_its_code(shop, work, sandbox, desk, server, fields):
    sandbox.control.fault("createCoupon", "lie", fields=fields)
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("review", ["review"])
    (bought,) = sandbox.control.purchases()
    assert shop.all(Coupon)[0].code == bought["code"]

    work.skip(600)
    shop.attest(asset_id)
    desk.revoke(desk.coupons()[0].id)
    work.drain()
    assert len(sandbox.control.journal(what="revoked")) == 1


def test_an_answer_that_lied_is_corrected_by_the_look_up(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "lie", fields={"Quantity": 3})
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])
    work.later(16)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("synchronized", ["recorded"])
    assert shop.all(Coupon)[0].quantity == 25
    assert len(sandbox.control.purchases()) == 1


def test_what_stands_under_another_reference_is_kept_until_a_look_has_decided(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "lie", fields={"ExternalReference": "somebody-elses-reference-1"})
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])
    work.later(16)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("synchronized", ["recorded"])


def test_with_a_coupon_in_hand_an_absence_does_not_mean_failed(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "lie", fields={"Quantity": 3})
    asset_id = shop.order()
    work.drain()
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    for seconds in (601, 61, 61, 61):
        work.later(seconds)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("review", ["review"])
