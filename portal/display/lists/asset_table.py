"""Assets as lines of a file: the columns of the screen in its order, codes masked.

A file may have a million lines, so what is said of a value is looked up, and each column is made for many rows at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from portal.display.wording import STATUS
from portal.models import Lifecycle, SyncStatus
from portal.models.coupon import mask
from portal.services.lists.exports import COLUMNS

Cell = str | int | date
Cells = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    name: str
    head: str
    source: str
    """Of what is read (COLUMNS)."""
    cells: Callable[[Sequence[Any]], Cells] = tuple
    """As they are, unless something else is said of them."""


class Table:
    """`columns` are those of the screen, as far as a file has them. Number and lifecycle, which it shows with the name,
    stand at the end."""

    def __init__(self, columns: Sequence[str], *, with_codes: bool = False):
        known = _columns(with_codes=with_codes)
        shown = [name for name in columns if name in known]
        names = [*shown, *(["code"] if with_codes and "code" not in columns else []), "number", "lifecycle"]
        self.columns = [known[name] for name in names]

    @property
    def heads(self) -> list[str]:
        return [column.head for column in self.columns]

    def cells(self, rows: Sequence[Sequence]) -> list[Cells]:
        """By column."""
        read = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
        return [column.cells(read[column.source]) for column in self.columns]

    def lines(self, rows: Sequence[Sequence]) -> Iterable[tuple[Cell, ...]]:
        return zip(*self.cells(rows), strict=True)


def _columns(*, with_codes: bool) -> dict[str, Column]:
    statuses = {status.value: str(STATUS[status]) for status in SyncStatus}
    lifecycles = {Lifecycle.ACTIVE.value: _("Active"), Lifecycle.CANCELLED.value: _("Cancelled")}
    columns = (
        Column("name", _("Name"), "name"),
        Column("status", _("Sync status"), "sync_status", lambda words: [statuses[word] for word in words]),
        Column("product", _("Product"), "product"),
        Column("customer", _("Customer"), "customer"),
        Column("billed", _("Billed to"), "billed"),
        Column("quantity", _("Licences"), "quantity"),
        Column("purchased", _("Purchased"), "purchased_on"),
        Column("redeem-by", _("Redeem by"), "redeem_by"),
        Column("code", _("Coupon code"), "code", _codes if with_codes else _masked),
        Column("number", _("Number"), "id", lambda ids: [f"AS-{id}" for id in ids]),
        Column("lifecycle", _("Lifecycle"), "lifecycle", lambda words: [lifecycles[word] for word in words]),
    )
    return {column.name: column for column in columns}


def _codes(codes: Sequence[str | None]) -> Cells:
    return [code or "" for code in codes]


def _masked(codes: Sequence[str | None]) -> Cells:
    return [f"…{mask(code)}" if code else "" for code in codes]
