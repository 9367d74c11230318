"""The demo's offers: BitTitan's two product types, the distributor's products and their prices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.numbers import get_currency_precision
from sqlalchemy import select

from portal.extensions import db
from portal.models import Price, Product, ProductType
from portal.sandbox.storage.shapes import SKUS

# Units of a currency for one euro, as a price list rounds them.
_RATES = {
    "EUR": 1, "USD": 1.1, "GBP": 0.86, "PLN": 4.3, "DKK": 7.46, "JPY": 162, "AED": 4, "ILS": 4,
}  # fmt: skip
_YEARLY_RISE = 0.045
_COST_SHARE = 0.78
"""What BitTitan charges the distributor, as a share of the list price."""


@dataclass(frozen=True)
class Offer:
    product_id: int
    name: str
    sku_id: str
    expire_days: int
    validity_days: int
    prices: dict[str, int]
    weight: float
    sold_from: int
    """The first day of sale, in days before now. `sold_until` is the last."""
    sold_until: int

    def price_at(self, currency: str, years_ago: int) -> int:
        """Returns the list price in minor units; it was lower in earlier years."""
        return _list_price(self.prices[currency] / (1 + _YEARLY_RISE) ** years_ago, currency)


def create_offers(now: datetime) -> list[Offer]:
    mailbox, bundle = (_type(sku, now) for sku in SKUS)
    short, long = f"{mailbox.name}, short project", f"{mailbox.name}, two years"
    schools = f"{bundle.name} for schools"
    return [
        _product(now, "BT-MAILBOX", mailbox.name, mailbox, (365, 365), 11.90, weight=52, sold=(1200, 0)),
        _product(now, "BT-BUNDLE", bundle.name, bundle, (365, 365), 14.50, weight=34, sold=(1200, 0)),
        _product(now, "BT-MAILBOX-180", short, mailbox, (180, 180), 9.80, weight=9, sold=(700, 0)),
        _product(now, "BT-BUNDLE-EDU", schools, bundle, (730, 365), 10.40, weight=5, sold=(900, 0)),
        _product(now, "BT-MAILBOX-2Y", long, mailbox, (730, 730), 19.50, weight=6, sold=(1200, 420)),
    ]


def _type(sku: dict, now: datetime) -> ProductType:
    """Returns the product type; it may exist already if the service definition was read before."""
    known = db.session.scalar(select(ProductType).where(ProductType.license_kind == sku["LicenseKind"]))
    if known is not None:
        return known
    type_ = ProductType(
        license_kind=sku["LicenseKind"], name=sku["Name"], sku_id=sku["Id"], max_quantity=sku["MaxQuantity"],
        read_at=now - timedelta(hours=9),
    )  # fmt: skip
    db.session.add(type_)
    db.session.flush()
    return type_


def _product(now: datetime, code: str, name: str, kind: ProductType, days, euros: float, *, weight, sold) -> Offer:
    """`sold` is the period of sale in days before now. A product whose period has ended is withdrawn."""
    since, withdrawn_at = now - timedelta(days=sold[0]), now - timedelta(days=sold[1]) if sold[1] else None
    prices = {currency: _list_price(_minor(euros * rate, currency), currency) for currency, rate in _RATES.items()}
    product = Product(
        code=code, name=name, type_id=kind.id, expire_days=days[0], validity_days=days[1], withdrawn_at=withdrawn_at,
        created_at=since, published_at=since, first_sold_at=since, description=f"{kind.name}, for one migration.",
        prices=[
            Price(currency=currency, amount=amount, cost=_list_price(amount * _COST_SHARE, currency))
            for currency, amount in prices.items()
        ],
    )  # fmt: skip
    product.type = kind
    db.session.add(product)
    db.session.flush()
    return Offer(product.id, name, kind.sku_id or "", *days, prices, weight, *sold)


def _minor(amount: float, currency: str) -> float:
    return amount * 10 ** get_currency_precision(currency)


def _list_price(minor: float, currency: str) -> int:
    """Rounds a price as price lists do."""
    step = 10 if get_currency_precision(currency) else 50
    return max(step, round(minor / step) * step)
