"""Lists of assets: filter, search, sort, page by key. Nothing here grows with the number of pages turned.

A page is found by the sort key and id of the row beside it, never by counting rows over, so that rows which come or go
between two pages shift nothing. Totals are counted up to CAP.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select, true, tuple_, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Lifecycle, Product, SyncStatus, User
from portal.services import access
from portal.services.list_filters import Filters, Redeem, conditions
from portal.services.list_sorts import BY_ID, SORTS, Cursor, Sort
from portal.services.search import hits

PAGE = 50
CAP = 10_000
RETRYABLE = (Asset.sync_status == SyncStatus.FAILED, Asset.lifecycle == Lifecycle.ACTIVE)
OFFERED = 200


@dataclass(frozen=True)
class Query:
    filters: Filters = field(default_factory=Filters)
    sort: str = "purchased"
    descending: bool = True
    after: str | None = None
    before: str | None = None
    from_the_end: bool = False
    size: int = PAGE


@dataclass(frozen=True)
class Counts:
    by_status: dict[SyncStatus, int]
    """Without the status filter; each counted up to CAP + 1."""
    total: int
    retryable: int = 0
    """Failed and not cancelled, without the status filter."""
    expiring: int = 0
    """Unredeemed codes of the reader that run out soon, whatever the list is filtered by; not counted for the staff."""
    first_ends_on: date | None = None

    @property
    def is_capped(self) -> bool:
        return self.total > CAP


@dataclass(frozen=True)
class Page:
    rows: list[Asset]
    counts: Counts
    sort: Sort
    is_narrowed: bool
    """Too many rows to put in the order asked for: they come by id instead."""
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None where there is none."""
    has_come_from_somewhere: bool


def count(reader: User, filters: Filters) -> Counts:
    """One statement."""
    found = hits(reader, filters.term)
    rows = _matching(access.visible_asset_ids(reader), filters, found)
    possible = (SyncStatus.FAILED,) if filters.cause else SyncStatus
    columns = [_capped(rows.where(Asset.sync_status == status)).label(status.value) for status in possible]
    columns.append(_capped(rows.where(*RETRYABLE)).label("retryable"))
    numbers = db.session.execute(select(*columns, *_expiring(reader))).one()
    by_status = {status: getattr(numbers, status.value, 0) for status in SyncStatus}
    wanted = filters.statuses or tuple(SyncStatus)
    total = sum(by_status[status] for status in wanted)
    expiring = () if reader.is_staff else (numbers.expiring, numbers.ends_on)
    return Counts(by_status, total, numbers.retryable, *expiring)


def _capped(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(CAP + 1).subquery()).scalar_subquery()


def _expiring(reader: User) -> list[ColumnElement]:
    """How many, and the last day of the first one."""
    if reader.is_staff:
        return []
    rows = access.visible_asset_ids(reader).where(*conditions(Filters(redeem=Redeem.EXPIRING)))
    ends_on = rows.with_only_columns(func.min(Asset.redeem_by))
    return [_capped(rows).label("expiring"), ends_on.scalar_subquery().label("ends_on")]


def page(reader: User, query: Query) -> Page:
    """Two statements: the counts, and the rows with what they show."""
    counts = count(reader, query.filters)
    sort, descending, is_narrowed = _sort_for(query, counts)
    cursor, is_backwards = _cursor(query, sort)
    goes_down = descending != is_backwards
    rows = list(db.session.scalars(_rows(reader, query.filters, sort, goes_down, cursor).limit(query.size + 1)))
    has_more = len(rows) > query.size
    rows = rows[: query.size]
    if is_backwards:
        rows.reverse()
    came = cursor is not None
    has_before, has_after = (has_more, came) if is_backwards else (came, has_more)
    return Page(
        rows,
        counts,
        sort,
        is_narrowed,
        before=sort.cursor_of(rows[0]) if rows and has_before else None,
        after=sort.cursor_of(rows[-1]) if rows and has_after else None,
        has_come_from_somewhere=came,
    )


def stream(reader: User, query: Query) -> Iterator[Asset]:
    """All rows of all pages in order, through a server-side cursor."""
    sort = SORTS[query.sort]
    rows = _rows(reader, query.filters, sort, query.descending, None)
    return db.session.scalars(rows.execution_options(yield_per=500))


