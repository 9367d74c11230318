"""Assets as lines of a file: the columns of the screen in its order, codes masked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import Row

from portal.models import Lifecycle, SyncStatus
from portal.models.coupon import mask
from portal.services.spreadsheets import RUNS
from portal.web.wording import STATUS

Cell = str | int | date


@dataclass(frozen=True)
class Column:
    name: str
    head: str
    cell: Callable[[Row], Cell]


class Table:
    """`columns` are those of the screen. Number and lifecycle, which it shows with the name, stand at the end."""

    def __init__(self, columns: Sequence[str], *, with_codes: bool = False):
        known = _columns(with_codes=with_codes)
        names = [*columns, *(["code"] if with_codes and "code" not in columns else []), "number", "lifecycle"]
        self.columns = [known[name] for name in names]

    @property
    def heads(self) -> list[str]:
        return [column.head for column in self.columns]

    def lines(self, rows: Sequence[Row]) -> list[list[Cell]]:
        cells = [column.cell for column in self.columns]
        return [[cell(row) for cell in cells] for row in rows]


def harmless(text: str) -> str:
    """As no spreadsheet would run it."""
    return f"'{text}" if text.startswith(RUNS) else text


def _columns(*, with_codes: bool) -> dict[str, Column]:
    statuses = {status.value: str(STATUS[status]) for status in SyncStatus}
    lifecycles = {Lifecycle.ACTIVE.value: _("Active"), Lifecycle.CANCELLED.value: _("Cancelled")}
    columns = (
        Column("name", _("Name"), lambda row: row.name),
        Column("status", _("Sync status"), lambda row: statuses[row.sync_status]),
        Column("product", _("Product"), lambda row: row.product),
        Column("customer", _("Customer"), lambda row: row.customer),
        Column("billed", _("Billed to"), lambda row: row.billed),
        Column("quantity", _("Licences"), lambda row: row.quantity),
        Column("purchased", _("Purchased"), lambda row: row.purchased_on),
        Column("redeem-by", _("Redeem by"), lambda row: row.redeem_by),
        Column("code", _("Coupon code"), _code if with_codes else _masked),
        Column("number", _("Number"), lambda row: f"AS-{row.id}"),
        Column("lifecycle", _("Lifecycle"), lambda row: lifecycles[row.lifecycle]),
    )
    return {column.name: column for column in columns}


def _code(row: Row) -> str:
    return row.code or ""


def _masked(row: Row) -> str:
    return f"…{mask(row.code)}" if row.code else ""
