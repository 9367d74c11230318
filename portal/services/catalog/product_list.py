"""The list of products: search, filter by state, and a page of it."""

import enum
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import selectinload

from portal.core import paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import AuditEntry, Product, ProductType
from portal.models.text_keys import search_key


class Offer(enum.Enum):
    """Whether a product can be ordered: its state, and whether BitTitan still sells the type."""

    PUBLISHED = "published"
    NOT_OFFERED = "not-offered"
    """Published, but BitTitan no longer sells the type."""
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


_OFFER = case(
    (Product.withdrawn_at.is_not(None), Offer.WITHDRAWN.value),
    (Product.published_at.is_(None), Offer.DRAFT.value),
    (ProductType.sku_id.is_(None), Offer.NOT_OFFERED.value),
    else_=Offer.PUBLISHED.value,
)


@dataclass(frozen=True)
class Filters:
    term: str = ""
    offer: Offer | None = None


def offer_of(product: Product) -> Offer:
    if product.withdrawn_at is not None:
        return Offer.WITHDRAWN
    if product.published_at is None:
        return Offer.DRAFT
    return Offer.PUBLISHED if product.type.sku_id is not None else Offer.NOT_OFFERED


def page(filters: Filters, place: Place) -> Slice:
    """Rows of one product each, by name, with prices. Two statements."""
    rows = _matching(select(Product), filters).options(selectinload(Product.prices))
    return paging.page(rows, Product.name_sort, place)


def counts(term: str) -> dict[Offer, int]:
    """How many products the term finds, by offer. One statement."""
    rows = _matching(select(_OFFER, func.count()), Filters(term)).group_by(_OFFER)
    found = {Offer(value): count for value, count in db.session.execute(rows)}
    return {offer: found.get(offer, 0) for offer in Offer}


def all_of(filters: Filters) -> list[Product]:
    """By name, with prices: for a file."""
    rows = _matching(select(Product), filters).options(selectinload(Product.prices))
    return list(db.session.scalars(rows.order_by(Product.name_sort, Product.id)))


def changes(product: Product, before: int | None, size: int) -> tuple[list[AuditEntry], int | None]:
    """One page, newest first, and the id before which the next page begins."""
    rows = select(AuditEntry).where(AuditEntry.subject == "product", AuditEntry.subject_id == product.id)
    return paging.newest(rows, AuditEntry.id, before, size)


def _matching(rows: Select, filters: Filters) -> Select:
    return rows.join(ProductType, ProductType.id == Product.type_id).where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = []
    if filters.term:
        is_named = Product.name_key.contains(search_key(filters.term), autoescape=True)
        conditions.append(or_(is_named, Product.code.icontains(filters.term, autoescape=True)))
    if filters.offer is not None:
        conditions.append(_OFFER == filters.offer.value)
    return conditions
