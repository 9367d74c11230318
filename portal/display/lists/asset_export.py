"""Exports of a list of assets. CSV of any length is streamed while it is read (web/pages/downloads.py); a workbook is
written first and sent as a whole."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from flask import Response, send_file
from sqlalchemy import Row

from portal.core import security_log
from portal.core.i18n import gettext as _
from portal.display.lists.columns import Cell, Kind, Table
from portal.models import Event, User
from portal.services.lists import Plan, exports
from portal.web.pages.downloads import Columns, csv_list, disposition, name_of_list

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_IN_A_WORKBOOK = 100_000
_NAME = "assets"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(find: Callable[[], Plan], table: Table, *, revealed_to: User | None = None) -> Response:
    """Streams the list as CSV; whole codes are recorded as revealed to `revealed_to`. The heading is sent before the
    database is queried."""

    def read() -> Iterator[Columns]:
        batches = exports.batches(find(), table.sources)
        return map(table.cells, batches if revealed_to is None else _noted(batches, revealed_to))

    return csv_list(table.heads, read, _NAME, lambda total: _("End of export: %(total)s assets", total=total))


def fits_a_workbook(plan: Plan) -> bool:
    return not exports.has_more_than(plan, MOST_IN_A_WORKBOOK)


def as_workbook(plan: Plan, table: Table) -> Response:
    lines = (line for rows in exports.batches(plan, table.sources) for line in table.lines(rows))
    kinds = [column.kind for column in table.columns]
    return workbook_of(_("Assets"), table.heads, kinds, lines, name_of_list(_NAME, "xlsx"))


def workbook_of(
    title: str, heads: Sequence[str], kinds: Sequence[Kind], lines: Iterable[Sequence[Cell]], name: str
) -> Response:  # fmt: skip
    """One sheet. The cells are as the kinds of their columns want them; amounts are plain decimal numbers as text."""
    file = TemporaryFile()
    _write_workbook(file, title, heads, kinds, lines)
    file.seek(0)
    response = send_file(file, mimetype=WORKBOOK)
    response.headers["Content-Disposition"] = disposition(name)
    return response


def _noted(batches: Generator[Sequence[Row], None, None], by: User) -> Iterator[Sequence[Row]]:
    """Notes the reveals before the rows are sent, and after they could be read. Closes the batches, and with them their
    connection, if that fails."""
    with closing(batches):
        for place, rows in enumerate(batches):
            if not place:
                security_log.note(Event.CODES_EXPORTED, by=by)
            exports.record_reveals(rows, by=by)
            yield rows


def _write_workbook(
    file: IO[bytes], title: str, heads: Sequence[str], kinds: Sequence[Kind], lines: Iterable[Sequence[Cell]]
) -> None:  # fmt: skip
    from xlsxwriter import Workbook  # imported here, because it is slow and seldom needed

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet, bold = book.add_worksheet(title), book.add_format({"bold": True})
        sheet.write_row(0, 0, heads, bold)
        sheet.freeze_panes(1, 0)
        writers = [_CellWriter(book, sheet, place, kind) for place, kind in enumerate(kinds)]
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
        if cell:
            self._sheet.write_datetime(line, self._place, date.fromisoformat(str(cell)), self._as_date)

    def _amount(self, line: int, cell: str) -> None:
        """Writes the amount with the currency's number of decimals."""
        if cell:
            digits = len(cell.partition(".")[2])
            self._sheet.write_number(line, self._place, float(cell), self._as_amount[digits])
