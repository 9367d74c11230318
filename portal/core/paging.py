"""Pages of lists that are ordered by a key and an id. A page is found by its neighbouring row, never by counting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Date, LargeBinary, Row, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db
from portal.models.text_keys import LONGEST_SORT
from portal.models.types import UTCDateTime

MAX_ID = 2**31 - 1

PAGE = 50


@dataclass(frozen=True)
class Place:
    """The page that the URL asks for. An invalid cursor means the first page."""

    after: str | None = None
    before: str | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Slice:
    rows: Sequence[Row]
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None if there is none."""
    has_come_from_somewhere: bool


@dataclass(frozen=True)
class Way:
    """From which row a page is read, and in which direction."""

    key: InstrumentedAttribute
    cursor: tuple[str | bytes | date, int] | None
    goes_down: bool

    def limited(self, rows: Select, *columns: ColumnElement) -> Select:
        """The rows of one page, and one more that says whether there is another page. `columns`: where key and id are,
        if they are not the model's own."""
        columns = columns or (self.key, self.key.class_.id)
        if self.cursor:
            value, number = self.cursor
            here, there = tuple_(*columns), tuple_(literal(value, self.key.type), literal(number, columns[-1].type))
            rows = rows.where(here < there if self.goes_down else here > there)
        return rows.order_by(*self.order(*columns)).limit(PAGE + 1)

    def order(self, *columns: ColumnElement) -> list[ColumnElement]:
        return [column.desc() if self.goes_down else column.asc() for column in columns]


def page(rows: Select, key: InstrumentedAttribute, place: Place, *, descending: bool = False) -> Slice:
    """Takes one statement. The first column of `rows` must be the model of `key`."""
    return walk(lambda way: db.session.execute(way.limited(rows)).all(), key, place, descending=descending)


def walk(
    read: Callable[[Way], Sequence[Row]], key: InstrumentedAttribute, place: Place, *, descending: bool = False,
    largest: int = MAX_ID,
) -> Slice:  # fmt: skip
    """`read` returns up to PAGE + 1 rows in the order of the way, each with the model of `key` as its first column, or
    something else with such a value and an id up to `largest`."""
    after, before = (_read(text, key, largest) for text in (place.after, place.before))
    cursor, is_backwards = (None, True) if place.is_last else (after, False) if after else (before, before is not None)
    page_rows = read(Way(key, cursor, descending != is_backwards))
    has_more, page_rows = len(page_rows) > PAGE, page_rows[:PAGE]
    if is_backwards:
        page_rows = page_rows[::-1]
    has_cursor = cursor is not None
    has_before, has_after = (has_more, has_cursor) if is_backwards else (has_cursor, has_more)
    return Slice(
        page_rows,
        before=_cursor(page_rows[0], key) if page_rows and has_before else None,
        after=_cursor(page_rows[-1], key) if page_rows and has_after else None,
        has_come_from_somewhere=has_cursor,
    )


def newest(
    rows: Select, row_id: InstrumentedAttribute, before: int | None, size: int = PAGE
) -> tuple[list, int | None]:
    """One page, newest first, and the id before which the next page begins. One statement."""
    if before is not None:
        rows = rows.where(row_id < min(max(before, 0), MAX_ID))
    items = list(db.session.scalars(rows.order_by(row_id.desc()).limit(size + 1)))
    return items[:size], items[size - 1].id if len(items) > size else None


def _cursor(row: Row, key: InstrumentedAttribute) -> str:
    value = getattr(row[0], key.key)
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{row[0].id},{value.hex() if isinstance(value, bytes) else value}"


def read_sort(text: str) -> bytes:
    """A stored sort key from a cursor. Raises ValueError."""
    if len(text) > 2 * LONGEST_SORT:
        raise ValueError
    return bytes.fromhex(text)


def _read(text: str | None, key: InstrumentedAttribute, largest: int) -> tuple[str | bytes | date, int] | None:
    number, comma, value = (text or "").partition(",")
    is_id = number.isascii() and number.isdigit() and len(number) < 12 and int(number) <= largest
    if not (comma and is_id) or len(value) > 2 * LONGEST_SORT or not value.isprintable():
        return None
    try:
        return _value(value, key), int(number)
    except ValueError:
        return None


def _value(text: str, key: InstrumentedAttribute) -> str | bytes | date:
    """Raises ValueError."""
    if isinstance(key.type, UTCDateTime):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if isinstance(key.type, Date):
        return date.fromisoformat(text)
    return read_sort(text) if isinstance(key.type, LargeBinary) else text
