"""The list of price lists: search, filter by state, and a page of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import joinedload

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import PriceLine, PriceList, PriceListAccount, PriceListState, User
from portal.models.text_keys import search_key


@dataclass(frozen=True)
class Filters:
    term: str
    state: PriceListState | None
    is_of_partners: bool
    """Those of other sellers instead of the viewer's own."""
    day: date
    """On which the state is judged."""


def page(viewer: User, filters: Filters, place: Place) -> Slice:
    """Rows of (list, number of products, number of accounts), by name. One statement."""
    products = select(func.count(PriceLine.product_id.distinct())).where(PriceLine.list_id == PriceList.id)
    buyers = select(func.count()).where(PriceListAccount.list_id == PriceList.id)
    rows = _matching(viewer, filters).options(joinedload(PriceList.seller))
    rows = rows.add_columns(products.scalar_subquery(), buyers.scalar_subquery())
    if filters.state is not None:
        rows = rows.where(_state(filters.day) == filters.state.value)
    return paging.page(rows, PriceList.name_sort, place)


def counts(viewer: User, filters: Filters) -> dict[str, int]:
    """By state, of the viewer's own lists; `partners` counts those of others. One statement."""
    is_own = PriceList.seller_id == viewer.account_id
    kind = case((is_own, _state(filters.day)), else_="partners").label("kind")
    rows = _named(access.visible_price_lists(viewer), filters.term).with_only_columns(kind, func.count())
    found = dict(db.session.execute(rows.group_by(kind)).all())
    return {value: found.get(value, 0) for value in (*(state.value for state in PriceListState), "partners")}


def _matching(viewer: User, filters: Filters) -> Select:
    is_own = PriceList.seller_id == viewer.account_id
    rows = access.visible_price_lists(viewer).where(~is_own if filters.is_of_partners else is_own)
    return _named(rows, filters.term)


def _named(rows: Select, term: str) -> Select:
    return rows.where(PriceList.name_key.contains(search_key(term), autoescape=True)) if term else rows


def _state(day: date) -> ColumnElement[str]:
    """As PriceList.state_on."""
    has_ended = and_(PriceList.valid_until.is_not(None), PriceList.valid_until < day)
    return case(
        (PriceList.used_at.is_(None), PriceListState.DRAFT.value),
        (PriceList.valid_from > day, PriceListState.LATER.value),
        (has_ended, PriceListState.ENDED.value),
        else_=PriceListState.IN_USE.value,
    )
