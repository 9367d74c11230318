import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from .. import times
from .sqlite import JOURNAL, connect, sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS coupons (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, code TEXT NOT NULL UNIQUE,
  reference TEXT NOT NULL, label TEXT NOT NULL, product_sku_id TEXT NOT NULL, organization_id TEXT NOT NULL,
  quantity INTEGER NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL, expire_date TEXT NOT NULL,
  validity_days INTEGER NOT NULL, redeemed_date TEXT, hidden_until TEXT NOT NULL DEFAULT '', asked TEXT
);
CREATE INDEX IF NOT EXISTS coupons_by_reference ON coupons (reference, created, sequence);
CREATE INDEX IF NOT EXISTS coupons_by_age ON coupons (created, sequence) WHERE status = 'Active';
CREATE TABLE IF NOT EXISTS organizations (id TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, operation TEXT NOT NULL, fault TEXT NOT NULL, match TEXT, left INTEGER,
  details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fault_uses (
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, fault_id INTEGER NOT NULL, fault TEXT NOT NULL,
  operation TEXT NOT NULL, reference TEXT, request_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS journal (
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, reference TEXT NOT NULL,
  coupon_id TEXT NOT NULL, code TEXT NOT NULL, quantity INTEGER NOT NULL, request_id TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""
TABLES = ("coupons", "organizations", "faults", "fault_uses", "journal")


def _keep_to_ourselves(path: Path) -> None:
    """Makes the file readable by its owner only, because codes are money even here. SQLite gives the files that it puts
    beside it the same rights."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError, PermissionError):  # belongs to somebody else, or does not exist
            file.chmod(0o600)


class Store:
    """One connection behind one lock. Simple on purpose: calls are short, and tests judge the portal by this server."""

    def __init__(self, path: str) -> None:
        _keep_to_ourselves(Path(path).absolute())
        self.lock = RLock()
        self._connection = connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in (f"journal_mode = {JOURNAL}", "synchronous = FULL", "recursive_triggers = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)
        self._set_if_absent("secret", secrets.token_hex(32))
        self._set_if_absent("counter", 0)

    def use_memory(self, megabytes: int) -> None:
        """Sets the size of the page cache, because thousands of new rows touch pages all over the indexes."""
        self._connection.execute(f"PRAGMA cache_size = {-1024 * megabytes:d}")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self.lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        with self.lock:
            return self._connection.execute(statement, values).fetchone()

    def insert(self, table: str, values: Mapping[str, Any], *, otherwise: str = "") -> int:
        marks = ", ".join("?" * len(values))
        # Only constants of our own become part of the statement.
        statement = " ".join(["INSERT INTO", table, f"({', '.join(values)}) VALUES ({marks})", otherwise])
        with self.writing():
            return self._connection.execute(statement, tuple(values.values())).lastrowid

    def insert_all(self, table: str, columns: tuple[str, ...], rows: list[tuple], *, otherwise: str = "") -> None:
        marks = ", ".join("?" * len(columns))
        statement = " ".join(["INSERT INTO", table, f"({', '.join(columns)}) VALUES ({marks})", otherwise])
        with self.writing():
            self._connection.executemany(statement, rows)

    def note(self, what: str, coupon: Mapping[str, Any], request_id: str) -> None:
        entry = {
            "at": times.text(times.true()),
            "what": what,
            "request_id": request_id,
            "coupon_id": coupon["id"],
        }
        self.insert("journal", entry | {name: coupon[name] for name in ("reference", "code", "quantity")})

    def meta(self, key: str) -> Any:
        row = self.row("SELECT value FROM meta WHERE key = ?", key)
        return row["value"] if row else None

    def set_meta(self, key: str, value: Any) -> None:
        self.insert(
            "meta",
            {"key": key, "value": value},
            otherwise="ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )

    def reset(self) -> None:
        """Empties everything but the secret, so that tickets stay valid. Drops the tables, because triggers refuse to
        delete rows."""
        with self.writing():
            for table in TABLES:
                self._connection.execute(f"DROP TABLE {table}")
            for statement in _statements(SCHEMA):
                self._connection.execute(statement)
            self.set_meta("counter", 0)
            self._connection.execute("DELETE FROM meta WHERE key NOT IN ('secret', 'counter')")

    def _set_if_absent(self, key: str, value: Any) -> None:
        self.insert("meta", {"key": key, "value": value}, otherwise="ON CONFLICT (key) DO NOTHING")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
