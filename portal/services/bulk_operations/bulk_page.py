"""Data for the screens about bulk operations: the list, the preview, the progress, and the receipt."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import joinedload

from portal.core import paging
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import Account, Asset, BulkItem, BulkOperation, Coupon, Revocation
from portal.services.bulk_operations.bulk_items import PAYER, Outcome, items, outcome, why
from portal.services.bulk_operations.bulk_kinds import Why
from portal.services.lists import totals
from portal.services.lists.totals import Sum

LISTED = 20
PAGE = 50
MOVING = (Outcome.WILL, Outcome.WILL_REVOKE)


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
        """Items that had their turn."""
        return self.total - self.of(*MOVING)

    @property
    def is_moving(self) -> bool:
        return self.of(*MOVING, Outcome.UNKNOWN) > 0

    @property
    def changed(self) -> int:
        return self.of(Outcome.DONE, Outcome.REVOKED)


@dataclass(frozen=True)
class Preview:
    sums: dict[Outcome, Sum] = field(default_factory=dict)
    left: dict[Why, Sum] = field(default_factory=dict)
    possible: Sum = field(default_factory=Sum)
    """Of all that would be changed."""


@dataclass(frozen=True)
class Receipt:
    """Rows of (item, asset, account, payer, coupon, revocation, outcome, why)."""

    rows: list[Row]
    after: int | None
    """The item after which the next page begins."""


def of(operation_id: int) -> BulkOperation:
    """Loads the people who made, started and ended it. Raises NotVisible."""
    query = select(BulkOperation).where(BulkOperation.id == operation_id).options(*_people())
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotVisible()
    return row


def newest(before: int | None) -> tuple[list[tuple[BulkOperation, Counts]], int | None]:
    """One page, newest first, and the id before which the next page begins. Two statements."""
    rows, older = paging.newest(select(BulkOperation).options(*_people()), BulkOperation.id, before, LISTED)
    by_id: dict[int, dict[Outcome, int]] = {row.id: {} for row in rows}
    name = outcome()
    numbers = items(list(by_id), BulkItem.operation_id, name, func.count()).group_by(BulkItem.operation_id, name)
    for operation_id, each, number in db.session.execute(numbers):
        by_id[operation_id][Outcome(each)] = number
    return [(row, Counts(by_id[row.id])) for row in rows], older


def counts(operation: BulkOperation) -> Counts:
    """One statement."""
    name = outcome(operation)
    rows = items([operation.id], name, func.count()).group_by(name)
    return Counts({Outcome(each): number for each, number in db.session.execute(rows)})


def preview(operation: BulkOperation) -> Preview:
    """One statement."""
    groups = (outcome(operation), why(operation), Asset.currency)
    named = (groups[0].label("outcome"), groups[1].label("why"))
    told = Preview()
    for row in db.session.execute(items([operation.id], *named, *totals.columns()).group_by(*groups)):
        if row.why is not None:
            told.left.setdefault(Why(row.why), Sum()).add(row)
        else:
            told.sums.setdefault(Outcome(row.outcome), Sum()).add(row)
            told.possible.add(row)
    return told


def receipt(operation: BulkOperation, wanted: Outcome | None, after: int | None) -> Receipt:
    """One page, in the order of the list."""
    rows = _lines(operation)
    if wanted is not None:
        rows = rows.where(outcome(operation) == wanted.value)
    if after is not None:
        rows = rows.where(BulkItem.id > after)
    page_rows = list(db.session.execute(rows.limit(PAGE + 1)))
    more = page_rows[PAGE - 1][0].id if len(page_rows) > PAGE else None
    return Receipt(page_rows[:PAGE], more)


def stream(operation: BulkOperation) -> Iterator[Row]:
    """All rows of the receipt, through a server-side cursor."""
    return db.session.execute(_lines(operation).execution_options(yield_per=500))


def _lines(operation: BulkOperation) -> Select:
    columns = (BulkItem, Asset, Account, PAYER, Coupon, Revocation, outcome(operation), why(operation))
    return items([operation.id], *columns).join(Account, Account.id == Asset.account_id).order_by(BulkItem.id)


def _people() -> tuple:
    return joinedload(BulkOperation.made_by), joinedload(BulkOperation.started_by), joinedload(BulkOperation.ended_by)
