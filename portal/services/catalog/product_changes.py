"""Creating and changing products. What was sold before keeps what it was sold with: days, price, currency, name."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import audit, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, DomainError, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import MAX_DAYS, Order, OrderLine, OrderState, Product, ProductState, ProductType
from portal.services.catalog import list_price_use, lock_product, prices
from portal.services.catalog.prices import PriceOf

LONGEST = {"code": 40, "name": 120, "description": 2000}
MOST_LICENCES = 1_000_000
_DEFAULTS = {"name": "", "description": "", "min_quantity": 1, "max_quantity": None}
FIXED_ONCE_SOLD = ("code", "name", "type_id")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def create_product(
    *, code: str, name: str, kind: str, by: Actor, price_of: Mapping[str, PriceOf] | None = None,
    is_draft: bool = False, **details: Any,
) -> Product:  # fmt: skip
    """`kind` is BitTitan's name of the type. Days that are not given are taken from the type. Raises InvalidInput,
    Conflict for a code that is taken, NotVisible for the type."""
    with _one_of_each_code(code, Conflict), transaction():
        details |= {"code": code, "name": name, "kind": kind}
        return add(details, price_of or {}, by=by, is_draft=is_draft)


def create_draft(*, details: Mapping[str, Any], price_of: Mapping[str, PriceOf], by: Actor) -> Product:
    """`details` as in `add`. Raises InvalidInput, NotVisible."""
    with _one_of_each_code(details["code"], _in_field), transaction():
        return add(details, price_of, by=by, is_draft=True)


def save_product(
    product: Product, *, version: int, details: Mapping[str, Any], price_of: Mapping[str, PriceOf], by: Actor
) -> bool:
    """Saves the given details and prices. Returns whether anything changed. Raises StaleVersion, InvalidInput, and
    NotVisible for the type."""
    with _one_of_each_code(details.get("code", ""), _in_field), transaction():
        row = lock_product(product.id)
        if row.version != version:
            raise StaleVersion(_("Somebody else saved this product in the meantime. Nothing of yours was saved."))
        return change(row, details, price_of, by=by)


def add(details: Mapping[str, Any], price_of: Mapping[str, PriceOf], *, by: Actor, is_draft: bool) -> Product:
    """Inside a transaction. `details`: code, name and kind, and any others. Raises before it writes."""
    product = planned(details, price_of, locks=True)
    product.published_at = None if is_draft else product.created_at
    db.session.add(product)
    db.session.flush()
    audit.record("product", product.id, "create", by=by, field="name", after=product.name)
    prices.save(product, price_of, by=by)
    return product


def planned(details: Mapping[str, Any], price_of: Mapping[str, PriceOf], *, locks: bool) -> Product:
    """The draft that `add` would make, without its prices. Writes nothing."""
    details = dict(details)
    if not details.get("kind"):
        raise InvalidInput("kind", _("Choose a product type."))
    type_ = _type(details.pop("kind"), locks=locks)
    days = {"expire_days": type_.expire_days, "validity_days": type_.validity_days}
    given = {field: value for field, value in details.items() if value is not None}
    values = _checked(_DEFAULTS | days | given, type_)
    prices.check(price_of)
    product = Product(**values, type_id=type_.id, created_at=clock.now(), published_at=None)
    product.type = type_
    return product


def change(row: Product, details: Mapping[str, Any], price_of: Mapping[str, PriceOf], *, by: Actor) -> bool:
    """Inside a transaction that has locked the product. Returns whether anything changed. Raises before it writes."""
    values, type_ = changed_values(row, details, price_of, locks=True)
    changed = audit.changes("product", row, values, act="change", by=by)
    row.type = type_
    is_changed = bool(prices.save(row, price_of, by=by) or changed)
    row.version += is_changed
    return is_changed


def changed_values(
    row: Product, details: Mapping[str, Any], price_of: Mapping[str, PriceOf], *, locks: bool
) -> tuple[dict[str, Any], ProductType]:
    """What `change` would write. Raises as it does, and writes nothing."""
    values = dict(details)
    type_ = _type(values.pop("kind"), locks=locks) if "kind" in values else row.type
    limits = {"min_quantity": row.min_quantity, "max_quantity": row.max_quantity}
    values = _checked(limits | values, type_, row) | {"type_id": type_.id}
    _refuse_what_is_fixed(row, values)
    prices.check(price_of)
    list_price_use.refuse_removal(row, price_of)
    return values, type_


def publish(product: Product, *, by: Actor) -> None:
    """Offers a draft, or a withdrawn product again. Raises Conflict."""
    with transaction():
        row = lock_product(product.id)
        if row.state is ProductState.PUBLISHED:
            raise Conflict(_("%(name)s is published already.", name=row.name))
        set_state(row, ProductState.PUBLISHED, by=by)


def withdraw(product: Product, *, by: Actor) -> None:
    """The product can no longer be ordered; its assets stay as they are. Raises Conflict."""
    with transaction():
        row = lock_product(product.id)
        if row.state is ProductState.WITHDRAWN:
            raise Conflict(_("%(name)s has been withdrawn already.", name=row.name))
        set_state(row, ProductState.WITHDRAWN, by=by)


def note_sale(product_ids: list[int] | Select[tuple[int]], now: datetime) -> None:
    """Inside a transaction. Remembers when these products were first sold."""
    is_first = Product.id.in_(product_ids) & Product.first_sold_at.is_(None)
    in_order = select(Product.id).where(is_first).order_by(Product.id)
    db.session.execute(in_order.with_for_update(key_share=True))
    db.session.execute(update(Product).where(is_first).values(first_sold_at=now))


def set_default_days(kind: str, *, by: Actor, expire_days: int | None = None, validity_days: int | None = None) -> None:
    """For future products; existing ones keep their days. Raises InvalidInput, NotVisible."""
    with transaction():
        type_ = _type(kind)
        given = {"expire_days": expire_days, "validity_days": validity_days}
        values = {field: _days(field, days) for field, days in given.items() if days is not None}
        audit.changes("product_type", type_, values, act="change", by=by)


def set_state(row: Product, state: ProductState, *, by: Actor) -> None:
    """Inside a transaction that has locked the product. Raises Conflict."""
    if values := state_values(row, state):
        act = "publish" if state is ProductState.PUBLISHED else "withdraw"
        audit.changes("product", row, values, act=act, by=by)
        row.version += 1


def state_values(row: Product, state: ProductState) -> dict[str, datetime | None]:
    """What `set_state` would write. Raises as it does, and writes nothing."""
    if row.state is state:
        return {}
    if state is ProductState.DRAFT:
        raise Conflict(_("Only a new product is a draft. Withdraw it instead."))
    if state is ProductState.WITHDRAWN:
        return {"withdrawn_at": clock.now()}
    if row.type.sku_id is None:
        raise Conflict(_("BitTitan no longer sells %(name)s, so it cannot be offered.", name=row.type.name))
    return {"published_at": row.published_at or clock.now(), "withdrawn_at": None}


def _refuse_what_is_fixed(row: Product, values: Mapping[str, Any]) -> None:
    changed = [field for field in FIXED_ONCE_SOLD if field in values and values[field] != getattr(row, field)]
    if changed and row.id is not None and (row.first_sold_at is not None or _is_ordered(row.id)):
        raise InvalidInput(
            "kind" if changed[0] == "type_id" else changed[0],
            _("It is fixed, because the product has been sold or ordered. Copy the product to sell it differently."),
        )


def _is_ordered(product_id: int) -> bool:
    """Whether an order waits that will buy it: what it agreed is what is bought."""
    lines = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id).where(OrderLine.product_id == product_id)
    is_waiting = Order.state.in_((OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED))
    return db.session.scalar(lines.where(is_waiting).limit(1)) is not None


def _type(kind: str, *, locks: bool = True) -> ProductType:
    query = select(ProductType).where(ProductType.license_kind == kind)
    if locks:
        query = query.with_for_update()
    type_ = db.session.scalar(query.execution_options(populate_existing=True))
    if type_ is None:
        raise NotVisible(_("There is no product type “%(kind)s”. Read BitTitan’s service definition first.", kind=kind))
    return type_


@contextmanager
def _one_of_each_code(code: str, refusal: Callable[[str], DomainError]) -> Iterator[None]:
    try:
        yield
    except IntegrityError as clash:
        raise refusal(_("There is a product “%(code)s” already.", code=code)) from clash


def _in_field(sentence: str) -> InvalidInput:
    return InvalidInput("code", sentence)


def _checked(values: Mapping[str, Any], type_: ProductType, stored: Product | None = None) -> dict[str, Any]:
    """A value that is stored already is not judged again, but limits are: BitTitan may have changed its own."""
    checked = {
        field: value if stored is not None and getattr(stored, field) == value else _RULES[field](field, value)
        for field, value in values.items()
    }
    most = MOST_LICENCES if type_.max_quantity is None else type_.max_quantity
    least, limit = checked["min_quantity"], checked["max_quantity"]
    if not 1 <= least <= most:
        raise InvalidInput("min_quantity", _("Enter a whole number from %(low)s to %(high)s.", low=1, high=most))
    if limit is not None and limit > most:
        raise InvalidInput("max_quantity", _("BitTitan allows no more than %(most)s licences.", most=most))
    if limit is not None and limit < least:
        raise InvalidInput("max_quantity", _("It must not be less than the fewest licences."))
    return checked


def _code(field: str, code: str) -> str:
    if not _CODE.fullmatch(code):
        raise InvalidInput(field, _("Use up to 40 letters, digits, dots, dashes and underscores for the code."))
    return code


def _name(field: str, text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST["name"] or not name.isprintable():
        raise InvalidInput(field, _("Enter a name of at most 120 characters."))
    return field_rules.name(name, field, LONGEST["name"])


def _description(field: str, text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST["description"]:
        raise InvalidInput(field, _("Use at most %(most)s characters.", most=LONGEST["description"]))
    for line in text.replace("\t", " ").split("\n"):
        field_rules.kept_text(line, field, LONGEST["description"])
    return text


def _days(field: str, days: int) -> int:
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(field, _("Days must be between 1 and %(most)s.", most=MAX_DAYS))
    return days


def _as_given(_field: str, value: int | None) -> int | None:
    return value


_RULES = {
    "code": _code, "name": _name, "description": _description, "expire_days": _days, "validity_days": _days,
    "min_quantity": _as_given, "max_quantity": _as_given,
}  # fmt: skip
