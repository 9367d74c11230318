"""What an account pays for a product on a day, and why.

The account's own list decides, else the list that its seller (the distributor, or its partner) gives to all its
customers, else the list price. Only prices in the account's currency count; nothing is converted. Of a list's lines the
one with the largest minimum quantity that fits decides.
"""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Row, or_, select

from portal.extensions import db
from portal.models import WHOLE, Account, PriceLine, PriceList, PriceTerm, Product


class Source(enum.Enum):
    OWN_LIST = "own list"
    """A list that is assigned to the account."""
    SELLER_LIST = "seller's list"
    """A list for all accounts directly below the seller."""
    LIST_PRICE = "list price"
    NOT_SOLD = "not sold"
    """There is no price in the account's currency."""


@dataclass(frozen=True)
class AgreedPrice:
    """Of one licence."""

    product: Product
    currency: str
    source: Source
    list_price: int | None
    """In minor units; None if the product has none in this currency."""
    amount: int | None
    """What the account pays for one licence, in minor units; None if it is not sold to it."""
    price_list: PriceList | None = None
    line: PriceLine | None = None
    """The line that decided."""
    steps: tuple[PriceLine, ...] = ()
    """All lines of that list for the product, by minimum quantity."""
    ladder: tuple[tuple[int, int], ...] = ()
    """The smallest quantity and the amount of each step, where the price of a licence depends on the quantity."""

    @property
    def next_step(self) -> tuple[int, int] | None:
        """The quantity from which a licence costs less than now, and how much."""
        if self.amount is None:
            return None
        passed = [place for place, step in enumerate(self.ladder) if step[1] == self.amount]
        later = self.ladder[passed[-1] + 1 :] if passed else ()
        return next((step for step in later if step[1] < self.amount), None)


@dataclass(frozen=True)
class Purchase:
    """What an account wants to buy. The product comes with its prices loaded."""

    account: Account
    product: Product
    quantity: int


def price_of(account: Account, product: Product, quantity: int, day: date) -> AgreedPrice:
    """`account` is the one that pays the seller directly above it. Takes one statement, besides the product's
    prices."""
    return prices_of(account, [product], quantity, day)[product.id]


def prices_of(
    account: Account, products: Sequence[Product], quantity: int, day: date, *, seller_id: int | None = None
) -> dict[int, AgreedPrice]:
    """By product id: the price of one licence if `quantity` are bought. Products come with their prices loaded.

    `seller_id`: as if this account were directly above instead.
    """
    wanted = [Purchase(account, product, quantity) for product in products]
    found = prices_for(wanted, day, seller_id=seller_id or account.parent_id)
    return {price.product.id: price for price in found}


def prices_for(wanted: Sequence[Purchase], day: date, *, seller_id: int | None = None) -> list[AgreedPrice]:
    """The price of one licence for each purchase: from this seller, or from the account directly above the buyer. One
    statement."""
    sellers = [seller_id or purchase.account.parent_id for purchase in wanted]
    terms = _terms(wanted, set(sellers), day)
    return [
        _agreed(purchase, [row for row in terms.get(purchase.product.id, ()) if row.seller_id == seller])
        for purchase, seller in zip(wanted, sellers, strict=True)
    ]


def discounted(list_price: int, discount: int) -> int:
    """The price after a discount in basis points, rounded half up to the minor unit."""
    return (2 * list_price * (WHOLE - discount) + WHOLE) // (2 * WHOLE)


def unit_price(line: PriceLine, list_price: int | None) -> int | None:
    """None for a discount on a list price that is gone."""
    if line.discount is None:
        return line.amount
    return None if list_price is None else discounted(list_price, line.discount)


def _terms(wanted: Sequence[Purchase], seller_ids: Collection[int | None], day: date) -> dict[int, list[Row]]:
    """Rows of (product, seller, buyer, currency, line, list) by product, that hold on this day, by minimum quantity."""
    is_own = PriceTerm.buyer_id.in_({purchase.account.id for purchase in wanted})
    query = (
        select(PriceTerm.product_id, PriceTerm.seller_id, PriceTerm.buyer_id, PriceTerm.currency, PriceLine, PriceList)
        .join(PriceLine, PriceLine.id == PriceTerm.line_id)
        .join(PriceList, PriceList.id == PriceTerm.list_id)
        .where(
            or_(is_own, PriceTerm.buyer_id.is_(None)),
            PriceTerm.seller_id.in_(seller_ids),
            PriceTerm.product_id.in_({purchase.product.id for purchase in wanted}),
            PriceTerm.valid_from <= day,
            or_(PriceTerm.valid_until.is_(None), PriceTerm.valid_until >= day),
            PriceTerm.currency.in_({purchase.account.currency for purchase in wanted}),
        )
        .order_by(PriceTerm.min_quantity)
    )
    found: dict[int, list[Row]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.product_id, []).append(row)
    return found


def _agreed(purchase: Purchase, terms: Iterable[Row]) -> AgreedPrice:
    rows = [row for row in terms if row.currency == purchase.account.currency]
    agreed = _decided(purchase, rows, purchase.quantity)
    starts = sorted({purchase.product.min_quantity, *(row.PriceLine.min_quantity for row in rows)})
    ladder: list[tuple[int, int]] = []
    for start in starts if rows else ():
        amount = _decided(purchase, rows, start).amount
        if amount is not None and (not ladder or ladder[-1][1] != amount):
            ladder.append((start, amount))
    return replace(agreed, ladder=tuple(ladder)) if len(ladder) > 1 else agreed


def _decided(purchase: Purchase, rows: Sequence[Row], quantity: int) -> AgreedPrice:
    account, product = purchase.account, purchase.product
    listed = product.price_in(account.currency)
    list_price = None if listed is None else listed.amount
    for source, buyer_id in ((Source.OWN_LIST, account.id), (Source.SELLER_LIST, None)):
        lines = [row for row in rows if row.buyer_id == buyer_id]
        fitting = [row for row in lines if row.PriceLine.min_quantity <= quantity]
        if fitting and (amount := unit_price(fitting[-1].PriceLine, list_price)) is not None:
            steps = tuple(row.PriceLine for row in lines)
            decided = fitting[-1]
            return AgreedPrice(
                product, account.currency, source, list_price, amount, decided.PriceList, decided.PriceLine, steps
            )
    source = Source.NOT_SOLD if list_price is None else Source.LIST_PRICE
    return AgreedPrice(product, account.currency, source, list_price, list_price)
