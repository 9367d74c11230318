"""What the seller of a price list pays for a licence: the distributor at BitTitan, a partner to the distributor."""

from collections.abc import Mapping, Sequence
from datetime import date

from portal.core import clock
from portal.models import PriceList, Product
from portal.services.catalog import resolution
from portal.services.catalog.price_lines import Line
from portal.services.catalog.resolution import Purchase


def costs(row: PriceList, products: Mapping[int, Product], lines: Sequence[Line]) -> dict[tuple[int, int], int]:
    """By product and minimum quantity, in the list's currency and minor units; without those that are not known.
    `products` come with their prices loaded. A partner's list takes one statement."""
    known = [line for line in lines if line.product_id in products]
    if row.seller.is_distributor:
        listed = {
            product.id: price.cost for product in products.values() for price in product.prices
            if price.currency == row.currency and price.cost is not None
        }  # fmt: skip
        return {line.key: listed[line.product_id] for line in known if line.product_id in listed}
    if row.currency != row.seller.currency or not known:
        return {}
    wanted = [_purchase(row, products[line.product_id], line) for line in known]
    agreed = resolution.prices_for(wanted, _day(row))
    paid = zip(known, agreed, strict=True)
    return {line.key: price.amount for line, price in paid if price.amount is not None}


def _purchase(row: PriceList, product: Product, line: Line) -> Purchase:
    return Purchase(row.seller, product, max(line.min_quantity, product.min_quantity))


def _day(row: PriceList) -> date:
    """Today, or the nearest day on which the list holds."""
    day = max(clock.today(), row.valid_from)
    return day if row.valid_until is None else min(day, row.valid_until)
