"""What every test may ask for: a migrated database of its own, settings, an app, the sandbox process.

`--database postgresql` runs the same tests on PostgreSQL. People, worlds and browsers stand in tests/fixtures.py.
What is drawn by lot follows `--seed`, which each run prints. tests/torture runs with `--torture AMOUNT` only
(`make torture`), where 1 is all of it.
"""

import gc
import random
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from flask import Flask

from portal.config import Settings
from tests import folders
from tests.apps import opened
from tests.databases import Databases, Fill, PostgreSQLDatabases, SQLiteDatabases
from tests.sandbox_process import SandboxProcess
from tests.settings import ROOT, make_settings

pytest_plugins = ["tests.fixtures"]
_finished = count(1)


def pytest_addoption(parser):
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--seed", type=int)
    parser.addoption("--torture", type=float, metavar="AMOUNT")


def pytest_configure(config):
    gc.set_threshold(200_000, 10, 50)  # little of what tests load is garbage: looking for it took a quarter of the time
    if config.option.seed is None:
        given = getattr(config, "workerinput", {}).get("seed")  # the workers of one run draw from one seed
        config.option.seed = random.randrange(10**6) if given is None else given


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["seed"] = node.config.option.seed


def pytest_report_header(config):
    return f"database: {config.getoption('database')}; seed: {config.option.seed}"


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    if exitstatus:
        terminalreporter.write_line(f"The same lot again: --seed {config.option.seed}")


def pytest_ignore_collect(collection_path, config):
    is_torture = collection_path == ROOT / "tests" / "torture"
    return True if is_torture and config.option.torture is None else None


def pytest_collection_modifyitems(config, items):
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[config.getoption("database")]
    elsewhere = [item for item in items if item.get_closest_marker(other)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


def pytest_collection_finish():
    _keep_what_stays()


def pytest_runtest_logfinish():
    """What tests compile for the next ones grows to millions of objects within a run."""
    if next(_finished) % 50 == 0:
        _keep_what_stays()


def _keep_what_stays():
    """What is loaded by now is looked through no more: looking took a quarter of the time of a thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder for what is written often and has to survive nothing."""
    folder = folders.in_memory()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(request, memory) -> Iterator[Databases]:
    kind = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}[request.config.getoption("database")]
    made = kind(memory)
    yield made
    made.close()


@pytest.fixture(scope="session")
def seed(request) -> int:
    """What every lot of this run is drawn from. Whoever draws says it when a test fails."""
    return request.config.option.seed


@pytest.fixture(scope="session")
def times(request):
    """`times(5000)`: so many rounds of the torture, or the part of them that was asked for."""
    return lambda number: max(1, round(number * request.config.option.torture))


@pytest.fixture
def fill() -> Fill | None:
    """What the world holds beyond its people: a function that a test file names, carried out once for all its tests."""
    return None


@pytest.fixture
def database_url(request, databases, fill) -> Iterator[str]:
    """Who asks for a world finds it saved."""
    url = databases.create(with_world="world" in request.fixturenames, fill=fill)
    yield url
    databases.drop(url)


@pytest.fixture
def settings(database_url, sandbox, tmp_path) -> Settings:
    """Times are short. For others: `make_settings(database_url, tmp_path, BITTITAN_SERVER="blind")`."""
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port))


@pytest.fixture
def app(settings) -> Iterator[Flask]:
    """No context is pushed: requests inside one would share its `g` and its session, as they never do in life."""
    with opened(settings) as app:
        yield app


@pytest.fixture
def app_context(app) -> Iterator[None]:
    """For tests that call services directly and make no request."""
    with app.app_context():
        yield


@pytest.fixture(scope="session")
def sandbox_process(memory) -> Iterator[SandboxProcess]:
    with SandboxProcess(memory) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process) -> SandboxProcess:
    """Shared by all tests, empty for each. A test that ends or reconfigures it starts its own SandboxProcess."""
    sandbox_process.control.reset()
    return sandbox_process
