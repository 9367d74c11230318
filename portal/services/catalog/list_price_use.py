"""A discount in a price list in use always has a list price to be taken from."""

from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.extensions import db
from portal.models import PriceLine, PriceList, Product
from portal.services.catalog import prices
from portal.services.catalog.prices import NO_PRICE, PriceOf


def refuse_lost_list_prices(row: PriceList) -> None:
    """Inside a transaction that puts the list in use. Until its end nobody removes these list prices. Raises Conflict
    for a discount on nothing."""
    given = select(PriceLine.product_id).where(PriceLine.list_id == row.id, PriceLine.discount.is_not(None))
    products = select(Product).where(Product.id.in_(given)).order_by(Product.id)
    # Waits for who changes prices (lock_product), but not for an order that notes the first sale.
    db.session.execute(products.with_only_columns(Product.id).with_for_update(read=True, key_share=True))
    with_prices = products.options(selectinload(Product.prices)).execution_options(populate_existing=True)
    for product in db.session.scalars(with_prices):
        if product.price_in(row.currency) is None:
            raise Conflict(
                _("%(product)s has a discount, but no list price in %(currency)s any more. Enter a fixed price.",
                  product=product.name, currency=row.currency)
            )  # fmt: skip


def refuse_removal(product: Product, price_of: Mapping[str, PriceOf]) -> None:
    """Inside a transaction that has locked the product. Raises InvalidInput for `amount_EUR` and the like, with the
    running and coming lists that give a discount on the list price."""
    empty = [currency for currency, price in price_of.items() if price.amount is None]
    stored = prices.prices_of(product) if empty else {}
    for currency in empty:
        if stored.get(currency, NO_PRICE).amount is None:
            continue
        if lists := _with_discount(product, currency):
            sentence = ngettext(
                "A price list gives a discount on it, so it stays until that list ends:",
                "%(num)s price lists give a discount on it, so it stays until they end:", len(lists),
            )  # fmt: skip
            raise InvalidInput(f"amount_{currency}", sentence, link=("price lists", lists))


def _with_discount(product: Product, currency: str) -> list[tuple[int, str]]:
    """Ids and names."""
    lists = select(PriceList.id, PriceList.name).join(PriceLine, PriceLine.list_id == PriceList.id).distinct()
    rows = lists.where(
        PriceLine.product_id == product.id,
        PriceLine.discount.is_not(None),
        PriceList.currency == currency,
        PriceList.used_at.is_not(None),
        or_(PriceList.valid_until.is_(None), PriceList.valid_until >= clock.today()),
    )
    return [tuple(row) for row in db.session.execute(rows.order_by(PriceList.id))]
