"""The columns of the list of products, and those of its file, which can be imported (services/imports/products)."""

from collections.abc import Iterable, Sequence

from portal.core.i18n import lazy
from portal.core.money import major_units
from portal.display.lists.columns import Column
from portal.models import Product
from portal.services.catalog.prices import NO_PRICE, PriceOf
from portal.services.imports.products import product_columns as in_files

COLUMNS = (
    Column("name", lazy("Product"), cell="name", head_css="table__main"),
    Column("code", lazy("Code"), "code", css="nowrap"),
    Column("state", lazy("State"), cell="state"),
    Column("type", lazy("Type"), cell="type"),
    Column("expire", lazy("Expire"), cell="expire", head_css="num"),
    Column("validity", lazy("Validity"), cell="validity", head_css="num"),
    Column("licences", lazy("Licences"), cell="licences", head_css="num"),
)


def with_prices(currencies: Iterable[str]) -> tuple[Column, ...]:
    """The columns, and one for the list price in each currency."""
    return (*COLUMNS, *(Column(f"price-{each}", each, cell="price", head_css="num") for each in currencies))


def heads_in_file(currencies: Iterable[str]) -> list[str]:
    heads = [column.title for column in (in_files.CODE, *in_files.DETAILS)]
    return heads + [head for currency in currencies for head in in_files.heads_of_prices(currency)]


def line_in_file(product: Product, currencies: Iterable[str]) -> Sequence[str]:
    """As the import reads it. What is not set is empty, which changes nothing there."""
    price_of = {price.currency: PriceOf(price.amount, price.cost) for price in product.prices}
    most = "" if product.max_quantity is None else str(product.max_quantity)
    details = (
        product.code, product.name, product.type.name, product.description, str(product.expire_days),
        str(product.validity_days), str(product.min_quantity), most, product.state.value.capitalize(),
    )  # fmt: skip
    amounts = ((currency, amount) for currency in currencies for amount in price_of.get(currency, NO_PRICE))
    return [*details, *("" if amount is None else major_units(amount, currency) for currency, amount in amounts)]
