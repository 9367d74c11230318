"""A line of an order is cancelled in whatever state its asset is, and whatever BitTitan answers to the revocation.

The judge is the sandbox's journal: nothing is revoked twice, nothing that was revoked stays active here for long, and
nothing is called cancelled whose coupon BitTitan still honours.
"""

import pytest

from portal.core.errors import DomainError
from portal.models import Coupon, Order, Revocation

pytestmark = pytest.mark.sqlite

ANSWERS = {
    "yes": None,
    "refuses": ("refuse", {}),
    "breaks down": ("fail_before", {}),
    "silent, not done": ("drop_before", {}),
    "silent, but done": ("drop_after", {}),
    "slow": ("timeout_after", {"seconds": 3}),
    "not to be read": ("html", {}),
}
TIMES = {"PROVISIONING_READ_TIMEOUT": "1", "PROVISIONING_TOTAL_TIMEOUT": "2"}


def failed(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse")
    return _ordered(shop, work)


def waiting(shop, work, sandbox):
    """Its purchase has not begun."""
    return shop.order()


def unconfirmed(shop, work, sandbox):
    """Bought, but the answer was lost."""
    sandbox.control.fault("createCoupon", "drop_after")
    return _ordered(shop, work)


def active(shop, work, sandbox):
    return _ordered(shop, work)


def redeemed(shop, work, sandbox):
    asset_id = _ordered(shop, work)
    sandbox.control.redeem(shop.code(asset_id))
    return asset_id


def expired(shop, work, sandbox):
    asset_id = _ordered(shop, work)
    sandbox.control.expire(shop.code(asset_id))
    return asset_id


def being_revoked(shop, work, sandbox):
    """Somebody asked before, and BitTitan has not answered."""
    asset_id = _ordered(shop, work)
    shop.cancel(asset_id)
    return asset_id


STATES = {each.__name__: each for each in (failed, waiting, unconfirmed, active, redeemed, expired, being_revoked)}
UNCERTAIN = {"waiting", "unconfirmed"}
MAY_BE_CANCELLED = {"failed", "active", "expired", "being_revoked"}
CASES = [
    *((state, answer) for state in ("active", "being_revoked") for answer in ANSWERS),
    *((state, answer) for state in ("redeemed", "expired") for answer in ("yes", "refuses", "silent, but done")),
    *((state, answer) for state in ("failed", "waiting", "unconfirmed") for answer in ("yes", "silent, but done")),
]


def _ordered(shop, work) -> int:
    asset_id = shop.order()
    work.drain()
    return asset_id


@pytest.fixture
def server():
    return TIMES


@pytest.mark.parametrize("state, answer", CASES)
def test_a_line_is_cancelled_when_bittitan_has_said_yes(shop, work, sandbox, state, answer):
    asset_id = STATES[state](shop, work, sandbox)
    if ANSWERS[answer]:
        fault, details = ANSWERS[answer]
        sandbox.control.fault("revokeCoupon", fault, **details)
    if state in UNCERTAIN or state == "being_revoked":
        with pytest.raises(DomainError):
            shop.cancel(asset_id)
    else:
        shop.cancel(asset_id)
    _check(shop, sandbox, asset_id)

    for seconds in (0, 6, 20, 61, 301):
        work.later(seconds)
        _check(shop, sandbox, asset_id)

    is_refused = answer == "refuses" and state != "failed"
    is_cancelled = not shop.asset(asset_id).is_active
    assert is_cancelled == (state in MAY_BE_CANCELLED and not is_refused)
    assert is_cancelled or not _revoked(sandbox)
    assert not [row for row in shop.all(Revocation) if row.is_open]
    order = shop.all(Order)[0]
    assert order.reserved == (0 if is_cancelled else order.total)


def _check(shop, sandbox, asset_id: int) -> None:
    """At any moment."""
    revoked = _revoked(sandbox)
    assert len(revoked) <= 1, "revoked twice"
    if not shop.asset(asset_id).is_active:
        alive = [each["Code"] for each in sandbox.control.coupons() if each["Status"] == "Active"]
        assert not alive, "called cancelled, but BitTitan honours its coupon"
    for coupon in shop.all(Coupon, Coupon.status == "Revoked"):
        assert coupon.code in revoked, "called revoked, but it is not"


def _revoked(sandbox) -> list[str]:
    return [entry["code"] for entry in sandbox.control.journal(what="revoked")]
