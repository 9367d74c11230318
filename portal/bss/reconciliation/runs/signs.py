"""What speaks for the asset that a coupon may belong to, and what against: no percentage, each sign by itself."""

from typing import NamedTuple

from portal.core.i18n import gettext as _
from portal.models import Asset, Finding, ShownCoupon
from portal.services.reconciliation.matching import suggestions
from portal.services.reconciliation.viewing.possible import Beside
from portal.web.filters import day, number


class Shown(NamedTuple):
    is_met: bool | None
    """None: not known."""
    text: str


def of_suggestion(finding: Finding) -> list[Shown]:
    """Of a coupon with the one asset that fits it."""
    shown, asset = finding.shown, finding.counterpart.asset
    return [Shown(sign.fits, _sentence(sign.name, sign.fits, shown, asset)) for sign in suggestions.signs(shown, asset)]


def of_several() -> list[Shown]:
    """What all assets that are possible have in common."""
    return [Shown(True, text) for text in (_("Product"), _("Licences"), _("Billed account"), _("Day"))]


def of_none(finding: Finding, beside: Beside) -> list[Shown]:
    """Where no asset fits."""
    shown = finding.shown
    has_product, payer = shown.sku_id in beside.products, beside.organizations.get(shown.organization_id)
    paid = _("Billed account: %(name)s", name=payer) if payer else _("Billed account not known here")
    return [
        Shown(has_product, _("Product sold here") if has_product else _("Product not sold here")),
        Shown(True if payer else None, paid),
        Shown(False, _("No asset without a code with this product, number, payer and day")),
    ]


def _sentence(name: str, fits: bool, shown: ShownCoupon, asset: Asset) -> str:
    make = {
        "product": lambda: _product(fits, asset),
        "quantity": lambda: _quantity(fits, shown, asset),
        "account": lambda: _account(fits, asset),
        "day": lambda: _day(fits, shown, asset),
        "reference": lambda: _reference(fits, shown),
    }
    return make[name]()


def _product(fits: bool, asset: Asset) -> str:
    name = asset.product.type.name
    return _("Same product: %(name)s", name=name) if fits else _("Another product than %(name)s", name=name)


def _quantity(fits: bool, shown: ShownCoupon, asset: Asset) -> str:
    if fits:
        return _("Same number of licences: %(number)s", number=number(asset.quantity))
    there = number(shown.quantity) if shown.quantity is not None else _("not known")
    return _("%(here)s licences here, %(there)s at BitTitan", here=number(asset.quantity), there=there)


def _account(fits: bool, asset: Asset) -> str:
    name = asset.billed_account.name
    return _("Same billed account: %(name)s", name=name) if fits else _("Not billed to %(name)s", name=name)


def _day(fits: bool, shown: ShownCoupon, asset: Asset) -> str:
    here = day(asset.purchased_on).striptags()
    there = day(shown.issued_at).striptags() if shown.issued_at else _("a day that is not known")
    if fits:
        return _("Bought within a day: %(here)s, issued %(there)s", here=here, there=there)
    return _("Bought %(here)s, issued %(there)s", here=here, there=there)


def _reference(fits: bool, shown: ShownCoupon) -> str:
    if fits:
        return _("Our reference")
    if not shown.reference:
        return _("Not our reference: the coupon has none")
    return _("Not our reference: %(reference)s", reference=shown.reference)
