"""The code that a mail is to hold: filled in when it is sent, and only if its recipient may still have it."""

from sqlalchemy import Integer, bindparam, select

from portal.core import clock
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Message, Revocation, RevocationState

_FOUND = (
    select(Coupon, Asset)
    .join(Asset, Asset.id == Coupon.asset_id)
    .where(Coupon.id == bindparam("coupon_id", type_=Integer))
    .execution_options(populate_existing=True)
)


def may_hold(message: Message) -> str | None:
    """Inside a transaction. The code as it is now; empty for a mail without one. None if it must not be mailed: the
    asset has another code or none, was cancelled or moved to another account, or the code is disputed, spent, or to be
    revoked."""
    if message.coupon_id is None:
        return ""
    row = db.session.execute(_FOUND, {"coupon_id": message.coupon_id}).one_or_none()
    if row is None:
        return None
    coupon, asset = row
    is_its = coupon.standing is CouponStanding.RECORDED and asset.id == message.asset_id
    is_usable = coupon.disputed_at is None and not coupon.is_spent and coupon.redeemed_at is None
    is_theirs = asset.is_active and asset.account_id == message.account_id and not asset.is_expired(clock.today())
    return coupon.code if is_its and is_usable and is_theirs and not _is_being_revoked(coupon.id) else None


def _is_being_revoked(coupon_id: int) -> bool:
    asked = (Revocation.coupon_id == coupon_id, Revocation.state == RevocationState.ASKED)
    return db.session.scalar(select(Revocation.coupon_id).where(*asked).limit(1)) is not None
