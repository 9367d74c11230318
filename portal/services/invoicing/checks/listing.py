"""Pages of billing exceptions, found by the neighbouring row, and all of them for a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.paging import MAX_ID, PAGE
from portal.extensions import db
from portal.models import InvoiceLine, OrderLine
from portal.services.invoicing.checks import billed_not_delivered, delivered_not_billed
from portal.services.invoicing.checks.counts import Exceptions, counts
from portal.services.invoicing.checks.delivered_not_billed import Found, explained
from portal.services.invoicing.documents.contents import delivered_on

__all__ = ["Exceptions", "Page", "counts", "delivered_on", "explained"]


@dataclass(frozen=True)
class Page:
    rows: Sequence[Row]
    after: int | None
    """The row after which the next page begins."""


def billed(after: int | None = None) -> Page:
    return _page(billed_not_delivered.rows(), InvoiceLine.id, after)


def delivered(after: int | None = None) -> Page:
    return _page(delivered_not_billed.rows(), OrderLine.id, after)


def never(after: int | None = None) -> Page:
    return _page(delivered_not_billed.never(), OrderLine.id, after)


def every_billed() -> Iterator[Row]:
    yield from _all(billed)


def every_delivered() -> Iterator[Found]:
    after: int | None = 0
    while after is not None:
        page = delivered(after)
        yield from explained(page.rows)
        after = page.after


def _all(read) -> Iterator[Row]:
    after: int | None = 0
    while after is not None:
        page = read(after)
        yield from page.rows
        after = page.after


def _page(rows: Select, row_id: InstrumentedAttribute, after: int | None) -> Page:
    if after:
        rows = rows.where(row_id > min(after, MAX_ID))
    found = db.session.execute(rows.limit(PAGE + 1)).all()
    shown = found[:PAGE]
    return Page(shown, shown[-1][0].id if len(found) > PAGE else None)
