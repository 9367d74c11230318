"""Lists of assets: filter, search, sort, page by key. The cost does not grow with the number of pages turned.

A page is found by the sort key and id of its neighbouring row, never by counting rows, so rows that come or go between
two pages shift nothing. The page's ids are found first, in one index; the shown columns are joined to those few.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import CTE, ColumnElement, CompoundSelect, Row, Select, select, tuple_, union

from portal.core import access
from portal.core.statement_cache import StatementArgs, cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Asset, User
from portal.services.lists import listed_asset, search, search_index
from portal.services.lists.join_hints import first, in_order, materialized
from portal.services.lists.list_choices import Choices, opening
from portal.services.lists.list_counts import CAP, RETRYABLE, Counts, Way, count, depends_on
from portal.services.lists.list_filters import Filters, conditions, from_codes, in_status, narrowing, planning
from portal.services.lists.list_sorts import BY_ID, SORTS, Cursor, Sort, may_sort
from portal.services.lists.listed_asset import ListedAsset

__all__ = [
    "CAP", "PAGE", "RETRYABLE", "Choices", "Counts", "Page", "Query", "count", "opening", "page", "plan",
]  # fmt: skip

PAGE = 50


@dataclass(frozen=True)
class Query:
    filters: Filters = field(default_factory=Filters)
    sort: str = "purchased"
    descending: bool = True
    after: str | None = None
    before: str | None = None
    from_the_end: bool = False
    size: int = PAGE
    with_contacts: bool = False
    """The rows show who is told about them."""


@dataclass(frozen=True)
class Page:
    rows: list[ListedAsset]
    sort: Sort
    descending: bool
    is_narrowed: bool
    """Too many rows for the requested order: they come in another one."""
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None if there is none."""
    has_come_from_somewhere: bool


@dataclass(frozen=True)
class Plan(StatementArgs):
    """How the rows of a list are found: all of them, or those of one page."""

    viewer: Viewer
    filters: Filters
    way: Way
    few: tuple[bool, ...]
    """As in Counts."""
    known: str | None
    """As in Counts."""
    is_capped: bool
    sort: Sort
    descending: bool
    is_narrowed: bool

    def ids(self, cursor: Cursor | None = None, size: int | None = None, *, goes_down: bool | None = None) -> CTE:
        """Columns `id` and `key`: `size` rows in this order, from the cursor on."""
        goes_down = self.descending if goes_down is None else goes_down
        if self.way is Way.WALK:
            return materialized(self._walked(cursor, size, goes_down), "page")
        rows, key, number = self._candidates()
        return materialized(_stretch(rows, key, number, cursor, size, goes_down), "page")

    def rows(self) -> Select[tuple[int]]:
        """All rows in order, with the asset's columns available, so that they can be read while they are found."""
        if self.way is Way.WALK or not (self.filters.term or self._is_collected()):
            rows, columns = self.matching(), (self.sort.key, Asset.id)
        else:
            ids = self.ids()
            joined = in_order(ids, Asset, Asset.id == ids.c.id)
            rows, columns = access.visible_asset_ids(self.viewer).select_from(joined), (ids.c.key, ids.c.id)
        columns = columns[1:] if columns[0] is Asset.id else columns
        return rows.order_by(*(column.desc() if self.descending else column.asc() for column in columns))

    def _candidates(self) -> tuple[Select, ColumnElement, ColumnElement]:
        """The rows and the columns that order them. A small result is materialized before it is sorted; otherwise a
        whole index might be read only because it has the order."""
        if self._is_known_in_order():
            known = materialized(search_index.pairs(self.known), "found")
            return select(known.c.id, known.c.purchased_on.label("key")), known.c.purchased_on, known.c.id
        rows = self.sort.joined(self.matching())
        if self.filters.term or self._is_collected():
            key = self.sort.key.label("key")
            collected = materialized(rows.with_only_columns(Asset.id, key, maintain_column_froms=True), "found")
            return select(collected.c.id, collected.c.key), collected.c.key, collected.c.id
        columns = (Asset.id, self.sort.key.label("key"))
        return rows.with_only_columns(*columns, maintain_column_froms=True), self.sort.key, Asset.id

    def _is_known_in_order(self) -> bool:
        """Counting has found all that is needed to choose the rows of the page."""
        is_whole = not (self.filters.statuses or narrowing(self.filters))
        return self.known is not None and is_whole and self.sort is SORTS["purchased"]

    def _is_collected(self) -> bool:
        if self.is_capped:
            return False
        has_index = self.sort.is_indexed and (
            not self.filters.statuses or (len(self.filters.statuses) == 1 and self.sort is SORTS["purchased"])
        )
        return bool(narrowing(self.filters)) or not has_index

    def matching(self) -> Select:
        filters, rows = self.filters, access.visible_asset_ids(self.viewer)
        if not self.is_capped:
            rows, filters = from_codes(rows, filters)
        if filters.term:
            if self.way is Way.HITS:
                hits = self._hits().cte("hits")
                rows = rows.select_from(in_order(hits, Asset, Asset.id == hits.c.id))
            else:
                rows = rows.where(search.matches(filters.term))
        return rows.where(*conditions(filters), *in_status(filters))

    def _hits(self) -> Select | CompoundSelect:
        if self.known is not None:
            return search_index.pairs(self.known)
        return union(*(branch.found for branch in search.branches(self.viewer, self.filters)))

    def _walked(self, cursor: Cursor | None, size: int | None, goes_down: bool) -> Select:
        """Reads each branch by id and merges them. A branch with few hits is materialized, as its hits may be far
        away."""
        wanted = (*conditions(self.filters), *in_status(self.filters))
        parts = []
        for branch, is_few in zip(search.branches(self.viewer, self.filters), self.few, strict=True):
            number = branch.id
            if is_few:
                hits = materialized(branch.found, f"hits_{len(parts)}")
                joined = in_order(hits, Asset, Asset.id == hits.c.id)
                rows, number = access.visible_asset_ids(self.viewer).select_from(joined), Asset.id
            else:
                rows = branch.walked
            rows = rows.where(*wanted).with_only_columns(number.label("id"), maintain_column_froms=True)
            parts.append(select(_stretch(rows, number, number, cursor, size, goes_down).subquery()))
        hits = union(*parts).subquery()
        rows = select(hits.c.id, hits.c.id.label("key"))
        return _stretch(rows, hits.c.id, hits.c.id, None, size, goes_down)


