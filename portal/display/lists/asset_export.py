"""A list as a file. CSV is sent while it is read, however long it is; a workbook is made first and sent as a whole.

Whoever is cut off must know: HTTP/1.1 marks the end, and where anything goes wrong the connection breaks before it. An
older HTTP cannot tell, so there the last line says that it is the last.
"""

from collections.abc import Callable, Iterator
from datetime import date
from tempfile import TemporaryFile

from flask import Response, request, send_file
from flask_babel import gettext as _

from portal.core import clock, security_log
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of, text_of_columns
from portal.display.lists.asset_table import Table
from portal.models import Event, User
from portal.services.lists import Plan, exports
from portal.web.downloads import csv_answer
from portal.web.filters import number

MOST_IN_A_WORKBOOK = 100_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(find: Callable[[], Plan], table: Table, *, revealed_to: User | None = None) -> Response:
    """With codes, if they are revealed to somebody. The heads are sent before anything is looked for."""
    if revealed_to is not None:
        security_log.note(Event.CODES_EXPORTED, by=revealed_to)
    marks_the_end = request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
    lines = _lines(find, table, revealed_to, says_the_end=not marks_the_end)
    return csv_answer(lines, _name("csv"))


def fits_a_workbook(found: Plan) -> bool:
    return not exports.has_more_than(found, MOST_IN_A_WORKBOOK)


def as_workbook(found: Plan, table: Table) -> Response:
    file = TemporaryFile()
    _write_workbook(file, found, table)
    file.seek(0)
    return send_file(file, mimetype=WORKBOOK, as_attachment=True, download_name=_name("xlsx"))


def _lines(find: Callable[[], Plan], table: Table, revealed_to: User | None, *, says_the_end: bool) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([table.heads])
    total = 0
    for rows in exports.batches(find()):
        if revealed_to is not None:
            exports.record_reveals(rows, by=revealed_to)
        yield text_of_columns(table.cells(rows))
        total += len(rows)
    if says_the_end:
        yield text_of([[_("End of export: %(total)s assets", total=number(total))]])


def _write_workbook(file, found: Plan, table: Table) -> None:
    from xlsxwriter import Workbook  # only who asks for a workbook pays for it

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet, bold = book.add_worksheet(_("Assets")), book.add_format({"bold": True})
        as_date = book.add_format({"num_format": "yyyy-mm-dd"})
        dates = [place for place, column in enumerate(table.columns) if column.name in ("purchased", "redeem-by")]
        sheet.write_row(0, 0, table.heads, bold)
        sheet.freeze_panes(1, 0)
        lines = (line for rows in exports.batches(found) for line in table.lines(rows))
        for place, line in enumerate(lines, start=1):
            for column, cell in enumerate(line):
                if column in dates:
                    sheet.write_datetime(place, column, date.fromisoformat(str(cell)), as_date)
                elif type(cell) is str:
                    sheet.write_string(place, column, cell)  # whatever it looks like
                else:
                    sheet.write_number(place, column, cell)


def _name(suffix: str) -> str:
    return f"assets-{clock.today():%Y-%m-%d}.{suffix}"
