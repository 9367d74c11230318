"""A clock that jumps: what seems to have passed may not have, so nothing is concluded from it."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.services.vendor import breaker

pytestmark = pytest.mark.sqlite


def test_after_a_jump_of_the_clock_no_absence_is_concluded_for_one_quarantine(shop, work, sandbox, lost):
    with shop.app.app_context(), transaction():
        breaker.doubt_the_clock(clock.now() + timedelta(seconds=700))
    work.later(601)
    work.later(61)
    work.later(61)
    assert shop.status(lost) == "unconfirmed"
    for _ in range(6):
        work.later(600)
    assert shop.status(lost) == "failed"


def test_what_was_absent_before_the_clock_jumped_says_nothing_afterwards(shop, work, sandbox, lost):
    """Ten minutes seem to have passed, and none has: BitTitan may still carry it out."""
    work.later(601)
    assert shop.attempt(lost).absent_at is not None
    with shop.app.app_context(), transaction():
        breaker.doubt_the_clock(clock.now())

    work.skip(601)
    sandbox.control.fault("searchCoupons", "lie_search")
    asset = shop.asset(lost)
    coupon = {"Code": "SBX-LATE-0001", "ExternalReference": asset.reference, "Quantity": asset.quantity}
    sandbox.control.put_coupons([coupon | {"OrganizationId": shop.world.partner.organization_id}])
    work.drain()

    assert shop.status(lost) == "unconfirmed"
    work.later(61)
    assert (shop.status(lost), shop.code(lost)) == ("synchronized", "SBX-LATE-0001")


def test_a_worker_sees_that_the_clock_jumped(shop, monkeypatch):
    from portal.worker.loop import Worker

    worker = Worker(shop.app)
    with shop.app.app_context():
        worker._beat()
        worker._last = (worker._last[0] - timedelta(seconds=20), worker._last[1])
        worker._beat()
        db.session.commit()
    assert shop.connection().doubt_until > datetime.now(UTC) + timedelta(seconds=500)