def plan(viewer: User, query: Query, counts: Counts) -> Plan:
    filters = query.filters.of(viewer)
    sort, descending, is_narrowed = _sort_for(viewer, replace(query, filters=filters), counts)
    viewer = Viewer.of(viewer)
    way, few, known = counts.way, counts.few, counts.known
    return Plan(viewer, filters, way, few, known, counts.is_capped, sort, descending, is_narrowed)


def page(viewer: User, query: Query, counts: Counts) -> Page:
    """One statement: the rows with everything that they show."""
    list_plan = plan(viewer, query, counts)
    cursor, is_backwards = _cursor(query, list_plan.sort)
    goes_down = list_plan.descending != is_backwards
    rows = [] if counts.total == 0 else _rows(list_plan, cursor, query.size + 1, goes_down, query.with_contacts)
    has_more = len(rows) > query.size
    rows = rows[: query.size]
    if is_backwards:
        rows.reverse()
    has_cursor = cursor is not None
    has_before, has_after = (has_more, has_cursor) if is_backwards else (has_cursor, has_more)
    return Page(
        [ListedAsset.read(row[1:]) for row in rows],
        list_plan.sort,
        list_plan.descending,
        list_plan.is_narrowed,
        before=_place(list_plan.sort, rows[0]) if rows and has_before else None,
        after=_place(list_plan.sort, rows[-1]) if rows and has_after else None,
        has_come_from_somewhere=has_cursor,
    )


def matching_ids(viewer: User, filters: Filters) -> Select[tuple[int]]:
    """Unordered, for actions on all of them. The search term is evaluated again when the statement runs."""
    return plan(viewer, Query(filters), replace(count(viewer, filters), known=None)).matching()


def _rows(
    list_plan: Plan, cursor: Cursor | None, size: int, goes_down: bool, with_contacts: bool
) -> Sequence[Row]:  # fmt: skip
    """The sort key, and the columns of a listed asset."""
    statement, values = _page(list_plan, cursor, size, goes_down, with_contacts, *depends_on())
    return db.session.execute(statement, values).all()


@cached_statement
def _page(
    list_plan: Plan, cursor: Cursor | None, size: int, goes_down: bool, with_contacts: bool, *_dependencies: object
) -> Select:  # fmt: skip
    ids = list_plan.ids(cursor, size, goes_down=goes_down)
    joined = in_order(ids, Asset, Asset.id == ids.c.id)
    rows = listed_asset.select_columns(
        access.visible_asset_ids(list_plan.viewer).select_from(joined), list_plan.viewer, ids.c.key,
        with_contacts=with_contacts,
    )  # fmt: skip
    rows = rows.order_by(*(column.desc() if goes_down else column.asc() for column in (ids.c.key, ids.c.id)))
    return rows.execution_options(**planning(list_plan.filters)) if list_plan.known is None else rows


def _place(sort: Sort, row: Row) -> str:
    return sort.cursor(row.key, row.id)


def _sort_for(viewer: User, query: Query, counts: Counts) -> tuple[Sort, bool, bool]:
    """More than CAP rows come in an order that an index has, and in which the matching rows are not far apart."""
    sort, filters = SORTS[query.sort if may_sort(viewer, query.sort) else Query.sort], query.filters
    if not counts.is_capped or query.sort == "redeem-by" and not filters.term:
        return sort, query.descending, False
    if filters.term:
        return BY_ID, True, True
    if filters.is_by_last_day:
        return SORTS["redeem-by"], query.descending, True
    if sort.is_indexed:
        return sort, query.descending, False
    return (SORTS["purchased"] if filters.has_dates else BY_ID), True, True


def _cursor(query: Query, sort: Sort) -> tuple[Cursor | None, bool]:
    """Anything that is no cursor of this order means the first page."""
    if query.from_the_end:
        return None, True
    after, before = sort.read_cursor(query.after), sort.read_cursor(query.before)
    return (after, False) if after else (before, before is not None)


def _stretch(
    rows: Select, key: ColumnElement, number: ColumnElement, cursor: Cursor | None, size: int | None, goes_down: bool
) -> Select | CompoundSelect:
    is_by_id = key is number or key is Asset.id
    if cursor:
        rows = rows.where(_beyond(None if is_by_id else key, number, cursor, goes_down))
    columns = (number,) if is_by_id else (key, number)
    rows = rows.order_by(*(column.desc() if goes_down else column.asc() for column in columns))
    return rows if size is None else first(rows, size)


def _beyond(key: ColumnElement | None, number: ColumnElement, cursor: Cursor, goes_down: bool) -> ColumnElement[bool]:
    """A row comparison: one seek in the index of (key, id)."""
    if key is None:
        return number < cursor.id if goes_down else number > cursor.id
    here, there = tuple_(key, number), tuple_(cursor.key, cursor.id)
    return here < there if goes_down else here > there
