"""Makes a large load fast, in one transaction and with the same result."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, bindparam, text

from portal.demo.database_writer import TABLES
from portal.extensions import db
from portal.sqlite import JOURNAL, sqlite3

# Finds the statements that drop each index and create it again, and those for the triggers that look attempts up in an
# index (migrations 0021, 0047) or say which days to count (0036). On PostgreSQL also those for constraints, because
# checking foreign keys row by row takes most of a load's time; SQLite cannot drop a constraint.
_FIND = {
    "sqlite": (
        "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master "
        "WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN :tables "
        "UNION ALL SELECT 'DROP TRIGGER ' || name, sql FROM sqlite_master "
        "WHERE type = 'trigger' AND (name LIKE 'copy_%' OR name GLOB 'figures_*')"
    ),
    "postgresql": (
        "WITH constraints AS (SELECT conrelid::regclass AS of_table, * FROM pg_constraint WHERE contype IN ('f', 'u') "
        "AND conrelid::regclass::text IN :tables ORDER BY contype) "
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', of_table, conname), "
        "format('ALTER TABLE %s ADD CONSTRAINT %I %s', of_table, conname, pg_get_constraintdef(oid)) FROM constraints "
        "UNION ALL SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes "
        "WHERE schemaname = current_schema() AND tablename IN :tables "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint) "
        "UNION ALL SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname), "
        "format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger "
        "WHERE tgname ~ '^(copy|figures)_'"
    ),
}
_MEMORY = {"sqlite": "PRAGMA cache_size = -65536", "postgresql": "SET LOCAL maintenance_work_mem = '128MB'"}
_COPY_CAUSES = "UPDATE assets SET sync_status = sync_status WHERE sync_status IN ('failed', 'review')"
_COPY_DAYS = "UPDATE assets SET validity_days = validity_days WHERE sync_status = 'synchronized'"
_COUNT_DAYS = "INSERT INTO figure_changes (day) SELECT DISTINCT purchased_on FROM assets"
_SEARCH_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'search_*_insert'"
_SEARCH_TRIGGER = re.compile(r"CREATE TRIGGER \w+ AFTER INSERT ON (\w+)(?: WHEN (.+?))? BEGIN (.+); END")


@contextmanager
def indexes_built_last(say: Callable[[str], None]) -> Iterator[None]:
    """Drops the indexes and builds them at the end, which is much faster than row by row. Use it inside the transaction
    and in an empty database. On PostgreSQL also drops the constraints, which are then checked at the end."""
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
        connection.exec_driver_sql(_COPY_CAUSES)
        connection.exec_driver_sql(_COPY_DAYS)
        connection.exec_driver_sql(_COUNT_DAYS)


@contextmanager
def _search_index_built_last(connection: Connection, say: Callable[[str], None]) -> Iterator[None]:
    """Drops the triggers that fill the search index row by row, and at the end runs their statements once for all
    rows."""
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
    """For SQLite: loads without a write-ahead log, which would hold all data a second time. An interrupted load is
    still rolled back. Has no effect if another process has the file open."""
    if db.session.get_bind().dialect.name != "sqlite":
        yield
        return
    _set_journal("DELETE")
    try:
        yield
    finally:
        _set_journal(JOURNAL)


def analyze() -> None:
    """Updates PostgreSQL's statistics. It would do so itself within minutes, but until then plan for empty tables."""
    if db.session.get_bind().dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")


def _set_journal(mode: str) -> None:
    db.session.close()
    connection = db.engine.raw_connection()
    try:
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute(f"PRAGMA journal_mode = {mode}")
    except sqlite3.OperationalError:  # another process has the file open: the mode stays as it is
        pass
    finally:
        connection.execute("PRAGMA busy_timeout = 15000")
        connection.close()
