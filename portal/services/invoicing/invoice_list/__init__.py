"""Lists of invoices and credit notes: filter, search, page by key, newest or oldest first. The same for BSS and the
Storefront: a viewer sees its own, without drafts.

A page is found by its neighbouring row, never by counting rows. The page's ids are found first, in one index; what is
shown is joined to those few. Drafts have no day yet: they stand where the newest ones are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, Select, exists, func, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.core import billing_access
from portal.core.paging import MAX_ID, PAGE
from portal.core.statement_cache import StatementArgs, cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Account, Allocation, DocumentKind, Invoice, InvoiceDocument, User
from portal.models.invoice import IS_ISSUED
from portal.services.invoicing.invoice_list import invoice_counts, invoice_term
from portal.services.invoicing.invoice_list.invoice_counts import Counts, NamedAccount, Way, count, planning
from portal.services.invoicing.invoice_list.invoice_filters import BY_DUE_DAY, Filters, Listed, conditions, in_state
from portal.services.invoicing.invoice_list.invoice_term import invoice_term as understand
from portal.services.invoicing.invoice_list.invoice_totals import Total, Totals
from portal.services.lists.join_hints import in_order, materialized
from portal.services.lists.list_counts import CAP

__all__ = [
    "BY_DUE_DAY", "CAP", "LAST_DAY", "PAGE", "Counts", "Filters", "Listed", "NamedAccount", "Page", "Query", "Total",
    "Totals", "Way", "count", "matching", "page", "source", "understand",
]  # fmt: skip

LAST_DAY = date.max
"""The day of a draft."""


@dataclass(frozen=True)
class Query:
    filters: Filters
    descending: bool = True
    """By the day of issue; lists of what is open, by the day on which it is due."""
    after: str | None = None
    before: str | None = None
    from_the_end: bool = False
    size: int = PAGE


@dataclass(frozen=True)
class Page:
    rows: Sequence[Row]
    """With the columns of `SHOWN`."""
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None if there is none."""
    has_come_from_somewhere: bool


@dataclass(frozen=True)
class Cursor(StatementArgs):
    day: date
    id: int


_NOTE = aliased(Invoice)
_CREDITED = (
    select(func.coalesce(func.sum(Allocation.amount), 0))
    .join(_NOTE, _NOTE.id == Allocation.credit_note_id)
    .where(Allocation.invoice_id == Invoice.id, _NOTE.corrects_id == Invoice.id)
    .correlate(Invoice)
    .scalar_subquery()
)
_HAS_PDF = (
    exists()
    .where(InvoiceDocument.invoice_id == Invoice.id, InvoiceDocument.kind == DocumentKind.PDF)
    .correlate(Invoice)
)
SHOWN: dict[str, ColumnElement | InstrumentedAttribute] = {
    name: getattr(Invoice, name)
    for name in (
        "id", "kind", "number", "buyer_name", "billed_account_id", "currency", "po_number", "issued_on", "due_on",
        "lines_count", "licences", "net", "vat", "gross", "settled", "paid_at",
    )
} | {"credited": _CREDITED, "has_pdf": _HAS_PDF}  # fmt: skip
_MORE = {"account_code": Account.code, "account_name": Account.name}
"""For files."""


def source(name: str) -> ColumnElement:
    """What a column of a file is read from."""
    return (SHOWN | _MORE)[name].label(name)


def page(viewer: User, query: Query, counts: Counts) -> Page:
    """One statement; none if nothing is found."""
    cursor, is_backwards = _cursor(query)
    rows = [] if counts.total == 0 else _rows(viewer, query, counts, cursor, query.descending != is_backwards)
    has_more, rows = len(rows) > query.size, rows[: query.size]
    if is_backwards:
        rows.reverse()
    has_cursor = cursor is not None
    has_before, has_after = (has_more, has_cursor) if is_backwards else (has_cursor, has_more)
    return Page(
        rows,
        before=_place(rows[0], query.filters) if rows and has_before else None,
        after=_place(rows[-1], query.filters) if rows and has_after else None,
        has_come_from_somewhere=has_cursor,
    )


def matching(viewer: User, query: Query, counts: Counts) -> Select:
    """All of them in order, for files; the caller chooses the columns among those of `source`."""
    reader, filters = Viewer.of(viewer), query.filters
    rows = _matching(reader, filters, counts.way).join(Account, Account.id == Invoice.billed_account_id)
    key = func.coalesce(_day(filters), literal(LAST_DAY, Date))
    return rows.order_by(*_order(key, Invoice.id, query.descending)).execution_options(**planning(filters))


