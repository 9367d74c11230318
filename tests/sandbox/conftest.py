from collections.abc import Iterator

import pytest

from tests.sandbox.client import Client
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def _process(tmp_path_factory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        yield process


@pytest.fixture
def sandbox(_process) -> SandboxProcess:
    """Shared by the tests of a module, empty for each. Tests that end it start their own."""
    _process.control.reset()
    return _process


@pytest.fixture
def client(sandbox) -> Iterator[Client]:
    with Client(sandbox) as session:
        yield session
