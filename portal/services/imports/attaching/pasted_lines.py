"""Pasted lines of an asset's number and its code, as the file that an import reads: it judges each line, keeps the text
in the database and shows only the ends of codes."""

import io
import re

from portal.core import field_rules
from portal.core.csv_safe import text_of
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.services.imports import import_kinds
from portal.services.imports.import_file import split
from portal.services.imports.reading import exported

HEADS = ("Number", "Old number", "Coupon code")
_SPACES = re.compile(r"\s+")


def as_file(text: str) -> io.BytesIO:
    """With a heading, unless the text has its own. Raises InvalidInput if no line of it can be understood."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidInput("text", _("Paste some lines, each with the number of an asset and its code."))
    if import_kinds.count_known(_cells(lines[0])):
        return io.BytesIO(text.encode())
    rows = [_row(_cells(line)) for line in lines]
    if not any(map(_is_understood, rows)):
        raise InvalidInput("text", _("No line has the number of an asset and a code. Write AS-17, then its code."))
    return io.BytesIO(text_of([HEADS, *rows]).encode())


def _cells(line: str) -> list[str]:
    """Each line is separated by what it has."""
    delimiter = next((each for each in "\t;," if each in line), None)
    return split(line, delimiter) if delimiter else _SPACES.split(line.strip())


def _row(cells: list[str]) -> list[str]:
    """Every cell stays, so that the import can refuse a line with too few or too many."""
    first, *rest = (cell.strip() for cell in cells)
    if rest and exported.number(first) is None and exported.number(rest[0]) is not None:
        first, rest[0] = rest[0], first
    return [first, "", *rest] if exported.number(first) is not None else ["", first, *rest]


def _is_understood(row: list[str]) -> bool:
    if len(row) != len(HEADS):
        return False
    try:
        field_rules.coupon_code(row[-1])
    except InvalidInput:
        return False
    return True
