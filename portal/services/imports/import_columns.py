"""Finds the columns of a file by their names. Case, spaces and punctuation do not matter; the order is free."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row

from portal.core import csv_safe
from portal.core.i18n import gettext as _
from portal.models import RowResult
from portal.models.text_keys import fold
from portal.services.imports import import_values
from portal.services.imports.import_file import LONGEST, Record, Unreadable
from portal.services.imports.reading import Reading
from portal.services.imports.reading.refusals import BadCell, Implausible, shown

REASON = "Reason"
"""The last column of a rejects file, which can be imported as it is."""

Fault = tuple[str, str]
"""A column and the reason. The column is empty if the whole line is faulty."""


Duplicates = dict[str, dict[str, Row]]
"""For each staged column that must be unique, or is compared by its look: the values that repeat, with how often and
where first."""


class Validation(NamedTuple):
    verdict: RowResult
    findings: list[Fault]
    """For a faulty row, all reasons; for one that differs, the columns in which it does; for one that looks like
    something that is there, what that is."""
    columns: dict[str, Any]
    """What the row refers to in the portal; written into the staged row."""


def duplicate_sentence(duplicate: Row) -> str:
    where = {"count": duplicate.count, "line": duplicate.first}
    return _("It is on %(count)s lines, first on line %(line)s. None of them is taken.", **where)


def unless_recorded(row: Row, recorded: Collection[str]) -> list[Fault]:
    """The faults of the cells, without those of columns whose value the portal has already."""
    return [(column, why) for column, why in json.loads(row.cell_faults or "[]") if column not in recorded]


def in_order(faults: list[Fault], titles: dict[str, str]) -> list[Fault]:
    """In the order of the described columns; faults of the whole line come first."""
    places = {title: place for place, title in enumerate(titles.values())}
    return sorted(faults, key=lambda fault: places.get(fault[0], -1))


@dataclass(frozen=True)
class Column:
    field: str
    title: str
    is_required: bool = True
    aliases: tuple[str, ...] = ()
    """Other names, such as those of the portal's own exports. They count only where the title is missing."""

    def key_in(self, keys: Collection[str]) -> str | None:
        """Which of these names the column."""
        return next((key for key in map(key_of, (self.title, *self.aliases)) if key in keys), None)


@dataclass(frozen=True)
class Shape:
    """Where each field is in the records of one file."""

    heads: list[str]
    places: dict[str, int]
    ignored: list[str]
    is_of_codes: bool = False
    """It names assets and their codes, and not what was ordered: nothing else is read or compared."""

    @property
    def least(self) -> int:
        """The number of cells that a record must have at least."""
        return 1 + max(self.places.values())


def count_known(heads: Sequence[str], columns: Sequence[Column]) -> int:
    keys = {key_of(head) for head in heads}
    return sum(column.key_in(keys) is not None for column in columns)


def shape_of(
    heads: list[str], columns: Sequence[Column], is_of_codes: Callable[[set[str]], bool] = lambda fields: False
) -> Shape:
    """Raises Unreadable if a column is missing or occurs twice. `is_of_codes` tells it from the fields of the file."""
    keys = [key_of(head) for head in heads]
    known = {key: column for column in columns if (key := column.key_in(keys)) is not None}
    missing = [column.title for column in columns if column.is_required and column not in known.values()]
    only_codes = bool(missing) and is_of_codes({column.field for column in known.values()})
    if missing and not only_codes:
        raise Unreadable(_("These columns are missing: %(names)s.", names=", ".join(missing)))
    doubled = sorted({known[key].title for key in keys if key in known and keys.count(key) > 1})
    if doubled:
        raise Unreadable(_("These columns are there twice: %(names)s.", names=", ".join(doubled)))
    places = {known[key].field: place for place, key in enumerate(keys) if key in known}
    ignored = [
        head.strip() for head, key in zip(heads, keys, strict=True) if key not in known and key != key_of(REASON)
    ]
    return Shape(heads, places, [shown(head) for head in ignored if head], only_codes)


@dataclass
class Cells:
    """The cells of one record. A faulty cell is noted, and the others are still read."""

    record: Record
    shape: Shape
    titles: dict[str, str]
    reading: Reading = Reading()
    faults: list[Fault] = field(default_factory=list)

    def check_form(self) -> bool:
        """Whether this is a record of the file at all."""
        cells, heads = self.record.cells, self.shape.heads
        if self.record.is_broken:
            why = _("The quotation marks of this line do not pair. Inside of a cell a quotation mark is doubled.")
            self.faults.append(("", why))
        elif self.record.is_cut:
            why = _("The line is longer than %(most)s characters; only its beginning is kept.", most=LONGEST)
            self.faults.append(("", why))
        elif len(cells) < self.shape.least:
            why = _("The line ends after %(has)s of %(wants)s cells.", has=len(cells), wants=self.shape.least)
            self.faults.append((shown(heads[len(cells)].strip()), why))
        elif len(cells) > len(heads) and any(cell.strip() for cell in cells[len(heads) :]):
            why = _("The line has %(has)s cells, the heading %(wants)s.", has=len(cells), wants=len(heads))
            self.faults.append(("", why))
        return not self.faults

    def plain(self, name: str) -> str:
        place = self.shape.places.get(name)
        return "" if place is None else import_values.plain(self.record.cells[place])

    def lines(self, name: str) -> str:
        """As `plain`, with its line breaks."""
        place = self.shape.places.get(name)
        return "" if place is None else csv_safe.plain(self.record.cells[place])

    def read(self, name: str, rule: Callable[..., Any], *more: Any, keeps_lines: bool = False) -> Any:
        """None if the cell is faulty, but its value if it is only implausible."""
        if self.shape.is_of_codes and name not in self.shape.places:
            return None
        try:
            return rule(self.lines(name) if keeps_lines else self.plain(name), *more)
        except Implausible as refusal:
            self.refuse(name, str(refusal))
            return refusal.value
        except BadCell as refusal:
            self.refuse(name, str(refusal))
            return None

    def refuse(self, name: str, why: str) -> None:
        self.faults.append((self.titles[name], why))


def key_of(title: str) -> str:
    return "".join(mark for mark in fold(title) if mark.isalnum())
