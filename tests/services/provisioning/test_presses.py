"""Many people, many workers, one purchase."""

import pytest

from portal.core import errors
from portal.models import Attempt
from tests.services.shop import at_once

CROWD = 32


def test_thirty_two_presses_at_once_buy_one_coupon(shop, work, sandbox, world):
    asset = world.asset()

    outcomes = at_once(CROWD, lambda: shop.press(asset.id, version=asset.version))
    assert outcomes.count(None) == 1
    assert {type(each) for each in outcomes if each is not None} <= {errors.AttemptOpen, errors.StaleVersion}

    at_once(8, work.drain)
    work.later(60)
    assert len(sandbox.control.purchases()) == 1
    assert (shop.status(asset.id), len(shop.all(Attempt, Attempt.asset_id == asset.id))) == ("synchronized", 2)


def test_presses_beside_working_workers_buy_one_coupon(shop, work, sandbox, world):
    asset = world.asset()

    def press_and_work():
        try:
            shop.press(asset.id)
        except errors.DomainError as no:
            return type(no)
        finally:
            work.drain()

    at_once(8, press_and_work)
    work.later(60)
    assert len(sandbox.control.purchases()) == 1
    assert shop.status(asset.id) == "synchronized"


def test_the_same_order_sent_many_times_at_once_orders_once(shop, work, sandbox):
    ids = at_once(8, lambda: shop.order(key="the-same-form"))
    assert len(set(ids)) == 1
    at_once(4, work.drain)
    work.later(60)
    assert len(sandbox.control.purchases()) == 1


def test_many_workers_buy_one_coupon_for_each_order(shop, work, sandbox):
    ids = [shop.order() for _ in range(12)]
    failures = [each for each in at_once(6, work.drain) if isinstance(each, Exception)]
    work.later(60)
    assert failures == []
    assert {shop.status(each) for each in ids} == {"synchronized"}
    references = [entry["reference"] for entry in sandbox.control.purchases()]
    assert (len(references), len(set(references))) == (12, 12)


def test_another_key_is_another_order(shop, work, sandbox):
    assert shop.order(key="one-form") != shop.order(key="another-form")
    work.drain()
    assert len(sandbox.control.purchases()) == 2


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review"])
def test_an_open_attempt_is_not_pressed_again(shop, sandbox, world, status):
    asset = world.asset(status)
    with pytest.raises(errors.AttemptOpen):
        shop.press(asset.id)
    with pytest.raises(errors.AttemptOpen):
        shop.save(asset.id, name="Other")
    assert len(shop.all(Attempt, Attempt.asset_id == asset.id)) == 1


def test_a_synchronized_asset_never_buys_again(shop, work, sandbox, world):
    asset = world.asset("synchronized")
    with pytest.raises(errors.Conflict):
        shop.press(asset.id)
    assert shop.save(asset.id, name="Other", expire_days=9) is False
    work.later(3600)
    assert (shop.asset(asset.id).name, shop.asset(asset.id).expire_days) == ("Other", asset.expire_days)
    assert sandbox.control.journal() == []


def test_a_stale_version_buys_nothing(shop, work, sandbox, world):
    asset = world.asset()
    with pytest.raises(errors.StaleVersion):
        shop.press(asset.id, version=asset.version - 1)
    work.drain()
    assert sandbox.control.journal() == []


def test_an_asset_whose_payer_is_not_at_bittitan_is_not_bought(shop, sandbox, world):
    asset = world.asset()
    world.edit(world.partner, organization_id=None)
    with pytest.raises(errors.Conflict) as no:
        shop.press(asset.id)
    assert no.value.link == ("account", str(world.partner.id))
    assert shop.status(asset.id) == "failed"


def test_a_quantity_out_of_range_is_not_ordered(shop, sandbox):
    for quantity in (0, 10001):
        with pytest.raises(errors.InvalidInput):
            shop.order(quantity=quantity)
    assert sandbox.control.journal() == []
