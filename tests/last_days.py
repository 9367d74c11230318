"""Whether the days that each asset shows in the calendar are what it and its recorded coupon say (migration 0047)."""

from datetime import timedelta

from sqlalchemy import and_, select

from portal.core import clock
from portal.extensions import db
from portal.models import REDEEMED, REVOKED, Asset, Coupon, CouponStanding

_RECORDED = and_(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED)


def check() -> dict[int, tuple]:
    """In an app context; returns the days by the asset's id."""
    rows = select(Asset, Coupon, Asset.due_on, Asset.ends_on).outerjoin(Coupon, _RECORDED).order_by(Asset.id)
    found = {}
    for asset, coupon, *days in db.session.execute(rows.execution_options(populate_existing=True)):
        assert tuple(days) == _expected(asset, coupon), asset.number
        found[asset.id] = tuple(days)
    return found


def _expected(asset, coupon) -> tuple:
    if coupon is None or not asset.is_active or coupon.status == REVOKED:
        return None, None
    if coupon.redeemed_at is not None:
        return None, clock.day_of(coupon.redeemed_at) + timedelta(days=asset.validity_days)
    return (None if coupon.status == REDEEMED else asset.redeem_by), None
