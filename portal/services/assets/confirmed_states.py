"""A person confirms what became of a code that BitTitan does not list."""

from sqlalchemy import select

from portal.core import clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, ConfirmedState, Coupon, CouponStanding, User
from portal.services import assets
from portal.services.coupons import coupon_rows


def confirm(asset: Asset, *, version: int, state: ConfirmedState, reason: str, by: User) -> None:
    """The asset and its version stay as they are. Raises StaleVersion or Conflict."""
    with transaction():
        row = lock(Asset, asset.id)
        assets.check_version(row, version)
        query = select(Coupon).where(Coupon.asset_id == row.id, Coupon.standing == CouponStanding.RECORDED)
        coupon = db.session.scalar(query.with_for_update(of=Coupon).execution_options(populate_existing=True))
        if coupon is None or coupon.absent_at is None:
            raise errors.Conflict(_("BitTitan shows this coupon, or there is none. Nothing was changed."))
        coupon_rows.confirm_state(coupon, state, by=by, why=reason, now=clock.now())
