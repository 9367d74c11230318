"""List prices and costs of products, by currency, in minor units."""

from collections.abc import Mapping
from typing import NamedTuple

from babel.numbers import is_currency
from sqlalchemy import func, select

from portal.core import audit
from portal.core.audit import Actor
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, AccountKind, Price, Product
from portal.services.catalog import lock_product

# The largest whole number that every viewer of JSON keeps exact, divided by the largest quantity of a coupon.
MAX_AMOUNT = 10**11


class PriceOf(NamedTuple):
    """Of one licence in one currency, in minor units. None: there is none."""

    amount: int | None
    """The list price."""
    cost: int | None


NO_PRICE = PriceOf(None, None)


def set_price(product: Product, *, currency: str, amount: int, by: Actor) -> None:
    """Sets the list price; the cost stays. Earlier orders keep their agreed price. Raises InvalidInput."""
    with transaction():
        row = lock_product(product.id)
        check({currency: PriceOf(amount, None)})
        cost = prices_of(row).get(currency, NO_PRICE).cost
        row.version += bool(save(row, {currency: PriceOf(amount, cost)}, by=by))


def prices_of(product: Product) -> dict[str, PriceOf]:
    """By currency, as they are in the database now."""
    rows = select(Price).where(Price.product_id == product.id).execution_options(populate_existing=True)
    return {row.currency: PriceOf(row.amount, row.cost) for row in db.session.scalars(rows.order_by(Price.currency))}


def check(price_of: Mapping[str, PriceOf]) -> None:
    """Raises InvalidInput for the field `currency`, or `amount_EUR` and the like."""
    for currency, price in price_of.items():
        if not is_currency(currency):
            raise InvalidInput("currency", _("“%(code)s” is not a currency, such as EUR.", code=currency))
        for field, value in price._asdict().items():
            if value is not None and not 0 <= value <= MAX_AMOUNT:
                raise InvalidInput(f"{field}_{currency}", _("The price is out of range."))


def save(product: Product, price_of: Mapping[str, PriceOf], *, by: Actor) -> list[str]:
    """Inside a transaction that has locked the product. Sets the checked prices in the given currencies and returns
    the currencies that changed."""
    rows = {row.currency: row for row in db.session.scalars(select(Price).where(Price.product_id == product.id))}
    changed = [
        currency for currency, price in price_of.items() if _set(product, currency, rows.get(currency), price, by)
    ]
    db.session.flush()
    if changed:
        db.session.expire(product, ["prices"])
    return changed


def currencies() -> dict[str, int]:
    """The currencies that accounts pay in or products have prices in, with the number of accounts, most first."""
    buyers = select(Account.currency, func.count()).where(Account.kind != AccountKind.DISTRIBUTOR)
    counts = dict(db.session.execute(buyers.group_by(Account.currency)).all())
    priced = db.session.scalars(select(Price.currency).distinct())
    found = {currency: 0 for currency in priced} | counts
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def _set(product: Product, currency: str, row: Price | None, price: PriceOf, by: Actor) -> bool:
    before = NO_PRICE if row is None else PriceOf(row.amount, row.cost)
    if before == price:
        return False
    if row is None:
        db.session.add(Price(product_id=product.id, currency=currency, **price._asdict()))
    elif price == NO_PRICE:
        db.session.delete(row)
    else:
        row.amount, row.cost = price
    for act, old, new in (("price", before.amount, price.amount), ("cost", before.cost, price.cost)):
        if old != new:
            audit.record("product", product.id, act, by=by, field=currency, before=old, after=new)
    return True
