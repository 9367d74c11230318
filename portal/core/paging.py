"""Pages of any list that is ordered by a text and an id, found by the row beside them and never by counting over."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db

MAX_ID = 2**31 - 1
LONGEST_KEY = 200

PAGE = 50


@dataclass(frozen=True)
class Place:
    """As the address says it; nonsense is page one."""

    after: str | None = None
    before: str | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Slice:
    rows: Sequence[Row]
    before: str | None
    after: str | None
    """Cursors of the neighbouring pages; None where there is none."""
    has_come_from_somewhere: bool


def page(rows: Select, key: InstrumentedAttribute, place: Place, *, descending: bool = False) -> Slice:
    """One statement. The first column of `rows` is the model of `key`."""
    row_id = key.class_.id
    after, before = _read(place.after), _read(place.before)
    cursor, is_backwards = (None, True) if place.is_last else (after, False) if after else (before, before is not None)
    goes_down = descending != is_backwards
    if cursor:
        here, there = tuple_(key, row_id), tuple_(literal(cursor[0], key.type), literal(cursor[1]))
        rows = rows.where(here < there if goes_down else here > there)
    order = (column.desc() if goes_down else column.asc() for column in (key, row_id))
    found = db.session.execute(rows.order_by(*order).limit(PAGE + 1)).all()
    has_more, found = len(found) > PAGE, found[:PAGE]
    if is_backwards:
        found = found[::-1]
    came = cursor is not None
    has_before, has_after = (has_more, came) if is_backwards else (came, has_more)
    return Slice(
        found,
        before=_cursor(found[0], key) if found and has_before else None,
        after=_cursor(found[-1], key) if found and has_after else None,
        has_come_from_somewhere=came,
    )


def newest(
    rows: Select, row_id: InstrumentedAttribute, before: int | None, size: int = PAGE
) -> tuple[list, int | None]:
    """One page, newest first, and the id before which the next one begins. One statement."""
    if before is not None:
        rows = rows.where(row_id < min(max(before, 0), MAX_ID))
    found = list(db.session.scalars(rows.order_by(row_id.desc()).limit(size + 1)))
    return found[:size], found[size - 1].id if len(found) > size else None


def _cursor(row: Row, key: InstrumentedAttribute) -> str:
    return f"{row[0].id},{getattr(row[0], key.key)}"


def _read(text: str | None) -> tuple[str, int] | None:
    number, comma, key = (text or "").partition(",")
    is_id = number.isascii() and number.isdigit() and len(number) < 11 and int(number) <= MAX_ID
    if not (comma and is_id) or len(key) > max(LONGEST_KEY, 254) or "\0" in key or not key.isprintable():
        return None
    return key, int(number)
