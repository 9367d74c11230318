"""Lists of orders: filter, search, page by key, newest or oldest first. The same for BSS and the Storefront: a viewer
sees its own orders, without drafts.

A page is found by its neighbouring row, never by counting rows. The page's ids are found first, in one index; what is
shown is joined to those few.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_

from portal.core import access
from portal.core.paging import MAX_ID, PAGE
from portal.core.statement_cache import StatementArgs, cached_statement
from portal.core.viewer import Tree, Viewer
from portal.extensions import db
from portal.models import Order, User
from portal.services.lists.join_hints import in_order, materialized
from portal.services.lists.list_counts import CAP
from portal.services.ordering.order_list import listed_order, order_counts, order_term
from portal.services.ordering.order_list.listed_order import ListedOrder
from portal.services.ordering.order_list.order_counts import Counts, NamedAccount, Way, count, planning
from portal.services.ordering.order_list.order_filters import Filters, conditions, in_state
from portal.services.ordering.order_list.order_term import order_term as understand

__all__ = [
    "CAP", "PAGE", "Counts", "Filters", "ListedOrder", "NamedAccount", "Page", "Query", "Way", "count", "matching",
    "page", "understand",
]  # fmt: skip


@dataclass(frozen=True)
class Query:
    filters: Filters = field(default_factory=Filters)
    descending: bool = True
    """By the day on which it was placed."""
    after: str | None = None
    before: str | None = None
    from_the_end: bool = False
    size: int = PAGE


@dataclass(frozen=True)
class Page:
    rows: Sequence[ListedOrder]
    is_narrowed: bool
    """Too many orders match to be sorted: they come by number, newest first."""
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None if there is none."""
    has_come_from_somewhere: bool


@dataclass(frozen=True)
class Cursor(StatementArgs):
    placed_at: datetime | None
    """None in the order of numbers."""
    id: int


def page(viewer: User, query: Query, counts: Counts) -> Page:
    """One statement; none if nothing is found."""
    is_narrowed = counts.way is Way.WALK
    descending = is_narrowed or query.descending
    cursor, is_backwards = _cursor(query, is_narrowed)
    goes_down = descending != is_backwards
    rows = [] if counts.total == 0 else _rows(viewer, query, counts, cursor, goes_down)
    has_more, rows = len(rows) > query.size, rows[: query.size]
    if is_backwards:
        rows.reverse()
    has_cursor = cursor is not None
    has_before, has_after = (has_more, has_cursor) if is_backwards else (has_cursor, has_more)
    return Page(
        rows,
        is_narrowed,
        before=_place(rows[0], is_narrowed) if rows and has_before else None,
        after=_place(rows[-1], is_narrowed) if rows and has_after else None,
        has_come_from_somewhere=has_cursor,
    )


def matching(viewer: User, query: Query, counts: Counts) -> Select[tuple[Order]]:
    """All of them in order, for files and for actions on all: the caller chooses the columns."""
    filters, reader = _known(viewer, query, counts), Viewer.of(viewer)
    rows = _matching(reader, filters, counts.way)
    is_narrowed = counts.way is Way.WALK
    columns = (Order.id,) if is_narrowed else (Order.placed_at, Order.id)
    descending = is_narrowed or query.descending
    rows = rows.order_by(*(column.desc() if descending else column.asc() for column in columns))
    return rows.execution_options(**planning(filters))


def _known(viewer: User, query: Query, counts: Counts) -> Filters:
    """With the account that counting has found."""
    filters, account = query.filters.of(viewer), counts.account
    return filters if account is None else replace(filters, account=Tree(account.kind, account.id))


def _rows(viewer: User, query: Query, counts: Counts, cursor: Cursor | None, goes_down: bool) -> list[ListedOrder]:
    filters = _known(viewer, query, counts)
    statement, values = _page(Viewer.of(viewer), filters, counts.way, cursor, query.size + 1, goes_down)
    return [ListedOrder.read(row) for row in db.session.execute(statement, values)]


@cached_statement
def _page(
    viewer: Viewer, filters: Filters, way: Way, cursor: Cursor | None, size: Any, goes_down: bool
) -> Select:  # fmt: skip
    ids = materialized(_stretch(_matching(viewer, filters, way), way, cursor, goes_down, size), "page")
    rows = access.listed_orders(viewer).select_from(in_order(ids, Order, Order.id == ids.c.id))
    rows = listed_order.select_columns(rows, viewer)
    return rows.order_by(*_order(ids.c.placed_at, ids.c.id, way, goes_down)).execution_options(**planning(filters))


def _stretch(
    rows: Select[tuple[Order]], way: Way, cursor: Cursor | None, goes_down: bool, size: Any
) -> Select:  # fmt: skip
    """Columns `id` and `placed_at`."""
    key, number = Order.placed_at, Order.id
    rows = rows.with_only_columns(number, key, maintain_column_froms=True)
    if way is Way.HITS:  # sorted by themselves: otherwise a whole index might be read only for its order
        found = materialized(rows, "found")
        rows, key, number = select(found.c.id, found.c.placed_at), found.c.placed_at, found.c.id
    if cursor is not None:
        rows = rows.where(_beyond(key, number, cursor, goes_down))
    return rows.order_by(*_order(key, number, way, goes_down)).limit(size)


def _matching(viewer: Viewer, filters: Filters, way: Way) -> Select[tuple[Order]]:
    if way is Way.HITS:
        rows = order_counts.found_orders(viewer, filters, order_counts.hits(viewer, filters))
        return rows if filters.state is None else rows.where(in_state(filters.state))
    rows = access.listed_orders(viewer, filters.state).where(*conditions(filters))
    return rows if filters.term is None else rows.where(order_term.matches(viewer, filters.term))


def _order(key: ColumnElement, number: ColumnElement, way: Way, goes_down: bool) -> list[ColumnElement]:
    columns = (number,) if way is Way.WALK else (key, number)
    return [column.desc() if goes_down else column.asc() for column in columns]


def _beyond(key: ColumnElement, number: ColumnElement, cursor: Cursor, goes_down: bool) -> ColumnElement[bool]:
    """A row comparison: one seek in the index."""
    if cursor.placed_at is None:
        return number < cursor.id if goes_down else number > cursor.id
    here, there = tuple_(key, number), tuple_(cursor.placed_at, cursor.id)
    return here < there if goes_down else here > there


def _cursor(query: Query, is_by_number: bool) -> tuple[Cursor | None, bool]:
    """Anything that is no cursor of this order means the first page."""
    if query.from_the_end:
        return None, True
    after, before = _read(query.after, is_by_number), _read(query.before, is_by_number)
    return (after, False) if after else (before, before is not None)


def _read(text: str | None, is_by_number: bool) -> Cursor | None:
    placed_at, comma, number = (text or "").rpartition(",")
    is_id = number.isascii() and number.isdigit() and len(number) < 11 and int(number) <= MAX_ID
    if not is_id or bool(comma) == is_by_number:
        return None
    try:
        instant = datetime.fromisoformat(placed_at) if comma else None
    except ValueError:
        return None
    is_naive = instant is not None and instant.tzinfo is None
    return None if is_naive else Cursor(instant, int(number))


def _place(order: ListedOrder, is_by_number: bool) -> str:
    return str(order.id) if is_by_number else f"{order.placed_at.isoformat()},{order.id}"
