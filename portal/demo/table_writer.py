"""Rows on their way into tables: plain values under ids given out here, in the fastest way that each database has."""

import enum
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from portal.extensions import db

Row = tuple[Any, ...]


class TableWriter:
    """The rows of one table; `columns` names their values. A column that it does not name gets its default."""

    def __init__(self, connection: Connection, model: type[db.Model], columns: Iterable[str]):
        self._connection, self._table = connection, model.__table__
        given = tuple(columns)
        others = [column for column in self._table.columns if column.name not in given]
        defaulted = [column for column in others if column.default and column.default.is_scalar]
        self._defaults = tuple(plain_value(column.default.arg) for column in defaulted)
        self.columns = given
        self._names = ", ".join((*given, *(column.name for column in defaulted)))
        self._last_id = connection.scalar(select(func.max(self._table.c.id))) or 0
        self.rows: list[Row] = []

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def new_ids(self, count: int) -> range:
        first = self._last_id + 1
        self._last_id += count
        return range(first, first + count)

    def add(self, row: dict[str, Any]) -> None:
        """What it does not name is NULL."""
        self.rows.append(tuple(plain_value(row.get(column)) for column in self.columns))

    def write(self) -> None:
        rows, self.rows = self.rows, []
        if not rows:
            return
        if self._defaults:
            rows = [row + self._defaults for row in rows]
        if self._connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(rows[0]))
            self._connection.exec_driver_sql(self._sentence("INSERT INTO", f"VALUES ({marks})"), rows)
            return
        with self._connection.connection.cursor() as cursor, cursor.copy(self._sentence("COPY", "FROM STDIN")) as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        """Whoever comes after goes on with the next id."""
        if self._connection.dialect.name == "postgresql" and self._last_id:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
            self._connection.execute(sequence, {"name": self._table.name, "last": self._last_id})

    def _sentence(self, verb: str, rest: str) -> str:
        """Only words of our own become part of it."""
        return " ".join([verb, self._table.name, f"({self._names})", rest])


def plain_value(value: Any) -> Any:
    """As both drivers take it, without SQLAlchemy's types in between; an instant is in UTC, as the session is."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else value
