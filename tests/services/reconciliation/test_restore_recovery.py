"""An old backup comes back: what was bought since is found, and not bought again.

The judge is the sandbox's journal, which no backup of ours takes back.
"""

import uuid
from datetime import timedelta

import pytest

from portal.core import errors
from portal.extensions import db
from portal.models import Account, Asset, Coupon
from portal.services import provisioning
from tests.services.restoring import refused, release

pytestmark = pytest.mark.sqlite


def strays(shop) -> list[Coupon]:
    """In the surplus register, without an asset."""
    return shop.all(Coupon, Coupon.asset_id.is_(None))


def test_what_was_bought_after_the_backup_is_not_bought_again(shop, work, sandbox, backup):
    failed, reserved = refused(shop, work, sandbox), shop.order()
    backup.take()
    shop.press(failed)
    work.drain()
    lost = shop.order()
    work.drain()
    codes = {each: shop.code(each) for each in (reserved, failed, lost)}
    assert None not in codes.values()
    assert len(sandbox.control.purchases()) == 3

    backup.restore()
    assert (shop.status(reserved), shop.status(failed)) == ("synchronizing", "failed")
    assert shop.all(Asset, Asset.id == lost) == []
    work.drain()

    assert (shop.code(reserved), shop.code(failed)) == (codes[reserved], codes[failed])
    assert [(stray.code, stray.quantity) for stray in strays(shop)] == [(codes[lost], 25)]
    assert len(shop.alerts("surplus")) == 1
    work.later(601)
    release(shop)
    work.later(61)
    assert len(sandbox.control.purchases()) == 3


def test_what_was_bought_after_its_account_was_corrected_is_recorded(shop, work, sandbox, backup, world):
    """The attempt that bought it is lost; the last one here was for the former organisation."""
    failed = refused(shop, work, sandbox)
    with world.transaction():
        db.session.get(Account, world.partner.id).organization_id = str(uuid.uuid4())
    backup.take()
    shop.press(failed)
    work.drain()
    code = shop.code(failed)
    assert code is not None

    backup.restore()
    work.drain()

    assert (shop.status(failed), shop.code(failed)) == ("synchronized", code)
    assert len(sandbox.control.purchases()) == 1


def test_nothing_is_sent_before_the_release(shop, work, sandbox, backup):
    asset_id = shop.order()
    backup.take()
    backup.restore()
    for _ in range(4):
        work.later(60)
    attempt = shop.attempt(asset_id)
    assert (attempt.state.value, attempt.send_number, attempt.tries) == ("reserved", 0, 0)
    assert (shop.connection().frozen_why, sandbox.control.purchases()) == ("restored", [])
    assert len(shop.alerts("frozen")) == 1

    work.later(600)
    release(shop)
    work.drain()
    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1
    assert [alert.seen_at is None for alert in shop.alerts("frozen")] == [False]


def test_the_release_waits_for_a_look_up_that_began_after_the_quarantine(shop, work, sandbox, backup):
    refused(shop, work, sandbox)
    backup.take()
    backup.restore()
    work.drain()
    with pytest.raises(errors.Conflict):
        release(shop)
    work.later(590)
    with pytest.raises(errors.Conflict):
        release(shop)
    work.later(11)
    release(shop)
    with pytest.raises(errors.Conflict):
        release(shop)


def test_a_look_up_without_an_answer_is_none(shop, work, sandbox, backup):
    refused(shop, work, sandbox)
    backup.take()
    backup.restore()
    sandbox.control.fault("searchCoupons", "drop_before", times=None)
    for _ in range(8):
        work.later(120)
    with pytest.raises(errors.Conflict):
        release(shop)

    sandbox.control.clear_faults()
    work.later(31)
    release(shop)


def test_a_release_needs_a_reason(shop, backup):
    backup.take()
    backup.restore()
    with pytest.raises(errors.InvalidInput):
        release(shop, reason="  ")


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_a_blind_server_needs_a_persons_word(shop, work, backup, server):
    asset_id = shop.order()
    backup.take()
    backup.restore()
    work.later(700)
    with pytest.raises(errors.InvalidInput):
        release(shop)
    release(shop, unsearched=True)
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_an_imported_asset_that_was_bought_since_is_found(shop, world, work, sandbox, backup):
    asset = world.asset("failed", attempts=0, imported_at=world.dana.created_at)
    world.edit(asset, reference="mrd-" + "1" * 32, created_at=asset.created_at - timedelta(days=30))
    backup.take()
    shop.act(asset.id, provisioning.request, not_bought=True)
    work.drain()
    code = shop.code(asset.id)

    backup.restore()
    work.drain()
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", code)


def test_a_second_coupon_of_a_recorded_asset_goes_to_the_surplus_register(shop, work, sandbox, backup):
    asset_id = shop.order()
    work.drain()
    backup.take()
    [coupon] = sandbox.control.coupons()
    sandbox.control.put_coupons([coupon | {"Code": "SBX-MORE-THAN-ONE-1", "Id": str(uuid.uuid4())}])
    backup.restore()
    work.drain()
    work.confirm()  # the recorded one is asked about first: it came with an answer, and no look has confirmed it
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]


def test_an_answer_that_comes_during_the_restore_is_not_given_to_another_asset(shop, work, sandbox, backup, sending):
    backup.take()
    lost = shop.order(quantity=7)
    sandbox.control.fault("createCoupon", "late", seconds=7.5)
    with sending(lost):
        backup.restore()
        other = shop.order(quantity=9)
        assert shop.attempt(other).id is not None
    assert shop.code(other) is None
    work.drain()
    assert [stray.quantity for stray in strays(shop)] == [7]


def test_a_list_that_lacks_what_bittitan_calls_active_releases_nothing(shop, work, sandbox, backup):
    """Its search finds nothing for a while; whoever pressed then would buy again."""
    shop.order()
    work.drain()
    work.later(16 * 60)
    failed = refused(shop, work, sandbox)
    backup.take()
    shop.press(failed)
    work.drain()
    code = shop.code(failed)
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    backup.restore()
    work.drain()
    work.later(601)
    with pytest.raises(errors.Conflict, match="not complete yet"):
        release(shop)
    assert "proves nothing" in shop.alerts("frozen")[-1].text

    sandbox.control.clear_faults()
    work.later(301)
    assert shop.code(failed) == code
    release(shop)
    assert len(sandbox.control.purchases()) == 2
