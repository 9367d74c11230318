"""Data for the screens about bulk lists: all of them, and the progress and the receipt of one."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, func, select
from sqlalchemy.orm import joinedload

from portal.core import paging
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import Asset, BulkList
from portal.services.bulk_lists import Use

LISTED = 20
PAGE = 50


@dataclass(frozen=True)
class Counts:
    use: Use
    by_outcome: dict[enum.StrEnum, int]

    def of(self, *outcomes: enum.StrEnum) -> int:
        return sum(self.by_outcome.get(each, 0) for each in outcomes)

    @property
    def total(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def settled(self) -> int:
        """Items that had their turn."""
        return self.total - self.of(*self.use.unsettled)

    @property
    def is_moving(self) -> bool:
        return self.of(*self.use.moving) > 0


@dataclass(frozen=True)
class Receipt:
    rows: list[Row]
    """Of the use's `lines`."""
    after: int | None
    """The item after which the next page begins."""


def of(use: Use, list_id: int) -> BulkList:
    """Loads the people who made, started and ended it. Raises NotVisible."""
    query = select(use.table).where(use.table.id == list_id).options(*_people(use))
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotVisible()
    return row


def newest(use: Use, before: int | None) -> tuple[list[tuple[BulkList, Counts]], int | None]:
    """One page, newest first, and the id before which the next page begins. Two statements."""
    rows, older = paging.newest(select(use.table).options(*_people(use)), use.table.id, before, LISTED)
    numbers = _counts(use, [row.id for row in rows], None)
    return [(row, numbers[row.id]) for row in rows], older


def counts(use: Use, row: BulkList) -> Counts:
    """One statement."""
    return _counts(use, [row.id], row)[row.id]


def receipt(use: Use, row: BulkList, wanted: enum.StrEnum | None, after: int | None) -> Receipt:
    """One page, in the order of the list."""
    lines = use.lines(row)
    if wanted is not None:
        lines = lines.where(use.outcome(row) == wanted.value)
    if after is not None:
        lines = lines.where(use.item.id > after)
    rows = list(db.session.execute(lines.limit(PAGE + 1)))
    more = rows[PAGE - 1][0].id if len(rows) > PAGE else None
    return Receipt(rows[:PAGE], more)


def rest_from(use: Use, row: BulkList) -> date | None:
    """Where more assets matched than a list takes: the others were purchased on this day or later. None where all were
    taken, and for ticked assets, which come in another order."""
    if not row.is_cut or row.is_picked:
        return None
    days = select(func.max(Asset.purchased_on)).join(use.item, use.item.asset_id == Asset.id)
    return db.session.scalar(days.where(use.list_id == row.id))


def stream(use: Use, row: BulkList) -> Iterator[Row]:
    """All rows of the receipt, through a server-side cursor."""
    return db.session.execute(use.lines(row).execution_options(yield_per=500))


def _counts(use: Use, list_ids: list[int], row: BulkList | None) -> dict[int, Counts]:
    by_list: dict[int, dict[enum.StrEnum, int]] = {list_id: {} for list_id in list_ids}
    name = use.outcome(row)
    numbers = use.items(list_ids, use.list_id, name, func.count()).group_by(use.list_id, name)
    for list_id, outcome, number in db.session.execute(numbers):
        by_list[list_id][use.outcomes(outcome)] = number
    return {list_id: Counts(use, each) for list_id, each in by_list.items()}


def _people(use: Use) -> tuple:
    return joinedload(use.table.made_by), joinedload(use.table.started_by), joinedload(use.table.ended_by)
