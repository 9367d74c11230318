"""Data for the screens about bulk retries: the list, the preview, the progress, and the receipt."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import joinedload

from portal.core import paging
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import Account, Asset, Attempt, Product, Retry, RetryItem
from portal.services.bulk_retries.retry_items import PAYER, Outcome, Why, items, outcome, why
from portal.services.lists import totals
from portal.services.lists.totals import Sum

LISTED = 20
PAGE = 50
SHOWN = 30
"""Lines of payers and products in a preview."""


@dataclass(frozen=True)
class Counts:
    by_outcome: dict[Outcome, int]

    def of(self, *outcomes: Outcome) -> int:
        return sum(self.by_outcome.get(each, 0) for each in outcomes)

    @property
    def total(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def settled(self) -> int:
        """Items that have ended or were sent to BitTitan."""
        return self.total - self.of(Outcome.WILL, Outcome.UNDER_WAY)

    @property
    def is_moving(self) -> bool:
        return self.of(Outcome.WILL, Outcome.UNDER_WAY, Outcome.CHECKING) > 0


@dataclass(frozen=True)
class Line:
    payer: str
    product: str
    sum: Sum


@dataclass(frozen=True)
class Preview:
    sent: Sum = field(default_factory=Sum)
    lines: list[Line] = field(default_factory=list)
    """What will be sent, by payer and product; the largest first, at most SHOWN."""
    more: int = 0
    left: dict[Why, Sum] = field(default_factory=dict)

    @property
    def possible(self) -> int:
        """Including the imported ones, in case they are ticked."""
        return self.sent.count + self.left.get(Why.IMPORTED, Sum()).count


@dataclass(frozen=True)
class Receipt:
    """Rows of (item, asset, account, payer, product, attempt, outcome, why)."""

    rows: list[Row]
    after: int | None
    """The item after which the next page begins."""


def of(retry_id: int) -> Retry:
    """Loads the people who made, started and ended it. Raises NotVisible."""
    query = select(Retry).where(Retry.id == retry_id).options(*_people())
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotVisible()
    return row


def newest(before: int | None) -> tuple[list[tuple[Retry, Counts]], int | None]:
    """One page, newest first, and the id before which the next page begins. Two statements."""
    rows, older = paging.newest(select(Retry).options(*_people()), Retry.id, before, LISTED)
    numbers = _numbers([row.id for row in rows], outcome())
    return [(row, numbers[row.id]) for row in rows], older


def counts(retry: Retry) -> Counts:
    """One statement."""
    return _numbers([retry.id], outcome(why(retry)))[retry.id]


def preview(retry: Retry) -> Preview:
    """One statement."""
    groups = (why(retry), PAYER.id, PAYER.name, Product.id, Product.name, Asset.currency)
    named = (groups[0].label("why"), PAYER.name.label("payer"), Product.name.label("product"))
    by_line: dict[tuple[str, str], Sum] = {}
    preview = Preview()
    for row in db.session.execute(items([retry.id], *named, *totals.columns()).group_by(*groups)):
        if row.why is not None:
            preview.left.setdefault(Why(row.why), Sum()).add(row)
            continue
        preview.sent.add(row)
        by_line.setdefault((row.payer, row.product), Sum()).add(row)
    lines = sorted((Line(*key, each) for key, each in by_line.items()), key=lambda line: -line.sum.count)
    return Preview(preview.sent, lines[:SHOWN], max(0, len(lines) - SHOWN), preview.left)


def receipt(retry: Retry, wanted: Outcome | None, after: int | None) -> Receipt:
    """One page, in the order of the list."""
    rows = _lines(retry)
    if wanted is not None:
        rows = rows.where(outcome(why(retry)) == wanted.value)
    if after is not None:
        rows = rows.where(RetryItem.id > after)
    page_rows = list(db.session.execute(rows.limit(PAGE + 1)))
    more = page_rows[PAGE - 1][0].id if len(page_rows) > PAGE else None
    return Receipt(page_rows[:PAGE], more)


def stream(retry: Retry) -> Iterator[Row]:
    """All rows of the receipt, through a server-side cursor."""
    return db.session.execute(_lines(retry).execution_options(yield_per=500))


def first_requested(retry: Retry) -> tuple[Asset, Attempt] | None:
    """The item that is sent before the others."""
    rows = items([retry.id], Asset, Attempt).where(RetryItem.attempt_id.is_not(None))
    return db.session.execute(rows.order_by(RetryItem.id).limit(1)).first()


def _lines(retry: Retry) -> Select:
    reason = why(retry)
    columns = (RetryItem, Asset, Account, PAYER, Product, Attempt, outcome(reason), reason)
    return items([retry.id], *columns).join(Account, Account.id == Asset.account_id).order_by(RetryItem.id)


def _numbers(retry_ids: list[int], column: ColumnElement[str]) -> dict[int, Counts]:
    by_retry: dict[int, dict[Outcome, int]] = {retry_id: {} for retry_id in retry_ids}
    rows = items(retry_ids, RetryItem.retry_id, column, func.count()).group_by(RetryItem.retry_id, column)
    for retry_id, name, number in db.session.execute(rows):
        by_retry[retry_id][Outcome(name)] = number
    return {retry_id: Counts(numbers) for retry_id, numbers in by_retry.items()}


def _people() -> tuple:
    return joinedload(Retry.made_by), joinedload(Retry.started_by), joinedload(Retry.ended_by)
