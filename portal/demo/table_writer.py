"""Writes rows into tables in the fastest way of each database. The values are plain, and the ids are assigned here."""

import enum
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from portal.extensions import db

Row = tuple[Any, ...]


class TableWriter:
    """Writes the rows of one table. `columns` names their values; other columns get their defaults."""

    def __init__(self, connection: Connection, model: type[db.Model], columns: Iterable[str]):
        self._connection, self._table = connection, model.__table__
        named = tuple(columns)
        others = [column for column in self._table.columns if column.name not in named]
        defaulted = [column for column in others if column.default and column.default.is_scalar]
        self._defaults = tuple(plain_value(column.default.arg) for column in defaulted)
        self.columns = named
        self._names = ", ".join((*named, *(column.name for column in defaulted)))
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
        """Adds a row; columns that it lacks are NULL."""
        self.rows.append(tuple(plain_value(row.get(column)) for column in self.columns))

    def write(self) -> None:
        rows, self.rows = self.rows, []
        if not rows:
            return
        if self._defaults:
            rows = [row + self._defaults for row in rows]
        if self._connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(rows[0]))
            self._connection.exec_driver_sql(self._statement("INSERT INTO", f"VALUES ({marks})"), rows)
            return
        with self._connection.connection.cursor() as cursor, cursor.copy(self._statement("COPY", "FROM STDIN")) as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        """Sets PostgreSQL's sequence, so that later inserts continue with the next id."""
        if self._connection.dialect.name == "postgresql" and self._last_id:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
            self._connection.execute(sequence, {"name": self._table.name, "last": self._last_id})

    def _statement(self, verb: str, rest: str) -> str:
        """Builds a statement from constants of our own only."""
        return " ".join([verb, self._table.name, f"({self._names})", rest])


def plain_value(value: Any) -> Any:
    """Converts a value for both drivers without SQLAlchemy's types. Instants must be in UTC, as the session is."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict) else value
