"""A database at its worst: locked, read-only, full, gone. Each begins and ends; nothing is left of it."""

import os
import resource
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy import event

from portal.extensions import db
from portal.sqlite import sqlite3

LOCKED, READ_ONLY, FULL, GONE = "locked", "read-only", "full", "gone"
TABLES = tuple(table.name for table in db.metadata.sorted_tables)


def of(app: Flask, what: str):
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    kinds = SQLITE if url.startswith("sqlite") else POSTGRESQL
    return kinds[what](app, url)


class _SQLite:
    def __init__(self, app: Flask, url: str):
        self.app = app
        self.path = Path(url.partition("sqlite:///")[2])

    def forget_connections(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class _Locked(_SQLite):
    def begin(self) -> None:
        self._other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._other.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        self._other.close()


class _ReadOnly(_SQLite):
    """As on a file system that has become read-only (the tests may run as root, whom no permission stops)."""

    def begin(self) -> None:
        with self.app.app_context():
            event.listen(db.engine, "connect", _only_queries)
        self.forget_connections()

    def end(self) -> None:
        with self.app.app_context():
            event.remove(db.engine, "connect", _only_queries)
        self.forget_connections()


def _only_queries(connection, _record) -> None:
    connection.execute("PRAGMA query_only=ON")


class _Full(_SQLite):
    """No file of this process grows any more."""

    def begin(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, self._before[1]))

    def end(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


class _Gone(_SQLite):
    """Moved away; a folder stands in its place, or SQLite would make an empty file there."""

    def begin(self) -> None:
        self.forget_connections()
        for path in self._files():
            os.rename(path, f"{path}.away")
        self.path.mkdir()

    def end(self) -> None:
        self.forget_connections()
        self.path.rmdir()
        for path in self.path.parent.glob(f"{self.path.name}*.away"):
            os.rename(path, str(path).removesuffix(".away"))

    def _files(self) -> list[Path]:
        return [path for path in self.path.parent.glob(f"{self.path.name}*") if path.suffix != ".away"]


class _PostgreSQL:
    def __init__(self, app: Flask, url: str):
        address, _, options = url.replace("+psycopg", "").partition("?")
        self._server, _, self._name = address.rpartition("/")
        self._options = options
        self.url = f"{address}?{options}"

    def as_admin(self, *statements: str) -> None:
        with psycopg.connect(f"{self._server}/postgres?{self._options}", autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement)

    @property
    def name(self) -> str:
        return f'"{self._name}"'

    @property
    def end_connections(self) -> str:
        return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'"


class _LockedTables(_PostgreSQL):
    def begin(self) -> None:
        self._other = psycopg.connect(self.url)
        self._other.execute(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE")

    def end(self) -> None:
        self._other.close()


class _ReadOnlyServer(_PostgreSQL):
    """As after a failover to a standby."""

    def begin(self) -> None:
        self.as_admin(f"ALTER DATABASE {self.name} SET default_transaction_read_only = on", self.end_connections)

    def end(self) -> None:
        self.as_admin(f"ALTER DATABASE {self.name} RESET default_transaction_read_only", self.end_connections)


class _FullServer(_PostgreSQL):
    """Every statement that would write fails as it does on a full disk."""

    RAISE = "BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left'; END"

    def begin(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as own:
            own.execute(f"CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $${self.RAISE}$$")
            for table in TABLES:
                own.execute(
                    f"CREATE TRIGGER is_full BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION is_full()"
                )

    def end(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as own:
            own.execute("DROP FUNCTION is_full() CASCADE")


class _GoneServer(_PostgreSQL):
    """To its clients there is no difference: connections end, and none is accepted."""

    def begin(self) -> None:
        self.as_admin(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false", self.end_connections)

    def end(self) -> None:
        self.as_admin(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")


SQLITE = {LOCKED: _Locked, READ_ONLY: _ReadOnly, FULL: _Full, GONE: _Gone}
POSTGRESQL = {LOCKED: _LockedTables, READ_ONLY: _ReadOnlyServer, FULL: _FullServer, GONE: _GoneServer}
