"""What migration tests share."""

from collections.abc import Iterator

import pytest
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
