"""CSV files, all that the portal writes: each cell in quotation marks, and none that a spreadsheet would run.

A cell that begins like a formula gets an apostrophe in front. It may begin in the middle of a text, too: a spreadsheet
that separates cells by another mark than the file does, as many countries have it, makes `Licences;=1+1` two cells,
whatever the quotation marks say. So each place where a cell could begin is treated alike, and what stands in front of a
formula without keeping it from running (spaces, quotation marks, characters that nobody sees) is looked through.

Importing takes the apostrophes off again: `plain` undoes `harmless`, whatever the text.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"

Cell = object
Cells = Sequence[Cell]

_BEGIN = re.escape(",;|\t\r\n\x0b\x0c\x85\u2028\u2029\u060c\u061b\u3001\uff0c\uff1b")
"""After these something may take a new cell to begin."""
_SKIP = r"\x00-\x08\x0e-\x20\x7f\xa0\xad\u1680\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff" + "\"'`´‘’“”«»"
"""Nothing of this keeps what follows from being run."""
_RUN = re.escape("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
_TO_BE_RUN = re.compile(rf"(?:\A|(?<=[{_BEGIN}]))(?=[{_SKIP}]*[{_RUN}])")
_KEPT_FROM_IT = re.compile(rf"(?:\A|(?<=[{_BEGIN}]))'(?=[{_SKIP}]*[{_RUN}])")
_SOME_TO_BE_RUN = re.compile(rf"[{_BEGIN}\0][{_SKIP}]*[{_RUN}]")
"""In many cells with a zero before each: it may see too much, and never too little."""


def text_of(lines: Iterable[Cells], delimiter: str = ",") -> str:
    """These lines of a file."""
    text = io.StringIO()
    written = ([harmless(cell) if type(cell) is str else cell for cell in line] for line in lines)
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(written)
    return text.getvalue()


def text_of_columns(columns: Iterable[Cells]) -> str:
    """The same for very many, twice as fast: the cells of a column are all of one type, and are looked at together; at
    each only where one is to be changed. All stand in quotation marks, so that nothing else needs to be decided."""
    lines = list(map('","'.join, zip(*map(_as_written, columns), strict=True)))
    return '"' + '"\r\n"'.join(lines) + '"\r\n' if lines else ""


def harmless(text: str) -> str:
    """As no spreadsheet runs it; `-5` neither, for who knows what is read together with it."""
    return _TO_BE_RUN.sub("'", text)


def plain(text: str) -> str:
    """What `harmless` was given."""
    return _KEPT_FROM_IT.sub("", text) if "'" in text else text


def _as_written(cells: Cells) -> Iterable[str]:
    if not cells or type(cells[0]) is not str:
        return map(str, cells)
    together = "\0".join(cells)
    if _SOME_TO_BE_RUN.search("\0" + together):
        cells = [harmless(cell) for cell in cells]
    return [cell.replace('"', '""') for cell in cells] if '"' in together else cells
