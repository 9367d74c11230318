"""Databases of tests: copies of one that is migrated once, on SQLite or on a PostgreSQL of this process alone."""

import pickle
import shutil
from collections.abc import Callable
from functools import cached_property
from itertools import count
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from tests.apps import opened
from tests.build import World
from tests.postgres import Server
from tests.settings import ROOT, make_settings

Fill = Callable[[World], None]


class Databases:
    def __init__(self, folder: Path):
        self._folder = folder
        self._numbers = count(1)
        self._worlds: dict[str, bytes] = {}
        self._known: dict[Fill, tuple[str, bytes]] = {}

    def create(self, *, with_world: bool = False, fill: Fill | None = None) -> str:
        """The URL of a new one, which may hold a world already, and what `fill` adds to it, once for all copies."""
        if not with_world:
            return self._copy(self._migrated)
        source, world = self._filled_by(fill) if fill else self._filled
        url = self._copy(source)
        self._worlds[url] = world
        return url

    def world(self, app: Flask) -> World:
        """Of an app whose database was created with one."""
        return pickle.loads(self._worlds[app.config["SQLALCHEMY_DATABASE_URI"]]).of(app)

    def empty(self) -> str:
        """The URL of one without a table."""
        raise NotImplementedError

    def drop(self, url: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """What has no process of its own goes with its folder."""

    def _copy(self, url: str) -> str:
        raise NotImplementedError

    @cached_property
    def _migrated(self) -> str:
        return self._with(self.empty(), lambda app: upgrade(directory=str(ROOT / "migrations")))[0]

    @cached_property
    def _filled(self) -> tuple[str, bytes]:
        return self._with(self._copy(self._migrated), lambda app: pickle.dumps(World(app)))

    def _filled_by(self, fill: Fill) -> tuple[str, bytes]:
        def more(app: Flask) -> bytes:
            world = pickle.loads(self._filled[1]).of(app)
            fill(world)
            return pickle.dumps(world)

        if fill not in self._known:
            self._known[fill] = self._with(self._copy(self._filled[0]), more)
        return self._known[fill]

    def _with(self, url: str, act) -> tuple:
        with opened(make_settings(url, self._folder)) as app, app.app_context():
            return url, act(app)


class SQLiteDatabases(Databases):
    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'test-{next(self._numbers)}.db'}"

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path(url)}{suffix}").unlink(missing_ok=True)

    def _copy(self, url: str) -> str:
        copy = self.empty()
        shutil.copyfile(self._path(url), self._path(copy))
        return copy

    def _path(self, url: str) -> str:
        return url.removeprefix("sqlite:///")


class PostgreSQLDatabases(Databases):
    """On a server of this process alone."""

    def __init__(self, folder: Path, **settings: str):
        super().__init__(folder)
        little = {"shared_buffers": "16MB"}  # each clone and drop looks through them
        self._server = Server(folder / "postgresql", **little | settings)

    def empty(self) -> str:
        return self._server.url(self._server.create())

    def drop(self, url: str) -> None:
        self._server.drop(self._name(url))

    def close(self) -> None:
        self._server.stop()

    def _copy(self, url: str) -> str:
        return self._server.url(self._server.create(self._name(url)))

    def _name(self, url: str) -> str:
        return url.partition("?")[0].rpartition("/")[2]
