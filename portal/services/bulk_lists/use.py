"""What the uses of a bulk list do not share. Retries and bulk operations each fill in one `Use`, and hand it to the
functions of this package."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.i18n import LazyString
from portal.models import BulkList, BulkListItem, JobKind


@dataclass(frozen=True)
class Refusals:
    """Sentences for people."""

    nothing_chosen: LazyString
    started: LazyString
    changed: LazyString
    """Something else is possible than the preview showed."""
    nothing_possible: LazyString


@dataclass(frozen=True)
class Use:
    table: type[BulkList]
    item: type[BulkListItem]
    list_id: InstrumentedAttribute[int]
    """The item's column with the id of its list."""
    states: type[enum.Enum]
    """Of an item."""
    outcomes: type[enum.StrEnum]
    """Of an item, on the receipt."""
    unsettled: tuple[enum.StrEnum, ...]
    """Outcomes of items that did not have their turn, or were not sent to BitTitan yet."""
    moving: tuple[enum.StrEnum, ...]
    """Outcomes that still change by themselves."""
    job: JobKind
    subject: str
    """Its name in the audit log."""
    refusals: Refusals
    items: Callable[..., Select]
    """(ids of lists, *columns): the items, joined with what the next functions need."""
    why_not: Callable[[BulkList], ColumnElement[str | None]]
    """For a waiting item: why it would be left out now; NULL if it would be carried out."""
    why_impossible: Callable[[BulkList], ColumnElement[str | None]]
    """The same, whatever is still chosen with the start."""
    outcome: Callable[[BulkList | None], ColumnElement[str]]
    """None: of lists that are not all the same; what only a preview knows is left out."""
    lines: Callable[[BulkList], Select]
    """The rows of the receipt, beginning with the item, in its order."""

    def why(self, row: BulkList) -> ColumnElement[str | None]:
        """The recorded reason; before the start, the reason that would apply now."""
        if not row.is_prepared:
            return self.item.why
        return case((self.item.state == self.states.WAITING, self.why_not(row)), else_=self.item.why)
