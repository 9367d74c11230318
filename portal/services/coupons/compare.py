"""Is a coupon what was ordered, and is it as it stands on record? Decided here and nowhere else."""

from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy import Row

from portal.models import Asset, CouponStanding, Product
from portal.providers.base import IssuedCoupon


def is_as_recorded(row: Row, coupon: IssuedCoupon) -> bool:
    """Code, reference and content are those on record."""
    return is_same_coupon(row, coupon) and has_same_content(row, coupon)


def is_same_coupon(row: Row, coupon: IssuedCoupon) -> bool:
    """It has the code and the reference on record; what came by hand or with a file has no reference."""
    return coupon.code == row.code and (not row.reference or coupon.reference[:80] == row.reference)


def is_listed_as_recorded(row: Row, coupon: IssuedCoupon) -> bool:
    """As `is_as_recorded`, with the same Id and reference, too. A coupon in review may hold anything."""
    if (row.code, row.bittitan_id, row.reference) != (coupon.code, coupon.id, coupon.reference[:80]):
        return False
    return row.standing is CouponStanding.REVIEW or has_same_content(row, coupon)


def has_same_content(row: Row, coupon: IssuedCoupon) -> bool:
    """Product, payer and licences are those on record. Of a code that came by hand or with a file, they are unknown."""
    recorded = (row.sku_id, row.organization_id, row.quantity)
    return not row.reference or recorded == (coupon.sku_id, coupon.organization_id, coupon.quantity)


def differences(asset: Asset, product: Product, organization_id: str | None, coupon: IssuedCoupon) -> Iterator[str]:
    """What of the coupon is not as the asset was ordered, as sentences."""
    if coupon.sku_id != product.type.sku_id:
        yield _("It is for another product than %(name)s.", name=product.type.name)
    if coupon.quantity != asset.quantity:
        yield _("It holds %(has)s licences, the asset has %(wants)s.", has=coupon.quantity, wants=asset.quantity)
    if coupon.organization_id != organization_id:
        yield _("It was issued to another organisation than the billed account’s.")
