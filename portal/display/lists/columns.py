"""The columns of lists. Each is declared once; its heading, cells, label on a phone and place in a file follow from it.

The kind of its value decides how a cell is rendered. If a cell is more than a value, `cell` names its block in the row
template. The orders of a list are declared beside its query (`SORTS`), under the same names.
"""

import enum
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.models import User
from portal.web.filters import day, money, number

Cell = str | int | Decimal | date
Cells = Sequence[Cell]


class Kind(enum.Enum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    AMOUNT = "amount"
    """An amount of money: minor units and a currency."""


class InFiles(enum.Enum):
    IF_SHOWN = "if the list shows it"
    ALWAYS = "at the end, if the list does not show it"
    NEVER = "never"


def everybody(_user: User) -> bool:
    return True


@dataclass(frozen=True)
class Column:
    name: str
    heading: LazyString
    source: str | tuple[str, ...] = ()
    """Attributes of a row; in an export, the columns that are read from the database."""
    kind: Kind = Kind.TEXT
    cell: str = ""
    """The method that draws the whole cell (see `drawing`), or its name in the template of the rows."""
    csv: Callable[..., Cells] | None = None
    """Makes a file's cells from the values of many rows, if the kind's default does not fit."""
    is_for: Callable[[User], bool] = everybody
    lists: tuple[str, ...] = ()
    """The layouts that show it, if a set of columns serves several lists."""
    is_optional: bool = False
    """Shown only to people who choose it."""
    within: str = ""
    """The column in whose cell it is shown, to save width. Its heading stands beside that column's heading."""
    files: InFiles = InFiles.IF_SHOWN
    css: str | None = None
    """The CSS class of a cell, if the kind's default does not fit."""
    head_css: str = ""
    has_quiet_heading: bool = False
    """The heading is for screen readers only."""

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else self.source


class SortLink(NamedTuple):
    href: str | None
    """None if the list has this order only."""
    aria: str | None


class ShownColumn:
    """A column with its texts in the language of this request."""

    def __init__(self, column: Column, sorts: Container[str] = ()):
        self.name, self.cell, self._sources = column.name, column.cell, column.sources
        self.within = column.within
        self.folded: list[ShownColumn] = []
        """The columns that are shown within this one."""
        self.heading = str(column.heading)
        self.is_sortable = column.name in sorts
        self.head_css = column.head_css or ("num" if column.kind in (Kind.NUMBER, Kind.AMOUNT) else "")
        self.has_quiet_heading = column.has_quiet_heading
        self.label = Markup(' data-label="{}"').format(self.heading)
        self._start = f'<td class="{_CSS[column.kind] if column.css is None else column.css}"{self.label}>'
        self._show = _SHOW[column.kind]

    def td(self, row: Any) -> Markup:
        values = [getattr(row, source) for source in self._sources]
        shown = nothing(_("Not known")) if None in values else self._show(*values)
        return Markup(f"{self._start}{shown}</td>")


def shown(columns: Iterable[Column], viewer: User, sorts: Container[str] = ()) -> tuple[ShownColumn, ...]:
    every = {column.name: ShownColumn(column, sorts) for column in columns if column.is_for(viewer)}
    for column in every.values():
        if column.within in every:
            every[column.within].folded.append(column)
    return tuple(column for column in every.values() if column.within not in every)


def drawing(columns: Iterable[ShownColumn], cells: object) -> list[Callable[[Any], str]]:
    """Returns for each column what draws its cell of a row: the method of `cells` that it names, or the value alone."""
    return [_drawn(column, cells) for column in columns]


def _drawn(column: ShownColumn, cells: object) -> Callable[[Any], str]:
    if not column.cell:
        return column.td
    draw, label = getattr(cells, column.cell), column.label
    return lambda row: draw(row, label)


class Table:
    """The columns of a file."""

    def __init__(self, columns: Iterable[Column]):
        self.columns = [column for column in columns if column.files is not InFiles.NEVER]
        self.sources = tuple(dict.fromkeys(("id", *(source for column in self.columns for source in column.sources))))

    @property
    def heads(self) -> list[str]:
        return [str(column.heading) for column in self.columns]

    def cells(self, rows: Sequence[Sequence]) -> list[Cells]:
        """Returns the cells by column. A file may have a million lines, so a column is made for many rows at once."""
        values = dict(zip(self.sources, zip(*rows, strict=True), strict=True))
        return [
            (column.csv or _WRITE[column.kind])(*(values[source] for source in column.sources))
            for column in self.columns
        ]

    def lines(self, rows: Sequence[Sequence]) -> Iterable[tuple[Cell, ...]]:
        return zip(*self.cells(rows), strict=True)


def nothing(meaning: str) -> Markup:
    """Returns a dash for an empty cell, and its meaning for screen readers."""
    return _NOTHING.format(meaning)


def _amounts(amounts: Sequence[int | None], currencies: Sequence[str | None]) -> Cells:
    """Formats plain decimal numbers with the currency's number of decimals."""
    pairs = zip(amounts, currencies, strict=True)
    return ["" if amount is None or currency is None else major_units(amount, currency) for amount, currency in pairs]


_NOTHING = Markup(
    '<span class="empty-value nil"><span aria-hidden="true">–</span><span class="visually-hidden">{}</span></span>'
)
_CSS = {Kind.TEXT: "table__text", Kind.NUMBER: "num", Kind.DATE: "nowrap", Kind.AMOUNT: "num nowrap"}
_SHOW = {Kind.TEXT: escape, Kind.NUMBER: number, Kind.DATE: day, Kind.AMOUNT: money}
_WRITE: dict[Kind, Callable[..., Cells]] = {
    Kind.TEXT: lambda texts: [text or "" for text in texts],
    Kind.NUMBER: tuple,
    Kind.DATE: tuple,
    Kind.AMOUNT: _amounts,
}
