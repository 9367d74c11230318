"""Rows that are pasted or come from a file, previewed and then saved as a whole; the page keeps their text."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from portal.core.i18n import gettext as _
from portal.services.imports.import_columns import Cells, Column, Shape, shape_of
from portal.services.imports.import_file import CsvReader, Unreadable, format_of, no_records

MOST_CHARACTERS = 200_000
MOST_ROWS = 2000


class Change(NamedTuple):
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class SheetRow:
    line: int
    code: str
    name: str = ""
    is_new: bool = False
    changes: tuple[Change, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    """Columns and sentences."""


@dataclass(frozen=True)
class Sheet:
    """What saving does, row by row."""

    rows: Sequence[SheetRow]
    ignored: Sequence[str]
    """Columns that are not read."""

    @property
    def taken(self) -> list[SheetRow]:
        return [row for row in self.rows if row.changes and not row.faults]

    @property
    def faulty(self) -> list[SheetRow]:
        return [row for row in self.rows if row.faults]

    @property
    def same_count(self) -> int:
        """Rows that say what is recorded already."""
        return len(self.rows) - len(self.taken) - len(self.faulty)

    @cached_property
    def digest(self) -> str:
        """Differs if any row would do something else."""
        said = repr([(row.code, row.changes, row.faults) for row in self.rows])
        return hashlib.sha256(said.encode()).hexdigest()


def text_of(content: bytes) -> str:
    """The text of an uploaded file. Raises Unreadable."""
    file_format = format_of(lambda: io.BytesIO(content))
    text = content.decode(file_format.encoding, file_format.handling)
    return text.encode("utf-8", "replace").decode()


def read(
    text: str, columns_of: Callable[[list[str]], Sequence[Column]], count_known: Callable[[list[str]], int], *,
    most: int = MOST_CHARACTERS, above: int = 0,
) -> tuple[list[Cells], Shape]:  # fmt: skip
    """The records. `columns_of` and `count_known` get the headings; `above`: lines that were in front of them. Raises
    Unreadable."""
    if len(text) > most:
        raise Unreadable(_("That is too long. Save it in parts of at most %(most)s characters.", most=most))
    source = text.encode("utf-8", "replace")
    file_format = format_of(lambda: io.BytesIO(source))
    reader = CsvReader(io.BytesIO(source), file_format)
    heads = reader.heading(count_known)
    columns = columns_of(heads)
    shape = shape_of(heads, columns)
    titles = {column.field: column.title for column in columns}
    records = [Cells(replace(record, line=record.line + above), shape, titles) for record in reader]
    if not records:
        raise Unreadable(no_records())
    if len(records) > MOST_ROWS:
        raise Unreadable(_("There are more than %(most)s rows. Save them in parts.", most=MOST_ROWS))
    return records, shape


def code_of(cells: Cells) -> str:
    """Empty for a line that ends before it."""
    place = cells.shape.places["code"]
    return cells.plain("code").strip() if place < len(cells.record.cells) else ""
