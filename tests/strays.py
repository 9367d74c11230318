"""Coupons of orders that are not in the database, as after a restore."""

from datetime import UTC, datetime
from uuid import uuid4

from portal.extensions import db
from portal.models import ComparisonRun, Coupon
from portal.services.coupons.evidence import STRAY


def stray(world) -> Coupon:
    """In the surplus register, without an asset."""
    nowhere = {"asset_id": None, "attempt_number": None, "why": STRAY, "reference": f"mrd-{uuid4().hex}"}
    return world.surplus(world.asset("synchronized"), **nowhere)


def finding(world) -> str:
    """Named by the last complete comparison, and kept since. Returns BitTitan's Id of it."""
    coupon = stray(world)
    return _named(world, coupon.reference, coupon.bittitan_id)


def unkept(world, sandbox) -> str:
    """The same, but nobody has kept it yet."""
    reference, coupon_id = f"mrd-{uuid4().hex}", str(uuid4())
    sandbox.control.put_coupons([{"Code": f"SBX-{uuid4().hex[:12]}", "Id": coupon_id, "ExternalReference": reference}])
    return _named(world, reference, coupon_id)


def _named(world, reference: str, coupon_id: str) -> str:
    now = datetime.now(UTC)
    named = {"kind": "no_asset", "reference": reference, "coupon_id": coupon_id, "asset_id": None}
    at = {"started_at": now, "lease_until": now, "finished_at": now}
    with world.transaction():
        findings, counts = [named | {"done": None}], {"findings": 1}
        db.session.add(ComparisonRun(**at, actor="worker", is_complete=True, counts=counts, findings=findings))
    return coupon_id
