"""Coupons that were issued for an asset but are not its code. They must be dealt with before another is ordered."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from portal.extensions import db
from portal.models import SPENT, Asset, Coupon, CouponStanding
from portal.services import vendor_settings

CLOCKS_DIFFER = timedelta(days=1)
"""By BitTitan's clock, a coupon may be valid for longer than by ours."""


def first_redeemable(asset: Asset, now: datetime) -> Coupon | None:
    """A coupon in the surplus register that was issued for this asset and can still be redeemed."""
    rows = select(Coupon).where(Coupon.asset_id == asset.id, _can_be_redeemed(now)).limit(1)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def was_issued_for(asset: Asset) -> bool:
    """Whether any coupon in the register, or given away from there, was issued for this asset."""
    return db.session.scalar(select(Coupon.id).where(_came_from(asset.id)).limit(1)) is not None


def prevent_purchase(now: datetime) -> ColumnElement[bool]:
    """A condition for statements about assets: true if `payload.write` would refuse the asset because of such a
    coupon."""
    is_unassigned = and_(Coupon.asset_id == Asset.id, _can_be_redeemed(now))
    if vendor_settings.current().server == "idempotent":
        is_unassigned = or_(is_unassigned, _came_from(Asset.id))
    return exists(select(Coupon.id).where(is_unassigned).correlate(Asset))


def _can_be_redeemed(now: datetime) -> ColumnElement[bool]:
    """For coupons in the register. An unknown status of BitTitan's counts as redeemable."""
    return and_(
        Coupon.standing == CouponStanding.SURPLUS,
        or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)),
        or_(Coupon.expires_at.is_(None), Coupon.expires_at > now - CLOCKS_DIFFER),
    )


def _came_from(asset_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    is_surplus = and_(Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.SURPLUS)
    return or_(is_surplus, Coupon.moved_from_id == asset_id)
