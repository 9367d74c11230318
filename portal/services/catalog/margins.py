"""What the distributor earns on a licence. Margin is the share of the price, markup the share of the cost."""

from decimal import ROUND_HALF_UP, Decimal

from portal.services.catalog.prices import PriceOf

_TENTH = Decimal("0.1")


def margin(price: PriceOf) -> Decimal | None:
    """(price − cost) / price in percent, to one decimal. None without both, or for a price of nothing."""
    return _share(price, price.amount)


def markup(price: PriceOf) -> Decimal | None:
    """(price − cost) / cost in percent, to one decimal. None without both, or for a cost of nothing."""
    return _share(price, price.cost)


def is_below_cost(price: PriceOf) -> bool:
    return price.amount is not None and price.cost is not None and price.amount < price.cost


def _share(price: PriceOf, whole: int | None) -> Decimal | None:
    if price.amount is None or price.cost is None or not whole:
        return None
    return (Decimal(price.amount - price.cost) * 100 / whole).quantize(_TENTH, ROUND_HALF_UP)
