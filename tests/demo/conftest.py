from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal import demo
from portal.extensions import db
from portal.sandbox.storage.shapes import shown
from portal.sandbox.storage.store import Store
from tests.apps import opened
from tests.settings import make_settings

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
ASSETS = 260
"""Enough for each case to occur."""


@pytest.fixture(scope="package")
def loaded(databases, tmp_path_factory) -> Iterator[Flask]:
    """Once for all who only read it."""
    url = databases.create()
    with opened(make_settings(url, tmp_path_factory.mktemp("demo"))) as app:
        with app.app_context():
            demo.load(assets=ASSETS, seed=1, now=NOW)
        yield app
    databases.drop(url)


@pytest.fixture
def rows(loaded):
    """`rows(Asset)`: all of them, by id."""
    with loaded.app_context():
        yield lambda model: list(db.session.scalars(db.select(model).order_by(model.id)))


def coupons_in(path: Path) -> dict[str, dict]:
    store = Store(str(path))
    try:
        return {row["code"]: shown(row) for row in store.rows("SELECT * FROM coupons")}
    finally:
        store.close()
