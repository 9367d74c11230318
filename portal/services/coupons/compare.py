"""Whether a coupon is what was ordered, and whether it is as recorded. Decided only here."""

from collections.abc import Iterator

from sqlalchemy import Row, select

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Asset, CouponStanding, Product, ProductType
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


def check_fits(asset: Asset, coupon: IssuedCoupon) -> None:
    """Inside the transaction that records the coupon for the asset. Raises Conflict."""
    if why := " ".join(differences(asset, coupon)):
        raise errors.Conflict(_("It does not fit: %(why)s Nothing was changed.", why=why))


def differences(asset: Asset, coupon: IssuedCoupon) -> Iterator[str]:
    """Sentences that say how the coupon differs from the asset's order, by what is on record now: while BitTitan was
    asked, the account's link may have been corrected. The account is not locked: who corrects it after this does so
    after the coupon was recorded."""
    ordered = select(ProductType.name, ProductType.sku_id, Account.organization_id).select_from(Product)
    ordered = ordered.join(ProductType, ProductType.id == Product.type_id)
    ordered = ordered.join(Account, Account.id == asset.billed_account_id).where(Product.id == asset.product_id)
    name, sku_id, organization_id = db.session.execute(ordered).one()
    if coupon.sku_id != sku_id:
        yield _("It is for another product than %(name)s.", name=name)
    if coupon.quantity != asset.quantity:
        yield _("It holds %(has)s licences, the asset has %(wants)s.", has=coupon.quantity, wants=asset.quantity)
    if coupon.organization_id != organization_id:
        yield _("It was issued to another organisation than the billed account’s.")
