"""What a test asks for by name: a world, browsers, a look at the statements. `app` comes from conftest.py."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.browser import Browser
from tests.build import World
from tests.work import Work

NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE", "SET ")


@pytest.fixture
def world(app, databases) -> World:
    return databases.world(app)


@pytest.fixture
def work(app) -> Work:
    """`work.drain()` does what a worker would; `work.later(60)` a minute later."""
    return Work(app)


@pytest.fixture
def browse(app, world):
    """`browse("dana")` has signed in; `browse()` is nobody yet."""

    def start(nick: str | None = None, *, htmx: bool = False) -> Browser:
        browser = Browser(app)
        if nick is not None:
            browser.arrive(getattr(world, nick).id)
        browser.htmx = htmx
        return browser

    return start


@pytest.fixture
def sql():
    """`with sql() as statements:` lists what the database was asked meanwhile, transaction control left out."""

    @contextmanager
    def listen():
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_):
            if not statement.lstrip().upper().startswith(NOT_COUNTED):
                statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return listen
