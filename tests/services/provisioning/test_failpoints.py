"""The labelled points at which other tests stop, slow or kill the protocol."""

import pytest

from portal.core import failpoints


def test_every_point_is_passed_and_no_other(shop, work, sandbox):
    passed = set()
    with failpoints.listen(passed.add):
        _everything(shop, work, sandbox)
    assert passed == set(failpoints.FAILPOINTS)


def test_a_listener_hears_nothing_once_its_block_has_ended(shop, work):
    passed = []
    with failpoints.listen(passed.append):
        pass
    shop.order()
    assert passed == []


def test_what_stops_before_a_commit_has_written_nothing(shop, work, sandbox):
    def stop(point: str) -> None:
        if point == "reserve: before commit":
            raise KeyboardInterrupt

    with failpoints.listen(stop), pytest.raises(KeyboardInterrupt):
        shop.order()
    assert work.drain() == 0


def _everything(shop, work, sandbox) -> None:
    bought, lost, attached = shop.order(), shop.order(), shop.order()
    sandbox.control.fault("createCoupon", "drop_before", shop.asset(lost).reference)
    sandbox.control.fault("createCoupon", "refuse", shop.asset(attached).reference)
    work.drain()
    assert [shop.status(each) for each in (bought, lost, attached)] == ["synchronized", "unconfirmed", "failed"]
    work.skip(20 * 3600 + 1)
    work.drain()
    work.later(61)
    shop.attest(lost)
    work.later(86400)
    shop.press(lost)
    work.drain()
    sandbox.control.fault("checkCoupons", "html")
    shop.attach(attached, "NOBODY-KNOWS-1", unverified=True)
    work.confirm()
    cancelled = shop.order(quantity=1)
    sandbox.control.fault("createCoupon", "refuse")
    work.drain()
    shop.cancel(cancelled)
    _lose_a_sender(shop, work)


def _lose_a_sender(shop, work) -> None:
    def stop(point: str) -> None:
        if point == failpoints.FIRST_BYTE:
            raise KeyboardInterrupt

    shop.order()
    with failpoints.listen(stop), pytest.raises(KeyboardInterrupt):
        work.drain()
    work.later(61)
