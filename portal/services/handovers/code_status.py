"""Whether the code of an asset can still be handed over, or what is to be said instead."""

import enum

from portal.core import clock
from portal.models import EXPIRED, Asset


class CodeStatus(enum.Enum):
    CODE = "code"
    """It can be shown."""
    NONE = "none"
    """There is no code, or another asset claims it."""
    CHANGED = "changed"
    """The asset has another code than when the link was made."""
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    """At BitTitan, or that was asked for."""
    REDEEMED = "redeemed"
    EXPIRED = "expired"


def of(asset: Asset, coupon_id: int | None = None) -> CodeStatus:
    """`coupon_id`: the code for which a link was made."""
    coupon = asset.coupon
    if not asset.is_active:
        return CodeStatus.CANCELLED
    if coupon_id is not None and (coupon is None or coupon.id != coupon_id):
        return CodeStatus.CHANGED
    if coupon is None or coupon.disputed_at is not None:
        return CodeStatus.NONE
    if coupon.is_revoked or coupon.is_being_revoked:
        return CodeStatus.REVOKED
    if coupon.status == EXPIRED or asset.is_expired(clock.today()):
        return CodeStatus.EXPIRED
    return CodeStatus.REDEEMED if coupon.is_spent or coupon.redeemed_at is not None else CodeStatus.CODE