def _rows(viewer: User, query: Query, counts: Counts, cursor: Cursor | None, goes_down: bool) -> list[Row]:
    statement, values = _page(
        Viewer.of(viewer), query.filters, counts.way, cursor, query.size + 1, goes_down, LAST_DAY
    )  # fmt: skip
    return list(db.session.execute(statement, values))


@cached_statement
def _page(
    viewer: Viewer, filters: Filters, way: Way, cursor: Cursor | None, size: Any, goes_down: bool, last_day: date
) -> Select:
    key = literal(last_day, Date, literal_execute=False)
    parts = [_part(*each, cursor, goes_down, size) for each in _parts(viewer, filters, way, key)]
    ids = materialized(_first_of(parts, goes_down, size), "page")
    rows = billing_access.visible_invoices(viewer).select_from(in_order(ids, Invoice, Invoice.id == ids.c.id))
    rows = rows.with_only_columns(*(column.label(name) for name, column in SHOWN.items()), maintain_column_froms=True)
    return rows.order_by(*_order(ids.c.day, ids.c.id, goes_down)).execution_options(**planning(filters))


def _parts(
    viewer: Viewer, filters: Filters, way: Way, last_day: ColumnElement[date]
) -> list[tuple[Select, ColumnElement[date], ColumnElement[int]]]:
    """What the list is made of, each part with its own index: rows, and the two columns of their order."""
    rows = _matching(viewer, filters, way)
    if way is Way.HITS:  # sorted by themselves: otherwise a whole index might be read only for its order
        key = func.coalesce(_day(filters), last_day).label("day")
        found = materialized(rows.with_only_columns(Invoice.id, key, maintain_column_froms=True), "found")
        return [(select(found.c.id, found.c.day), found.c.day, found.c.id)]
    issued = (rows.where(IS_ISSUED, Invoice.issued_on.is_not(None)), _day(filters), Invoice.id)
    drafts = (rows.where(Invoice.number.is_(None)), last_day, Invoice.id)
    if filters.state is Listed.DRAFT:
        return [drafts]
    has_drafts = viewer.is_staff and filters.state is None and not filters.is_of_issued
    return [issued, drafts] if has_drafts else [issued]


def _part(
    rows: Select, key: ColumnElement, number: ColumnElement, cursor: Cursor | None, goes_down: bool, size: Any
) -> Select:
    rows = rows.with_only_columns(number.label("id"), key.label("day"), maintain_column_froms=True)
    if cursor is not None:  # a row comparison: one seek in the index
        here, there = tuple_(key, number), tuple_(cursor.day, cursor.id)
        rows = rows.where(here < there if goes_down else here > there)
    return rows.order_by(*_order(key, number, goes_down)).limit(size)


def _first_of(parts: list[Select], goes_down: bool, size: Any) -> Select:
    if len(parts) == 1:
        return parts[0]
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(both).order_by(*_order(both.c.day, both.c.id, goes_down)).limit(size)


def _matching(viewer: Viewer, filters: Filters, way: Way) -> Select[tuple[Invoice]]:
    if way is Way.HITS:
        rows = invoice_counts.found_invoices(viewer, filters, invoice_counts.hits(viewer, filters.term))
        return rows if filters.state is None else rows.where(in_state(filters.state, filters.today))
    rows = billing_access.visible_invoices(viewer).where(*conditions(filters))
    return rows if filters.term is None else rows.where(invoice_term.matches(viewer, filters.term))


def _day(filters: Filters) -> InstrumentedAttribute[date]:
    return Invoice.due_on if filters.state in BY_DUE_DAY else Invoice.issued_on


def _order(key: ColumnElement, number: ColumnElement, goes_down: bool) -> list[ColumnElement]:
    return [column.desc() if goes_down else column.asc() for column in (key, number)]


def _cursor(query: Query) -> tuple[Cursor | None, bool]:
    """Anything that is no cursor means the first page."""
    if query.from_the_end:
        return None, True
    after, before = _read(query.after), _read(query.before)
    return (after, False) if after else (before, before is not None)


def _read(text: str | None) -> Cursor | None:
    day, _comma, number = (text or "").partition(",")
    if not (number.isascii() and number.isdigit() and len(number) < 11 and int(number) <= MAX_ID):
        return None
    try:
        return Cursor(date.fromisoformat(day), int(number))
    except ValueError:
        return None


def _place(row: Row, filters: Filters) -> str:
    day = row.due_on if filters.state in BY_DUE_DAY else row.issued_on
    return f"{day or LAST_DAY},{row.id}"
