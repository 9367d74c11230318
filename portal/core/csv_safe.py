"""Writes all CSV files of the portal: each cell is quoted, and none is run by a spreadsheet.

A cell that begins like a formula gets an apostrophe in front. A formula may also begin in the middle of a text: a
spreadsheet that separates cells by another character than the file does (usual in many countries) reads `Licences;=1+1`
as two cells, despite the quotes. So every place where a cell could begin is treated alike. Characters in front of a
formula that do not stop it from running (spaces, quotation marks, invisible characters) are skipped.

Imports remove the apostrophes: `plain` undoes `harmless` for any text.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"

Cell = object
Cells = Sequence[Cell]

_BEGIN = re.escape(",;|\t\r\n\x0b\x0c\x85\u2028\u2029\u060c\u061b\u3001\uff0c\uff1b")
"""A program may start a new cell after any of these."""
_SKIP = r"\x00-\x08\x0e-\x20\x7f\xa0\xad\u1680\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff" + "\"'`´‘’“”«»"
"""None of these stops what follows from being run."""
_RUN = re.escape("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
_TO_BE_RUN = re.compile(rf"(?:\A|(?<=[{_BEGIN}]))(?=[{_SKIP}]*[{_RUN}])")
_KEPT_FROM_IT = re.compile(rf"(?:\A|(?<=[{_BEGIN}]))'(?=[{_SKIP}]*[{_RUN}])")
_SOME_TO_BE_RUN = re.compile(rf"[{_BEGIN}\0][{_SKIP}]*[{_RUN}]")
"""Searches many cells at once, each preceded by a zero. It may match too often, but never too rarely."""


def text_of(lines: Iterable[Cells], delimiter: str = ",") -> str:
    """The lines as CSV text."""
    text = io.StringIO()
    written = ([harmless(cell) if type(cell) is str else cell for cell in line] for line in lines)
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(written)
    return text.getvalue()


def text_of_columns(columns: Iterable[Cells]) -> str:
    """The same for very many lines, twice as fast. All cells of a column have one type and are checked together; single
    cells are checked only if one must change. All are quoted, so no other decision is needed."""
    lines = list(map('","'.join, zip(*map(_as_written, columns), strict=True)))
    return '"' + '"\r\n"'.join(lines) + '"\r\n' if lines else ""


def harmless(text: str) -> str:
    """The text as no spreadsheet runs it. Changes `-5`, too: a program may combine it with its neighbours."""
    return _TO_BE_RUN.sub("'", text)


def plain(text: str) -> str:
    """The text that `harmless` was given."""
    return _KEPT_FROM_IT.sub("", text) if "'" in text else text


def _as_written(cells: Cells) -> Iterable[str]:
    if not cells or type(cells[0]) is not str:
        return map(str, cells)
    together = "\0".join(cells)
    if _SOME_TO_BE_RUN.search("\0" + together):
        cells = [harmless(cell) for cell in cells]
    return [cell.replace('"', '""') for cell in cells] if '"' in together else cells
