"""Has the record follow BitTitan where a person says so: quantity and days. Code, asset and product stay.

If a coupon's code is on one record and its Id on another, the record with the code gets the Id. The other one loses it
as after a look-up (coupons/identity.py): it is looked up itself, or belongs to nobody any more. A record that BitTitan
has confirmed loses nothing.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.errors import Conflict, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Finding, Product, ProductType, User
from portal.providers.base import IssuedCoupon
from portal.services.coupons import coupon_rows, identity


def correct(finding: Finding, issued: IssuedCoupon, asked_at: datetime, *, by: User) -> None:
    """`asked_at`: for `issued`. Raises StaleVersion or Conflict; then nothing was changed."""
    with transaction("correct"):
        asset = lock(Asset, finding.asset_id) if finding.asset_id is not None else None
        row = lock(Coupon, finding.coupon_id)
        _check(finding, asset, row, issued)
        if coupon_rows.is_read_since(row, asked_at):
            issued = replace(issued, status=row.status, redeemed=row.redeemed_at)
        if asset is not None and row.standing is CouponStanding.RECORDED:
            _correct_asset(asset, issued, by=by, why=finding.why)
        _correct_row(row, issued, by=by, why=finding.why)


def unite(finding: Finding, issued: IssuedCoupon, *, by: User) -> None:
    """Raises StaleVersion or Conflict; then nothing was changed."""
    with transaction("correct"):
        row, now = lock(Coupon, finding.coupon_id), clock.now()
        other = identity.find_by_id(issued)
        _check_may_unite(row, other, issued)
        row.bittitan_id = identity.id_to_record(issued, now, is_listed=True)
        for each, before, after in ((row, None, issued.id), (other, issued.id, None)):
            audit.record("coupon", each.id, "correct", by=by, field="id", before=before, after=after, why=finding.why)


def _check_may_unite(row: Coupon, other: Coupon | None, issued: IssuedCoupon) -> None:
    if other is None or row.code != issued.code or row.standing is CouponStanding.WITHDRAWN:
        raise StaleVersion(_("The records are no longer as the comparison found them. Nothing was changed."))
    if row.bittitan_id is not None:
        raise Conflict(_("The record with this code has another coupon Id. Open a case at BitTitan."))
    if other.is_confirmed and other.standing is not CouponStanding.WITHDRAWN:
        raise Conflict(_("BitTitan has confirmed both records, so both stay. Open a case at BitTitan."))


def _check(finding: Finding, asset: Asset | None, row: Coupon, issued: IssuedCoupon) -> None:
    if asset is not None and (asset.version != finding.asset_version or row.asset_id != asset.id):
        raise StaleVersion(_("Somebody changed this asset since the comparison. Nothing was changed. Compare again."))
    if (row.code, row.bittitan_id or issued.id) != (issued.code, issued.id):
        raise Conflict(_("The code on record is another one. Nothing was changed."))
    if row.reference and row.reference != issued.reference[:80]:
        raise Conflict(_("BitTitan shows it under another reference. Nothing was changed."))
    if asset is not None and _sku_of(asset) != issued.sku_id:
        raise Conflict(_("It is for another product. Nothing was changed."))


def _sku_of(asset: Asset) -> str | None:
    rows = select(ProductType.sku_id).join(Product, Product.type_id == ProductType.id)
    return db.session.scalar(rows.where(Product.id == asset.product_id))


def _correct_asset(asset: Asset, issued: IssuedCoupon, *, by: User, why: str | None) -> None:
    values = {"quantity": issued.quantity, "redeem_by": clock.day_of(issued.expires)}
    values |= coupon_rows.days_of(issued.created, issued.expires, issued.validity_days)
    if audit.changes("asset", asset, values, act="correct", by=by, why=why):
        asset.version += 1


def _correct_row(row: Coupon, issued: IssuedCoupon, *, by: User, why: str | None) -> None:
    before = f"{row.quantity}, {row.expires_at}"
    coupon_rows.refresh(row, issued, clock.now(), is_listed=row.disputed_at is None)
    after = f"{row.quantity}, {row.expires_at}"
    audit.record("coupon", row.id, "correct", by=by, field="content", before=before, after=after, why=why)
