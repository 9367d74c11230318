"""Takes up a coupon that a run named: it is recorded like every coupon that BitTitan issued for us."""

from sqlalchemy import select

from portal.core import clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, User
from portal.providers.base import IssuedCoupon
from portal.services.coupons import identity, surplus
from portal.services.reconciliation import restore_recovery


def keep(coupon: IssuedCoupon, *, by: User) -> None:
    """With the asset whose reference it carries, or in the surplus register. BitTitan has shown it a moment ago. Raises
    Conflict."""
    with transaction("keep"):
        asset_id, now = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference)), clock.now()
        if identity.is_on_record(coupon, asset_id):
            raise errors.Conflict(_("This coupon is on record already."))
        if asset_id is None:
            surplus.keep_unmatched(coupon, by=by, now=now)
        else:
            restore_recovery.record_found(asset_id, [coupon], now)
