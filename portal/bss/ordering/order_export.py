"""The list of orders as a CSV file of any length, streamed while it is read."""

from collections.abc import Iterator, Sequence

from flask import Response
from sqlalchemy import Row, Select
from werkzeug.datastructures import MultiDict

from portal.bss.ordering.order_listing import STATES, OrderFilters
from portal.core import clock
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.display.orders.order_states import HOLDS, INVOICES
from portal.models import Channel, User
from portal.services.lists import exports
from portal.services.ordering import order_list
from portal.services.ordering.order_list import staff_export
from portal.web.pages.downloads import Columns, csv_list


def as_csv(viewer: User, args: MultiDict) -> Response:
    """Exactly what the list shows, all pages, in its order. The heading is sent before the database is queried."""
    wanted = OrderFilters(viewer, args)

    def read() -> Iterator[Columns]:
        counts = order_list.count(viewer, wanted.filters)
        rows: Select = staff_export.lines(viewer, wanted.query, counts)
        return map(_Words().cells, exports.stream(rows))

    return csv_list(_heads(), read, "orders", lambda total: _("End of export: %(total)s orders", total=total))


def _heads() -> list[str]:
    return [
        _("Order"), _("State"), _("Reason"), _("Account code"), _("Account"), _("Billed account code"), _("Billed to"),
        _("PO"), _("Lines"), _("Licences"), _("Currency"), _("Total"), _("Placed"), _("Placed by"), _("From"),
        _("Start date"), _("Executed"), _("Invoice"),
    ]  # fmt: skip


class _Words:
    """The words are looked up once, not for each line."""

    def __init__(self):
        self._states = {state: str(text) for state, text in STATES.items()}
        self._holds = {None: ""} | {hold: str(text) for hold, text in HOLDS.items()}
        self._invoices = {timing: str(text) for timing, text in INVOICES.items()}
        self._channels = {Channel.BSS: _("BSS"), Channel.STOREFRONT: _("Storefront")}

    def cells(self, rows: Sequence[Row]) -> list[Cells]:
        return list(zip(*map(self._line, rows), strict=True))

    def _line(self, row: Row) -> tuple:
        has_amount = row.total is not None and row.currency is not None
        return (
            f"ORD-{row.id}", self._states[row.state], self._holds[row.hold], row.account_code, row.account,
            row.billed_code, row.billed, row.po_number, row.lines_count, row.licences, row.currency or "",
            major_units(row.total, row.currency) if has_amount else "", str(clock.day_of(row.placed_at)),
            row.placed_by or "", self._channels[row.channel], str(row.start_on or ""),
            str(clock.day_of(row.executed_at)) if row.executed_at else "", self._invoices[row.invoice_timing],
        )  # fmt: skip
