"""The floor: the portal's own statements over the plain driver and one template, without any framework (WSGI).

`gunicorn "bench.floor:create()" --preload`, BENCH_PLAN names the plan. `/<case>` does what the portal does for it.
"""

import csv
import io
import os
from collections.abc import Iterator
from multiprocessing import Value
from pathlib import Path

import psycopg
from jinja2 import Environment

from bench.plan import COMMIT, ROLLBACK, Plan, Statement
from portal.sqlite import JOURNAL, connect, sqlite3

_SHOWN = (
    "assets.id", "assets.name", "assets.sync_status", "products.name", "accounts.name", "accounts_1.name",
    "assets.quantity", "assets.purchased_on", "assets.redeem_by", "coupons.code", "coupons_1.code",
)  # fmt: skip
"""The columns of the screen, as far as the statement has them."""
_TEMPLATE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Assets</title></head><body><h1>Assets</h1>
<table><thead><tr>{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr>{% for place in places %}<td>{{ row[place] }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></body></html>""")


class Floor:
    def __init__(self, plan: Plan, url: str):
        self._plan, self._url = plan, url
        self._connections: dict[int, object] = {}
        self._saves = Value("i", 0)
        """Of all processes: each save has seen the version of the one before."""

    def __call__(self, environ, start_response):
        name = environ["PATH_INFO"].strip("/")
        if name == "healthz":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]
        statements, connection = self._plan.statements[name], self._connection()
        if name == "csv":
            start_response("200 OK", [("Content-Type", "text/csv")])
            return _lines(connection, statements)
        if name == "save":
            with self._saves.get_lock():
                self._saves.value += 1
                _rows(connection, statements, self._saves.value)
            start_response("303 See Other", [("Location", "/detail")])
            return [b""]
        body = _page(*_rows(connection, statements)).encode()
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connection(self):
        """One for each process."""
        if os.getpid() not in self._connections:
            self._connections[os.getpid()] = _open(self._url)
        return self._connections[os.getpid()]


def create() -> Floor:
    return Floor(Plan.read(Path(os.environ["BENCH_PLAN"])), os.environ["DATABASE_URL"])


def _rows(connection, statements: list[Statement], steps: int = 0) -> tuple[list[str], list[tuple]]:
    """Names and rows of the statement that gave most."""
    names, most = [], []
    with connection.cursor() if isinstance(connection, psycopg.Connection) else _closing(connection) as cursor:
        for it in statements:
            if it.sql in (COMMIT, ROLLBACK):
                _end(connection, it.sql)
                continue
            cursor.execute(it.sql, _parameters(it, steps))
            if cursor.description:
                rows = cursor.fetchall()
                if len(rows) >= len(most):
                    names, most = _names(it.sql, cursor.description), rows
    _end(connection, ROLLBACK)
    return names, most


class _closing:
    def __init__(self, connection: sqlite3.Connection):
        self._cursor = connection.cursor()

    def __enter__(self) -> sqlite3.Cursor:
        return self._cursor

    def __exit__(self, *_: object) -> None:
        self._cursor.close()


def _end(connection, how: str) -> None:
    if isinstance(connection, sqlite3.Connection) and not connection.in_transaction:
        return
    connection.commit() if how == COMMIT else connection.rollback()


def _parameters(it: Statement, steps: int):
    if not it.moving or not steps:
        return it.parameters or ()
    moved = dict(it.parameters) if isinstance(it.parameters, dict) else list(it.parameters)
    for place in it.moving:
        moved[place] += steps
    return moved


def _names(sql: str, description) -> list[str]:
    """With their tables: what stands between SELECT and FROM, where it consists of columns alone."""
    columns = [column.split(" AS ")[0] for column in _columns(sql).split(", ")]
    return columns if len(columns) == len(description) else [column[0] for column in description]


def _columns(sql: str) -> str:
    """Of the statement itself, not of what stands before it or within it in brackets."""
    depth, outside = 0, []
    for character in sql:
        depth -= character == ")"
        outside.append(character if depth == 0 and character != ")" else "")
        depth += character == "("
    return "".join(outside).partition("SELECT ")[2].partition("\nFROM ")[0].strip()


def _page(names: list[str], rows: list[tuple]) -> str:
    shown = [name for name in _SHOWN if name in names]
    return _TEMPLATE.render(names=shown, places=[names.index(name) for name in shown], rows=rows)


def _lines(connection, statements: list[Statement]) -> Iterator[bytes]:
    """The last statement is the one that gives the rows; read through a cursor at the server."""
    work = [it for it in statements if it.is_work]
    for it in work[:-1]:
        connection.execute(it.sql, it.parameters or ()).fetchall()
    at_the_server = isinstance(connection, psycopg.Connection)
    cursor = connection.cursor(name="export") if at_the_server else connection.cursor()
    cursor.execute(work[-1].sql, work[-1].parameters or ())
    text = io.StringIO()
    lines, places = csv.writer(text), None
    while rows := cursor.fetchmany(500):
        if places is None:
            names = _names(work[-1].sql, cursor.description)
            places = [names.index(name) for name in _SHOWN if name in names]
        lines.writerows([row[place] for place in places] for row in rows)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    cursor.close()
    _end(connection, ROLLBACK)


def _open(url: str):
    """As the portal opens its own."""
    if not url.startswith("sqlite"):
        connection = psycopg.connect(url)
        connection.execute("SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET join_collapse_limit = 1")
        connection.commit()
        return connection
    connection = connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=15)
    for pragma in (f"journal_mode={JOURNAL}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
