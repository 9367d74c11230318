"""What makes a large load quick and changes nothing else: the database stays as it would be, in one transaction."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, bindparam, text

from portal.demo.database_writer import TABLES
from portal.extensions import db
from portal.sqlite import JOURNAL, sqlite3

# How each is dropped, and how it is created again. On PostgreSQL looking up, row by row, what foreign keys lead to is
# most of what a load costs; SQLite cannot take a constraint away.
_FIND = {
    "sqlite": (
        "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master "
        "WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN :tables"
    ),
    "postgresql": (
        "WITH constraints AS (SELECT conrelid::regclass AS of_table, * FROM pg_constraint WHERE contype IN ('f', 'u') "
        "AND conrelid::regclass::text IN :tables ORDER BY contype) "
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', of_table, conname), "
        "format('ALTER TABLE %s ADD CONSTRAINT %I %s', of_table, conname, pg_get_constraintdef(oid)) FROM constraints "
        "UNION ALL SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes "
        "WHERE schemaname = current_schema() AND tablename IN :tables "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ),
}
_MEMORY = {"sqlite": "PRAGMA cache_size = -65536", "postgresql": "SET LOCAL maintenance_work_mem = '128MB'"}
_SEARCH_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'search_*_insert'"
_SEARCH_TRIGGER = re.compile(r"CREATE TRIGGER \w+ AFTER INSERT ON (\w+)(?: WHEN (.+?))? BEGIN (.+); END")


@contextmanager
def indexes_built_last(say: Callable[[str], None]) -> Iterator[None]:
    """Inside the transaction, in an empty database. Built in one go they cost a fraction of what they cost row by row.

    On PostgreSQL the constraints as well: what they would refuse is refused at the end.
    """
    connection = db.session.connection()
    find = text(_FIND[connection.dialect.name]).bindparams(bindparam("tables", expanding=True))
    indexes = connection.execute(find, {"tables": TABLES}).all()
    connection.exec_driver_sql(_MEMORY[connection.dialect.name])
    for drop, _ in indexes:
        connection.exec_driver_sql(drop)
    with _search_index_built_last(connection, say) if connection.dialect.name == "sqlite" else nullcontext():
        yield
        say("Building the indexes")
        for _, create in reversed(indexes):
            connection.exec_driver_sql(create)


@contextmanager
def _search_index_built_last(connection: Connection, say: Callable[[str], None]) -> Iterator[None]:
    """What its triggers would have entered row by row is read off them, and entered in one go."""
    triggers = connection.exec_driver_sql(_SEARCH_TRIGGERS).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    say("Filling the index of the search")
    for _, trigger in triggers:
        table, rows, enter = _SEARCH_TRIGGER.fullmatch(trigger).groups()
        connection.exec_driver_sql(f"{enter} FROM {table} AS new WHERE {rows or 'true'} ORDER BY 1")
        connection.exec_driver_sql(trigger)


@contextmanager
def no_write_ahead_log() -> Iterator[None]:
    """SQLite: an empty file has little to roll back, but a write-ahead log would hold all of it a second time.

    Only where nobody else has the file open; an interrupted load is rolled back all the same.
    """
    if db.session.get_bind().dialect.name != "sqlite":
        yield
        return
    _set_journal("DELETE")
    try:
        yield
    finally:
        _set_journal(JOURNAL)


def analyze() -> None:
    """PostgreSQL would do so by itself, within minutes; until then it would plan for empty tables."""
    if db.session.get_bind().dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def _set_journal(mode: str) -> None:
    db.session.close()
    connection = db.engine.raw_connection()
    try:
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute(f"PRAGMA journal_mode = {mode}")
    except sqlite3.OperationalError:  # somebody else is there; then it stays as it is
        pass
    finally:
        connection.execute("PRAGMA busy_timeout = 15000")
        connection.close()
