"""BitTitan's clock is not ours: nothing is lost, held or bought twice because it is a day behind, or ahead."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from portal.core import errors
from portal.models import Coupon
from portal.services.restore_guard import freeze
from portal.worker.loop import Worker
from tests.services.restoring import connection, release

pytestmark = pytest.mark.sqlite

DAY = 86_400
OFF = (-DAY, DAY)


def off(sandbox, seconds: int) -> None:
    sandbox.control.configure(clock_offset=seconds)


@pytest.mark.parametrize("seconds", OFF)
def test_a_clock_that_is_off_holds_no_purchase_and_no_sign_in(shop, work, sandbox, seconds):
    """The deadline of a purchase is told in BitTitan's own time, and a ticket is good for as long as it says."""
    off(sandbox, seconds)
    shop.connect()
    orders = [shop.order()]
    work.drain()
    sandbox.control.fault("signIn", "refuse", code="RateLimited", times=None)
    orders += [shop.order() for _ in range(2)]
    work.drain()
    assert {shop.status(each) for each in orders} == {"synchronized"}
    assert {shop.attempt(each).send_number for each in orders} == {1}
    assert sandbox.control.used_faults() == []


@pytest.mark.parametrize("seconds", OFF)
def test_a_deadline_is_kept_whatever_bittitans_clock_says(shop, work, sandbox, seconds):
    """What a frozen process sends too late is not carried out."""
    off(sandbox, seconds)
    shop.connect()
    shop.order()
    work.drain()
    asset_id = shop.order()
    off(sandbox, seconds + 120)  # the process stood still for two minutes, as far as BitTitan can tell
    work.drain()
    assert [each.cause for each in shop.exchanges(asset_id)] == ["DeadlinePassed"]
    assert len(sandbox.control.purchases()) == 1


def test_a_clock_that_was_mended_is_believed_at_the_next_try(shop, work, sandbox):
    off(sandbox, -DAY)
    shop.connect()
    first = shop.order()
    work.drain()
    off(sandbox, 0)
    second = shop.order()
    work.drain()
    work.later(6)
    assert (shop.status(first), shop.status(second)) == ("synchronized", "synchronized")


@pytest.mark.parametrize("seconds", OFF)
def test_a_pause_until_an_instant_is_one_of_bittitans_clock(shop, work, sandbox, seconds):
    off(sandbox, seconds)
    shop.connect()
    until = datetime.now(UTC) + timedelta(seconds=seconds + 120)
    sandbox.control.fault(
        "createCoupon", "refuse", code="RateLimited", retry_after=format_datetime(until, usegmt=True)
    )  # fmt: skip
    shop.order()
    work.drain()
    assert 110 <= (shop.connection().held_until - datetime.now(UTC)).total_seconds() <= 121


@pytest.mark.parametrize("is_mended", [False, True])
def test_what_was_bought_since_a_backup_is_found_by_a_clock_a_day_behind(shop, work, sandbox, backup, is_mended):
    """Mended since, its answers tell nothing of it any more: only asking for everything finds them."""
    backup.take()
    off(sandbox, -DAY)
    shop.connect()
    lost = [shop.order() for _ in range(14)]
    work.drain()
    codes = {shop.code(each) for each in lost}
    assert len(codes) == len(sandbox.control.purchases()) == 14
    if is_mended:
        off(sandbox, 0)

    backup.restore()
    work.drain()
    with pytest.raises(errors.Conflict):
        release(shop)
    work.later(601)

    assert {stray.code for stray in shop.all(Coupon, Coupon.asset_id.is_(None))} == codes
    assert (shop.connection().listed, shop.connection().accounted) == (14, 14)
    release(shop)
    work.drain()
    assert len(sandbox.control.purchases()) == 14


def test_no_release_while_bittitan_lists_more_than_is_accounted_for(shop, work, sandbox, backup, monkeypatch):
    backup.take()
    shop.order()
    work.drain()
    backup.restore()
    # Nothing of BitTitan's leads there: a defect of the portal's own is played.
    monkeypatch.setattr("portal.services.coupons.surplus.keep_unmatched", lambda *_, **__: None)
    work.later(601)
    assert (shop.connection().listed, shop.connection().accounted) == (1, 0)
    with pytest.raises(errors.Conflict, match="only 0 of them"):
        release(shop)
    assert any("could not be put on record" in alert.text for alert in shop.alerts("frozen"))

    monkeypatch.undo()
    work.later(301)
    assert (shop.connection().listed, shop.connection().accounted) == (1, 1)
    release(shop)


def test_the_first_look_goes_back_by_as_much_as_the_clocks_differ(shop):
    with shop.app.app_context():
        row = connection()
        row.lost_from = datetime(2027, 3, 1, tzinfo=UTC)
        assert freeze.search_start(row, -7200.0) == row.lost_from - freeze.MARGIN - timedelta(hours=2)
        assert freeze.search_start(row, None) is freeze.search_start(row, -2.0 * DAY) is None


def test_a_worker_notes_how_bittitans_clock_stands_and_says_so_once(shop, sandbox):
    off(sandbox, -DAY)
    shop.connect()
    with shop.app.app_context():
        worker = Worker(shop.app)
        worker._beat()
        worker._beat()
    assert abs(shop.connection().clock_offset + DAY) <= 2
    assert ["24 hours behind" in alert.text for alert in shop.alerts("clock")] == [True]
