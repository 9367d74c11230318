"""Whether a coupon is what was ordered, and whether it is as recorded. Decided only here."""

from collections.abc import Iterator

from sqlalchemy import Row

from portal.core.i18n import gettext as _
from portal.models import Asset, CouponStanding, Product
from portal.providers.base import IssuedCoupon


def is_as_recorded(row: Row, coupon: IssuedCoupon) -> bool:
    """Code, reference and content match the record."""
    return is_same_coupon(row, coupon) and has_same_content(row, coupon)


def is_same_coupon(row: Row, coupon: IssuedCoupon) -> bool:
    """Code and reference match the record. A code that was typed or imported has no reference on record."""
    return coupon.code == row.code and (not row.reference or coupon.reference[:80] == row.reference)


def is_listed_as_recorded(row: Row, coupon: IssuedCoupon) -> bool:
    """Like `is_as_recorded`, but Id and reference must match as well. The content of a coupon in review may differ."""
    if (row.code, row.bittitan_id, row.reference) != (coupon.code, coupon.id, coupon.reference[:80]):
        return False
    return row.standing is CouponStanding.REVIEW or has_same_content(row, coupon)


def has_same_content(row: Row, coupon: IssuedCoupon) -> bool:
    """Product, payer and licences match the record. For a code that was typed or imported they are not known."""
    recorded = (row.sku_id, row.organization_id, row.quantity)
    return not row.reference or recorded == (coupon.sku_id, coupon.organization_id, coupon.quantity)


def differences(asset: Asset, product: Product, organization_id: str | None, coupon: IssuedCoupon) -> Iterator[str]:
    """Sentences that say how the coupon differs from the asset's order."""
    if coupon.sku_id != product.type.sku_id:
        yield _("It is for another product than %(name)s.", name=product.type.name)
    if coupon.quantity != asset.quantity:
        yield _("It holds %(has)s licences, the asset has %(wants)s.", has=coupon.quantity, wants=asset.quantity)
    if coupon.organization_id != organization_id:
        yield _("It was issued to another organisation than the billed account’s.")
