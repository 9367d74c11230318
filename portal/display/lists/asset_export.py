"""Exports of a list. CSV of any length is streamed while it is read; a workbook is written first and sent as a whole.

A client must notice a truncated file. HTTP/1.1 marks the end, and an error breaks the connection before it. HTTP/1.0
cannot mark the end, so there the last line of the file says that it is the last.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from flask import Response, request, send_file
from sqlalchemy import Row

from portal.core import clock, security_log
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of, text_of_columns
from portal.core.i18n import gettext as _
from portal.display.lists.columns import Kind, Table
from portal.models import Event, User
from portal.services.lists import Plan, exports
from portal.web.filters import number
from portal.web.pages.downloads import csv_answer, disposition

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_IN_A_WORKBOOK = 100_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(find: Callable[[], Plan], table: Table, *, revealed_to: User | None = None) -> Response:
    """Streams the list as CSV; whole codes are recorded as revealed to `revealed_to`. The heading is sent before the
    database is queried."""
    is_http_1_0 = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    lines = _lines(find, table, revealed_to, has_end_line=is_http_1_0)
    return csv_answer(lines, _name("csv"))


def fits_a_workbook(plan: Plan) -> bool:
    return not exports.has_more_than(plan, MOST_IN_A_WORKBOOK)


def as_workbook(plan: Plan, table: Table) -> Response:
    file = TemporaryFile()
    _write_workbook(file, plan, table)
    file.seek(0)
    response = send_file(file, mimetype=WORKBOOK)
    response.headers["Content-Disposition"] = disposition(_name("xlsx"))
    return response


def _lines(find: Callable[[], Plan], table: Table, revealed_to: User | None, *, has_end_line: bool) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([table.heads])
    total = 0
    for rows in exports.batches(find(), table.sources):
        if revealed_to is not None:
            _note(rows, revealed_to, is_first=not total)
        yield text_of_columns(table.cells(rows))
        total += len(rows)
    if has_end_line:
        yield text_of([[_("End of export: %(total)s assets", total=number(total))]])


def _note(rows: Sequence[Row], by: User, *, is_first: bool) -> None:
    """Before the rows are sent, and after they could be read."""
    if is_first:
        security_log.note(Event.CODES_EXPORTED, by=by)
    exports.record_reveals(rows, by=by)


def _write_workbook(file, plan: Plan, table: Table) -> None:
    from xlsxwriter import Workbook  # imported here, because it is slow and seldom needed

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet, bold = book.add_worksheet(_("Assets")), book.add_format({"bold": True})
        sheet.write_row(0, 0, table.heads, bold)
        sheet.freeze_panes(1, 0)
        writers = [_CellWriter(book, sheet, place, column.kind) for place, column in enumerate(table.columns)]
        lines = (line for rows in exports.batches(plan, table.sources) for line in table.lines(rows))
        for number_of_line, line in enumerate(lines, start=1):
            for writer, cell in zip(writers, line, strict=True):
                writer.write(number_of_line, cell)


class _CellWriter:
    """Writes the cells of one column. All except dates, numbers and amounts stay text, whatever they look like."""

    def __init__(self, book: "Workbook", sheet: "Worksheet", place: int, kind: Kind):
        self._sheet, self._place = sheet, place
        self.write = {Kind.DATE: self._date, Kind.NUMBER: self._number, Kind.AMOUNT: self._amount}.get(kind, self._text)
        self._as_date = book.add_format({"num_format": "yyyy-mm-dd"}) if kind is Kind.DATE else None
        digits = range(5) if kind is Kind.AMOUNT else ()
        self._as_amount = [book.add_format({"num_format": f"#,##0.{'0' * count}".rstrip(".")}) for count in digits]

    def _text(self, line: int, cell: str) -> None:
        self._sheet.write_string(line, self._place, cell)

    def _number(self, line: int, cell: int) -> None:
        self._sheet.write_number(line, self._place, cell)

    def _date(self, line: int, cell: date | str) -> None:
        self._sheet.write_datetime(line, self._place, date.fromisoformat(str(cell)), self._as_date)

    def _amount(self, line: int, cell: str) -> None:
        """Writes the amount with the currency's number of decimals."""
        if cell:
            digits = len(cell.partition(".")[2])
            self._sheet.write_number(line, self._place, float(cell), self._as_amount[digits])


def _name(suffix: str) -> str:
    return f"assets-{clock.today():%Y-%m-%d}.{suffix}"