def matching_ids(reader: User, filters: Filters) -> Select[tuple[int]]:
    """In no order: for what is done to all of them."""
    rows = _matching(access.visible_asset_ids(reader), filters, hits(reader, filters.term))
    return rows.where(Asset.sync_status.in_(filters.statuses)) if filters.statuses else rows


def by_ids(reader: User, ids: list[int]) -> list[Asset]:
    """Those of them that the reader may see."""
    return list(db.session.scalars(access.visible_assets(reader).where(Asset.id.in_(ids)))) if ids else []


@dataclass(frozen=True)
class Choices:
    products: list[tuple[int, str]]
    customers: list[tuple[int, str]]
    """Of a partner, by name; the first OFFERED."""
    account: Account | None
    """The one asked for, if the reader may see it."""


def choices(reader: User, account_id: int | None) -> Choices:
    """One statement: what can be filtered by, and the account that the filter names."""
    account = aliased(Account, access.visible_accounts(reader).where(Account.id == (account_id or 0)).subquery())
    one = select(literal(1).label("one")).subquery()
    offer = _offer(reader).subquery()
    statement = (
        select(offer.c.kind, offer.c.id, offer.c.name, account)
        .select_from(one)
        .outerjoin(account, true())
        .outerjoin(offer, true())
        .order_by(offer.c.key, offer.c.id)
    )
    found = db.session.execute(statement).all()
    offered = {kind: [(row[1], row[2]) for row in found if row[0] == kind] for kind in ("product", "customer")}
    return Choices(offered["product"], offered["customer"], found[0][3])


def _offer(reader: User):
    products = select(literal("product").label("kind"), Product.id, Product.name, Product.name_key.label("key"))
    if not reader.is_staff:
        sold = access.visible_asset_ids(reader).with_only_columns(Asset.product_id).distinct()
        products = products.where(Product.id.in_(sold))
    if reader.account.kind is not AccountKind.PARTNER:
        return products
    customers = access.visible_accounts(reader).where(Account.kind == AccountKind.CUSTOMER)
    customers = customers.with_only_columns(literal("customer"), Account.id, Account.name, Account.name_key)
    first = customers.order_by(Account.name_key, Account.id).limit(OFFERED).subquery()
    return union_all(products, select(first))


def _sort_for(query: Query, counts: Counts) -> tuple[Sort, bool, bool]:
    sort = SORTS[query.sort]
    if counts.is_capped and (query.filters.term or not sort.is_indexed):
        return BY_ID, True, True
    return sort, query.descending, False


def _cursor(query: Query, sort: Sort) -> tuple[Cursor | None, bool]:
    """What cannot be a cursor of this order is page one."""
    if query.from_the_end:
        return None, True
    after, before = sort.read_cursor(query.after), sort.read_cursor(query.before)
    return (after, False) if after else (before, before is not None)


def _rows(reader: User, filters: Filters, sort: Sort, goes_down: bool, cursor: Cursor | None) -> Select[tuple[Asset]]:
    rows = _matching(access.visible_assets(reader), filters, hits(reader, filters.term))
    if filters.statuses:
        rows = rows.where(Asset.sync_status.in_(filters.statuses))
    key = sort.key
    if sort.joins_billed_account:
        rows = rows.join(sort.billed_account, sort.billed_account.id == Asset.billed_account_id)
    if cursor:
        rows = rows.where(_beyond(sort, cursor, goes_down))
    columns = (Asset.id,) if key is Asset.id else (key, Asset.id)
    return rows.order_by(*(column.desc() if goes_down else column.asc() for column in columns))


def _beyond(sort: Sort, cursor: Cursor, goes_down: bool) -> ColumnElement[bool]:
    """A comparison of rows: one seek in the index of (key, id)."""
    if sort is BY_ID:
        return Asset.id < cursor.id if goes_down else Asset.id > cursor.id
    here = tuple_(sort.key, Asset.id)
    there = tuple_(literal(cursor.key, sort.key.type), literal(cursor.id))
    return here < there if goes_down else here > there


def _matching(rows: Select, filters: Filters, found) -> Select:
    rows = rows.where(*conditions(filters))
    return rows if found is None else rows.where(Asset.id.in_(select(found.c.id)))
