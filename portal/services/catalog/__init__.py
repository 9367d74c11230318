"""What BitTitan sells (product types) and what the distributor offers (products and their prices)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from babel.numbers import is_currency
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from portal.core import audit, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import MAX_DAYS, Price, Product, ProductType
from portal.models.text_keys import collation_key

# The largest whole number that every viewer of JSON keeps exact, divided by the largest quantity of a coupon.
MAX_AMOUNT = 10**11
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def product_types() -> list[ProductType]:
    types = db.session.scalars(select(ProductType).order_by(ProductType.id))
    return sorted(types, key=lambda each: collation_key(each.name))


def products() -> list[Product]:
    """With their prices; withdrawn ones come last."""
    query = select(Product).options(selectinload(Product.prices)).order_by(Product.name_sort, Product.id)
    rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
    return sorted(rows, key=lambda product: product.withdrawn_at is not None)


def product_named(code: str) -> Product:
    """Raises NotVisible."""
    product = db.session.scalar(select(Product).where(Product.code == code).options(selectinload(Product.prices)))
    if product is None:
        raise NotVisible(_("There is no product “%(code)s”.", code=code))
    return product


def create_product(
    *, code: str, name: str, kind: str, by: Actor, expire_days: int | None = None, validity_days: int | None = None
) -> Product:
    """Days that are not given are taken from the type. Raises InvalidInput, Conflict."""
    if not _CODE.fullmatch(code):
        raise InvalidInput("code", _("Use up to 40 letters, digits, dots, dashes and underscores for the code."))
    name = _name(name)
    with _one_of_each_code(code), transaction():
        type_ = _type(kind)
        product = Product(
            code=code,
            name=name,
            type_id=type_.id,
            expire_days=_days("expire_days", expire_days, type_.expire_days),
            validity_days=_days("validity_days", validity_days, type_.validity_days),
            created_at=clock.now(),
        )
        product.type = type_
        db.session.add(product)
        db.session.flush()
        audit.record("product", product.id, "create", by=by, field="name", after=name)
    return product


def set_price(product: Product, *, currency: str, amount: int, by: Actor) -> None:
    """The price of one licence, in minor units. Earlier orders keep their agreed price. Raises InvalidInput."""
    if not is_currency(currency):
        raise InvalidInput("currency", _("“%(code)s” is not a currency, such as EUR.", code=currency))
    if not 0 <= amount <= MAX_AMOUNT:
        raise InvalidInput("amount", _("The price is out of range."))
    with transaction():
        lock(Product, product.id)
        price = db.session.scalar(
            select(Price).where(Price.product_id == product.id, Price.currency == currency).with_for_update()
        )
        before = None if price is None else price.amount
        if price is None:
            db.session.add(Price(product_id=product.id, currency=currency, amount=amount))
        else:
            price.amount = amount
        if before != amount:
            audit.record("product", product.id, "price", by=by, field=currency, before=before, after=amount)


def withdraw(product: Product, *, by: Actor) -> None:
    """The product can no longer be ordered; its assets stay as they are. Raises Conflict."""
    with transaction():
        product = lock(Product, product.id)
        if product.withdrawn_at is not None:
            raise Conflict(_("%(name)s has been withdrawn already.", name=product.name))
        audit.changes("product", product, {"withdrawn_at": clock.now()}, act="withdraw", by=by)


def set_default_days(kind: str, *, by: Actor, expire_days: int | None = None, validity_days: int | None = None) -> None:
    """For future products; existing ones keep their days. Raises InvalidInput, NotVisible."""
    with transaction():
        type_ = _type(kind)
        values = {
            "expire_days": _days("expire_days", expire_days, type_.expire_days),
            "validity_days": _days("validity_days", validity_days, type_.validity_days),
        }
        audit.changes("product_type", type_, values, act="change", by=by)


def why_not_orderable(product: Product) -> str | None:
    """A sentence, or None if it can be ordered."""
    if product.withdrawn_at is not None:
        return _("%(name)s has been withdrawn.", name=product.name)
    if product.type.sku_id is None:
        return _("BitTitan no longer sells %(name)s; choose another product.", name=product.type.name)
    return None


def _type(kind: str) -> ProductType:
    query = select(ProductType).where(ProductType.license_kind == kind).with_for_update()
    type_ = db.session.scalar(query.execution_options(populate_existing=True))
    if type_ is None:
        raise NotVisible(_("There is no product type “%(kind)s”. Read BitTitan’s service definition first.", kind=kind))
    return type_


@contextmanager
def _one_of_each_code(code: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as clash:
        raise Conflict(_("There is a product “%(code)s” already.", code=code)) from clash


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 120 or not name.isprintable():
        raise InvalidInput("name", _("Enter a name of at most 120 characters."))
    return field_rules.name(name, "name", 120)


def _days(field: str, given: int | None, default: int) -> int:
    days = default if given is None else given
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(field, _("Days must be between 1 and %(most)s.", most=MAX_DAYS))
    return days
