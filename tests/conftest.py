"""What every test may ask for: a migrated database of its own, settings, an app, the sandbox process.

`--database postgresql` runs the same tests on PostgreSQL. People, worlds and browsers stand in tests/fixtures.py.
What is drawn by lot follows `--seed`, which each run prints. tests/torture runs with `--torture AMOUNT` only
(`make torture`), where 1 is all of it.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from portal import config, create_app
from portal.config import Settings
from portal.extensions import db
from tests.postgres import Server
from tests.sandbox_process import SandboxProcess

pytest_plugins = ["tests.fixtures"]

ROOT = Path(__file__).parent.parent
SECONDS = {
    "PROVISIONING_CONNECT_TIMEOUT": "0.5",
    "PROVISIONING_READ_TIMEOUT": "1",
    "PROVISIONING_TOTAL_TIMEOUT": "2",
    "PROVISIONING_LEASE": "12",
    "PROVISIONING_QUARANTINE": "1",
    "PROVISIONING_LOOKUPS": "0.2,0.5,1,2,4,8",
    "PROVISIONING_BREAKER_PAUSE": "0.5",
    "PROVISIONING_RATE": "0",
}


class Compiled(BytecodeCache):
    """Each test has an app of its own; its templates are compiled once for all of them."""

    def __init__(self):
        self._code = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


def pytest_addoption(parser):
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--seed", type=int)
    parser.addoption("--torture", type=float, metavar="AMOUNT")


def pytest_configure(config):
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


@pytest.fixture(scope="session")
def databases(request, tmp_path_factory) -> Iterator["SQLiteDatabases | PostgreSQLDatabases"]:
    """`databases.create()`: the URL of a new migrated database; `databases.empty()`: of one without a table."""
    folder = tmp_path_factory.mktemp("databases")
    kind = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}[request.config.getoption("database")]
    made = kind(folder)
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
def database_url(databases) -> Iterator[str]:
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def settings(database_url, sandbox, tmp_path) -> Settings:
    """Times are short. For others: `make_settings(database_url, tmp_path, BITTITAN_SERVER="blind")`."""
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port))


@pytest.fixture
def app(settings) -> Iterator[Flask]:
    """No context is pushed: requests inside one would share its `g` and its session, as they never do in life."""
    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app_context(app) -> Iterator[None]:
    """For tests that call services directly and make no request."""
    with app.app_context():
        yield


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process) -> SandboxProcess:
    """Shared by all tests, empty for each. A test that ends or reconfigures it starts its own SandboxProcess."""
    sandbox_process.control.reset()
    return sandbox_process


def make_settings(database_url: str, data_dir: Path, **overrides: str) -> Settings:
    return config.load(make_env(database_url, data_dir, **overrides))


def make_env(database_url: str, data_dir: Path, **overrides: str) -> dict[str, str]:
    ours = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "SECRET_KEY": "a key for tests that no one guards"}
    return ours | SECONDS | overrides


def migrate(database_url: str, folder: Path) -> None:
    app = create_app(make_settings(database_url, folder))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()


class SQLiteDatabases:
    """Copies of a file that is migrated once."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._made = 0
        self._template: Path | None = None

    def create(self) -> str:
        if self._template is None:
            self._template = self._folder / "template.db"
            migrate(_sqlite_url(self._template), self._folder)
        url = self.empty()
        shutil.copyfile(self._template, _sqlite_path(url))
        return url

    def empty(self) -> str:
        self._made += 1
        return _sqlite_url(self._folder / f"test-{self._made}.db")

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{_sqlite_path(url)}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        shutil.rmtree(self._folder)


class PostgreSQLDatabases:
    """Clones of a database that is migrated once, on a server of this process alone."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._server = Server()
        self._template: str | None = None

    def create(self) -> str:
        if self._template is None:
            template = self._server.create()
            migrate(self._server.url(template), self._folder)
            self._template = template
        return self._server.url(self._server.create(self._template))

    def empty(self) -> str:
        return self._server.url(self._server.create())

    def drop(self, url: str) -> None:
        self._server.drop(url.partition("?")[0].rpartition("/")[2])

    def close(self) -> None:
        self._server.stop()


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _sqlite_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))
