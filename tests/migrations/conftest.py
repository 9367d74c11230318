"""What migration tests share."""

from collections.abc import Iterator
from functools import cache

import pytest
from alembic import util
from flask import Flask

from tests.apps import opened
from tests.settings import make_settings


@pytest.fixture
def in_use(databases, tmp_path) -> Iterator[Flask]:
    """An app, in its context, whose database holds people and their accounts."""
    url = databases.create(with_world=True)
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        yield app
    databases.drop(url)


@pytest.fixture(autouse=True, scope="session")
def _versions_loaded_once() -> Iterator[None]:
    """Each step up or down would load all versions anew: a quarter of these tests' time. env.py runs each time."""
    load, load_once = util.load_python_file, cache(util.load_python_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            util, "load_python_file", lambda folder, name: (load if name == "env.py" else load_once)(folder, name)
        )
        yield
