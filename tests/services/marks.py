"""What is true in the end is what the sandbox holds, whatever it answered."""

import pytest

from portal.models import Coupon, CouponStanding

MASKED = {"Code": "SBX-****-****-****-QQQQ"}
PENDING = {"Code": "PENDING"}
FALSE_ID = {"Id": "00000000-0000-4000-8000-00000000000f"}
SEARCHABLE, IDEMPOTENT, BLIND = ({"BITTITAN_SERVER": kind} for kind in ("searchable", "idempotent", "blind"))
LOOKED_UP = (SEARCHABLE, pytest.param(IDEMPOTENT, marks=pytest.mark.sqlite))
KINDS = (*LOOKED_UP, pytest.param(BLIND, marks=pytest.mark.sqlite))
"""What BitTitan can do changes nothing for a database: one kind of server on both is enough."""
LATER = (15, 61, 601, 61, 61)
"""Seconds between the looks of the next minutes."""


def issued(shop, sandbox, asset_id: int) -> dict:
    """The one coupon that BitTitan holds for the asset."""
    (coupon,) = sandbox.control.coupons(shop.asset(asset_id).reference)
    return coupon


def row(shop, code: str) -> Coupon:
    return shop.all(Coupon, Coupon.code == code)[0]


def is_right(shop, sandbox, asset_id: int) -> bool:
    """Synchronized with the code and the Id that BitTitan holds, which are confirmed."""
    held = issued(shop, sandbox, asset_id)
    kept = row(shop, held["Code"])
    is_its = (kept.asset_id, kept.standing, kept.bittitan_id) == (asset_id, CouponStanding.RECORDED, held["Id"])
    return is_its and kept.is_confirmed and shop.status(asset_id) == "synchronized"
