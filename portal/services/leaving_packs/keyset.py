"""Reads rows of any number in the order of an index, a batch at a time, without holding a cursor or a snapshot open."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_

from portal.extensions import db

BATCH = 500


def batches(rows: Select, *key: ColumnElement, size: int = BATCH) -> Iterator[Sequence[Row]]:
    """`key`: columns that `rows` selects last, and that together are unique."""
    query = rows.order_by(*key).limit(size)
    place = None
    while True:
        after = query if place is None else query.where(tuple_(*key) > place)
        found = db.session.execute(after).all()
        db.session.commit()  # what is read next is as of then
        if not found:
            return
        yield found
        last = found[-1][-len(key) :]
        place = tuple_(*(literal(value, column.type) for value, column in zip(last, key, strict=True)))
