from collections.abc import Iterator

import pytest

from tests.serving.web import WebProcess


@pytest.fixture(scope="package")
def web(databases, tmp_path_factory) -> Iterator[WebProcess]:
    yield from _serve(databases, tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="package")
def impatient(databases, tmp_path_factory) -> Iterator[WebProcess]:
    """Gives up after a second or two; each of its two processes takes eight connections."""
    folder = tmp_path_factory.mktemp("impatient")
    few = {"GUNICORN_CMD_ARGS": "--worker-connections 8"}
    yield from _serve(databases, folder, program="tests.serving.impatient", **few)


@pytest.fixture
def leaving(databases, tmp_path) -> Iterator[WebProcess]:
    """To be stopped."""
    yield from _serve(databases, tmp_path)


def _serve(databases, folder, **options) -> Iterator[WebProcess]:
    url = databases.create()
    with WebProcess(url, folder, **options) as process:
        yield process
    databases.drop(url)
