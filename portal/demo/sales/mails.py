"""Mails of the demo: what was told about the newest codes and failures. No mail server is set, so they wait."""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Lifecycle, SyncStatus
from portal.services.mail.telling import failures, welcome

MOST = 12
RECENT = timedelta(days=1)
"""Mails of two days ago would be given up."""


def write_mails(now: datetime) -> None:
    """Inside a transaction."""
    coupons = select(Asset, Coupon).join(Coupon, Coupon.asset_id == Asset.id)
    recorded = (Coupon.standing == CouponStanding.RECORDED, Asset.sync_status == SyncStatus.SYNCHRONIZED)
    recorded += (Coupon.redeemed_at.is_(None), Asset.lifecycle == Lifecycle.ACTIVE)
    newest = coupons.where(*recorded).order_by(Coupon.issued_at.desc(), Coupon.id.desc()).limit(MOST)
    for asset, coupon in db.session.execute(newest).all():
        welcome.tell(asset, coupon, max(coupon.issued_at, now - RECENT))
    failed = select(Asset).where(Asset.sync_status == SyncStatus.FAILED, Asset.order_id.is_not(None))
    for asset in db.session.scalars(failed.order_by(Asset.id.desc()).limit(3)).all():
        failures.tell(asset, now)
