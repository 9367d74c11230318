"""What speaks for the asset that a coupon may belong to, and what against: no percentage, each sign by itself."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Asset, ShownCoupon
from portal.services.reconciliation.matching import suggestions
from portal.services.reconciliation.viewing.names import Names
from portal.web.filters import day, number

Word = Literal["yes", "no", "open"]
WORDS = {"yes": lazy("Yes: "), "no": lazy("No: "), "open": lazy("Not known: ")}
ICONS = {"yes": "tick", "no": "close", "open": "dash"}
CONTENT = ("product", "quantity", "account")
_TEXTS = {
    "product": (
        lazy("Same product: %(here)s"), lazy("Another product than %(here)s"), lazy("The product is not known"),
    ),
    "quantity": (
        lazy("Same number of licences: %(here)s"), lazy("Licences differ: %(here)s here, %(there)s at BitTitan"),
        lazy("The number of licences is not known"),
    ),
    "account": (
        lazy("Same billed account: %(here)s"), lazy("Not billed to %(here)s"), lazy("The billed account is not known"),
    ),
    "day": (
        lazy("Bought within a day: %(here)s, issued %(there)s"), lazy("Days differ: bought %(here)s, issued %(there)s"),
        lazy("The day of issue is not known"),
    ),
    "reference": (lazy("Same reference"), lazy("Not our reference: %(there)s"), ""),
}  # fmt: skip


@dataclass(frozen=True)
class Sign:
    word: Word
    text: str

    @property
    def spoken(self) -> str:
        return str(WORDS[self.word])

    @property
    def icon(self) -> str:
        return ICONS[self.word]


def sign(met: bool | None, yes: str, no: str, unknown: str = "") -> Sign:
    if met is None:
        return Sign("open", unknown)
    return Sign("yes", yes) if met else Sign("no", no)


def of_pair(shown: ShownCoupon, asset: Asset, names: Collection[str] = tuple(_TEXTS)) -> list[Sign]:
    """Of a coupon with one asset."""
    return [_compared(each, asset) for each in suggestions.signs(shown, asset) if each.name in names]


def of_several() -> list[Sign]:
    """What all assets that are possible have in common."""
    return [Sign("yes", text) for text in (_("Product"), _("Licences"), _("Billed account"), _("Day"))]


def of_coupon(shown: ShownCoupon, names: Names) -> list[Sign]:
    """Of a coupon without an asset."""
    is_sold = None if shown.sku_id is None else shown.sku_id in names.products
    payer = names.organizations.get(shown.organization_id)
    is_ours = None if shown.organization_id is None else payer is not None
    return [
        sign(is_sold, _("Product sold here"), _("Product not sold here"), str(_TEXTS["product"][-1])),
        sign(
            is_ours, _("Billed account: %(name)s", name=payer), _("Its organisation is no account here"),
            str(_TEXTS["account"][-1]),
        ),
    ]  # fmt: skip


def no_asset() -> Sign:
    return Sign("no", _("No asset without a code fits"))


def _compared(found: suggestions.Sign, asset: Asset) -> Sign:
    sides = {"here": _text(found.here), "there": _text(found.there)}
    if found.name == "product":
        sides["here"] = asset.product.type.name
    if found.name == "account":
        sides["here"] = asset.billed_account.name
    if found.name == "reference" and not found.there:
        sides["there"] = _("the coupon has none")
    return sign(found.fits, *(str(text) % sides for text in _TEXTS[found.name]))


def _text(value: object) -> str:
    if isinstance(value, int):
        return number(value)
    return day(value).striptags() if hasattr(value, "isoformat") else str(value)
