"""Reads BitTitan's service definition (`GET /v1/product-skus`) into the product types."""

from dataclasses import dataclass, field

from sqlalchemy import select

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import ProductType
from portal.providers.base import Sku, Unavailable
from portal.providers.causes import Cause
from portal.services import vendor


@dataclass
class CatalogChanges:
    """What has changed since the last time, as names of product types."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def read(*, by: Actor) -> CatalogChanges:
    """The distributor's own default days stay. A type whose SKU is gone stays as well, but can no longer be ordered.

    Raises Unavailable without a good answer, Conflict if its answer cannot be stored; then nothing changes.
    """
    seller_id = vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    answer = vendor.provider().product_skus(seller_id=seller_id)
    if isinstance(answer, Unavailable) and answer.cause == Cause.OTHER_ORGANIZATION:
        raise errors.Unavailable(_("The sign-in belongs to another BitTitan organisation; nothing was changed."))
    if isinstance(answer, Unavailable):
        raise vendor.no_answer(answer)
    skus = {sku.license_kind: sku for sku in answer}
    if not skus:  # the contract names two at least; nothing would be for sale any more
        raise errors.Conflict(_("BitTitan’s service definition is empty; nothing was changed."))
    if len({sku.id for sku in answer}) < len(answer) or len(skus) < len(answer):
        raise errors.Conflict(_("BitTitan’s service definition names a product twice; nothing was changed."))
    reading = CatalogChanges()
    with transaction():
        types = {type_.license_kind: type_ for type_ in db.session.scalars(_all_types())}
        before = _free_skus(types)
        for kind in sorted(types.keys() | skus.keys()):
            _compare(types.get(kind) or _new(skus[kind]), skus.get(kind), before.get(kind), reading, by)
    return reading


def _all_types():
    return select(ProductType).order_by(ProductType.id).with_for_update().execution_options(populate_existing=True)


def _free_skus(types: dict[str, ProductType]) -> dict[str, str | None]:
    """Clears all SKUs, so that two types may exchange theirs. Returns the old ones."""
    before = {kind: type_.sku_id for kind, type_ in types.items()}
    for type_ in types.values():
        type_.sku_id = None
    db.session.flush()
    return before


def _new(sku: Sku) -> ProductType:
    type_ = ProductType(license_kind=sku.license_kind, name=sku.name)
    db.session.add(type_)
    db.session.flush()
    return type_


def _compare(type_: ProductType, sku: Sku | None, sku_before: str | None, reading: CatalogChanges, by: Actor) -> None:
    type_.read_at = clock.now()
    type_.sku_id = sku.id if sku else None
    if type_.sku_id != sku_before:
        audit.record("product_type", type_.id, "read", by=by, field="sku_id", before=sku_before, after=type_.sku_id)
        news = reading.gone if sku is None else reading.changed if sku_before else reading.added
        news.append(sku.name if sku else type_.name)
    if sku is not None:
        values = {"name": sku.name, "max_quantity": sku.max_quantity}
        if audit.changes("product_type", type_, values, act="read", by=by) and sku_before == sku.id:
            reading.changed.append(sku.name)
