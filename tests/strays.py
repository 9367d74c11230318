"""Coupons of orders that are not in the database, as after a restore."""

from uuid import uuid4

from portal.models import Coupon
from portal.services.coupons.evidence import STRAY


def stray(world) -> Coupon:
    """In the surplus register, without an asset."""
    nowhere = {"asset_id": None, "attempt_number": None, "why": STRAY, "reference": f"mrd-{uuid4().hex}"}
    return world.surplus(world.asset("synchronized"), **nowhere)
