"""Takes up a coupon that a comparison named: it is recorded like every coupon that BitTitan issued for us."""

from sqlalchemy import select

from portal.core import clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, ComparisonRun, Coupon, CouponStanding, User
from portal.providers.base import Absent, IssuedCoupon, Unanswered
from portal.services import vendor
from portal.services.coupons import identity, surplus
from portal.services.reconciliation import restore_recovery, runs


def kept(run: ComparisonRun | None) -> dict[str, Coupon]:
    """Findings that are on record by now, by BitTitan's Id. One statement."""
    ids = [finding["coupon_id"] for finding in run.findings] if run else []
    rows = select(Coupon).where(Coupon.bittitan_id.in_(ids), Coupon.standing != CouponStanding.WITHDRAWN)
    return {row.bittitan_id: row for row in db.session.scalars(rows)} if ids else {}


def check_named(bittitan_id: str) -> None:
    """Raises NotVisible unless the last complete comparison named this coupon."""
    run = runs.last_complete()
    if run is None or bittitan_id not in (finding["coupon_id"] for finding in run.findings):
        raise errors.NotVisible()


def keep(bittitan_id: str, *, by: User) -> None:
    """Records the coupon with the asset whose reference it carries, or puts it into the surplus register.

    Raises NotVisible if the last complete comparison did not name it; Conflict, Unavailable.
    """
    check_named(bittitan_id)
    seller_id = vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    keep_issued(_read_coupon(vendor.provider().read_coupon(bittitan_id, seller_id=seller_id)), by=by)


def keep_issued(coupon: IssuedCoupon, *, by: User) -> None:
    """As `keep`, for a coupon that BitTitan has shown a moment ago. Raises Conflict."""
    with transaction("keep"):
        asset_id, now = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference)), clock.now()
        if identity.is_on_record(coupon, asset_id):
            raise errors.Conflict(_("This coupon is on record already."))
        if asset_id is None:
            surplus.keep_unmatched(coupon, by=by, now=now)
        else:
            restore_recovery.record_found(asset_id, [coupon], now)


def _read_coupon(answer: IssuedCoupon | Absent | Unanswered) -> IssuedCoupon:
    if isinstance(answer, Unanswered):
        raise errors.Unavailable(_("BitTitan could not be asked about this coupon. Nothing was changed."))
    if isinstance(answer, Absent):
        raise errors.Conflict(_("BitTitan does not know this coupon any more. Nothing was changed."))
    return answer
