"""Pasted rows of a price list: product code, from how many licences, price or discount; a row may leave out the
number of licences."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.i18n import gettext as _

LONGEST = 20_000
"""Characters that can be pasted at once."""
_WITH_SPACES = re.compile(r"(\S+)\s+(?:([0-9]+)\s+)?(\S+(?:\s*%)?)")


@dataclass(frozen=True)
class PastedRow:
    code: str
    min_quantity: str
    value: str


def rows_of(text: str) -> Iterator[tuple[str, PastedRow | None]]:
    """Each line that is not empty, with None if it does not have two or three cells. Raises ValueError with a sentence
    if the text is too long."""
    if len(text) > LONGEST:
        raise ValueError(_("That is too long. Paste at most %(most)s characters at once.", most=LONGEST))
    for line in text.splitlines():
        cells = _cells(line)
        if len(cells) in (2, 3):
            yield line, PastedRow(cells[0], cells[1] if len(cells) == 3 else "1", cells[-1])
        elif cells:
            yield line, None


def _cells(line: str) -> list[str]:
    """Split at tabs, else at semicolons, commas or spaces, so that a comma in 11,90 divides no number."""
    separator = next((each for each in "\t;," if each in line), None)
    if separator is None:
        match = _WITH_SPACES.fullmatch(line.strip())
        cells = match.groups(default="") if match else [line]
    else:
        cells = next(csv.reader([line], delimiter=separator))
    return [cell.strip() for cell in cells if cell.strip()]
