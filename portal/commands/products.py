"""flask products: BitTitan's product types, and the distributor's products and prices."""

import json
import re

import click
from babel.numbers import get_currency_precision
from flask.cli import AppGroup

from portal.commands.exits import carry_out, stop
from portal.core.audit import COMMAND_LINE
from portal.models import Product, ProductType
from portal.services import catalog
from portal.services.catalog import prices, product_changes
from portal.services.connection import service_definition

group = AppGroup("products", help="Product types, products and prices.")

_DAYS = click.IntRange(1)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer JSON.")


@group.command("types")
@click.option("--read", is_flag=True, help="Read BitTitan's service definition first.")
@_JSON
def types(read: bool, as_json: bool) -> None:
    """Lists the product types, as BitTitan's service definition names them."""
    if read:
        reading = carry_out(service_definition.read, by=COMMAND_LINE)
        if not as_json:
            _say_reading(reading)
    kinds = catalog.product_types()
    if as_json:
        click.echo(json.dumps([_type_facts(kind) for kind in kinds], ensure_ascii=False, indent=2))
        return
    for kind in kinds:
        most = f"at most {kind.max_quantity}" if kind.sku_id else "gone from the service definition, cannot be ordered"
        days = f"expire {kind.expire_days} days, validity {kind.validity_days} days"
        click.echo(f"{kind.license_kind:<24} {kind.name:<40} {days}, {most}")


@group.command("days")
@click.argument("kind")
@click.option("--expire-days", type=_DAYS)
@click.option("--validity-days", type=_DAYS)
def days(kind: str, expire_days: int | None, validity_days: int | None) -> None:
    """Sets the default days of a product type, for products that will be made of it."""
    carry_out(
        product_changes.set_default_days, kind, by=COMMAND_LINE, expire_days=expire_days, validity_days=validity_days
    )


@group.command("list")
@_JSON
def list_products(as_json: bool) -> None:
    """Lists the products with their prices, the withdrawn ones last."""
    products = catalog.products()
    if as_json:
        click.echo(json.dumps([_facts(product) for product in products], ensure_ascii=False, indent=2))
        return
    for product in products:
        listed = ", ".join(_money(price.amount, price.currency) for price in _by_currency(product)) or "no price"
        click.echo(
            f"{product.code:<20} {product.name:<44} {product.expire_days}/{product.validity_days} days  {listed}"
        )
        if why := catalog.why_not_orderable(product):
            click.echo(f"{'':<20} {why}")


@group.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--type", "kind", required=True, help="Such as MailboxLicense; see `flask products types`.")
@click.option("--expire-days", type=_DAYS, help="The type's, unless given.")
@click.option("--validity-days", type=_DAYS, help="The type's, unless given.")
@click.option("--draft", is_flag=True, help="Do not publish it yet.")
def create(
    code: str, name: str, kind: str, expire_days: int | None, validity_days: int | None, draft: bool
) -> None:  # fmt: skip
    """Makes a product. It can be ordered in the currencies in which it has a price."""
    product = carry_out(
        product_changes.create_product, code=code, name=name, kind=kind, by=COMMAND_LINE,
        expire_days=expire_days, validity_days=validity_days, is_draft=draft,
    )  # fmt: skip
    click.echo(f"{product.code} was created: {product.name}, {product.expire_days}/{product.validity_days} days.")


@group.command("price")
@click.argument("code")
@click.argument("currency")
@click.argument("amount")
def price(code: str, currency: str, amount: str) -> None:
    """Sets the price of one licence, such as: flask products price BT-MAILBOX EUR 11.90"""
    product, currency = carry_out(catalog.product_named, code), currency.upper()
    minor = _minor_units(amount, currency)
    carry_out(prices.set_price, product, currency=currency, amount=minor, by=COMMAND_LINE)
    click.echo(f"{product.code} costs {_money(minor, currency)} a licence.")


@group.command("publish")
@click.argument("code")
def publish(code: str) -> None:
    """Offers a draft, or a withdrawn product again."""
    product = carry_out(catalog.product_named, code)
    carry_out(product_changes.publish, product, by=COMMAND_LINE)
    click.echo(f"{product.code} was published.")


@group.command("withdraw")
@click.argument("code")
def withdraw(code: str) -> None:
    """Closes a product for orders; what was bought stays as it is."""
    product = carry_out(catalog.product_named, code)
    carry_out(product_changes.withdraw, product, by=COMMAND_LINE)
    click.echo(f"{product.code} was withdrawn.")


def _say_reading(reading: service_definition.CatalogChanges) -> None:
    for word, names in (("New", reading.added), ("Changed", reading.changed), ("Gone", reading.gone)):
        for name in names:
            click.echo(f"{word}: {name}")
    if reading.gone:
        click.echo("Products of a type that is gone cannot be ordered any more.")


def _minor_units(amount: str, currency: str) -> int:
    """Reads a price such as 11.90 without using a float. Exits with code 2 if it cannot be read."""
    places = get_currency_precision(currency)
    if not re.fullmatch(rf"[0-9]{{1,9}}(\.[0-9]{{1,{places}}})?" if places else r"[0-9]{1,9}", amount):
        stop(2, f"Write the price as a number with at most {places} decimals, not “{amount}”.")
    whole, _, part = amount.partition(".")
    return int(whole + part.ljust(places, "0"))


def _money(amount: int, currency: str) -> str:
    places = get_currency_precision(currency)
    return f"{amount / 10**places:.{places}f} {currency}"


def _by_currency(product: Product) -> list:
    """The list prices."""
    listed = [price for price in product.prices if price.amount is not None]
    return sorted(listed, key=lambda price: price.currency)


def _type_facts(kind: ProductType) -> dict:
    return {
        "license_kind": kind.license_kind,
        "name": kind.name,
        "sku_id": kind.sku_id,
        "max_quantity": kind.max_quantity,
        "expire_days": kind.expire_days,
        "validity_days": kind.validity_days,
        "read_at": kind.read_at and kind.read_at.isoformat(),
    }


def _facts(product: Product) -> dict:
    return {
        "code": product.code,
        "name": product.name,
        "license_kind": product.type.license_kind,
        "expire_days": product.expire_days,
        "validity_days": product.validity_days,
        "prices": {price.currency: price.amount for price in _by_currency(product)},
        "state": product.state.value,
        "orderable": catalog.why_not_orderable(product) is None,
        "withdrawn_at": product.withdrawn_at and product.withdrawn_at.isoformat(),
    }
