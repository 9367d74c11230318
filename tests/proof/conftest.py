from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from tests.apps import opened
from tests.proof.place import Place
from tests.sandbox_process import EMAIL, PASSWORD, SandboxProcess
from tests.services.shop import Shop
from tests.settings import make_settings
from tests.work import Work

# The portal's own times, but for answers; nobody waits, what is on record is moved into the past (tests/work.py).
TIMES = {
    "PROVISIONING_CONNECT_TIMEOUT": "8",
    "PROVISIONING_READ_TIMEOUT": "8",
    "PROVISIONING_TOTAL_TIMEOUT": "10",
    "PROVISIONING_LEASE": "60",
    "PROVISIONING_QUARANTINE": "600",
    "PROVISIONING_LOOKUPS": "",
    "PROVISIONING_BREAKER_PAUSE": "60",
}


@pytest.fixture(scope="session")
def killing_sandbox(memory) -> Iterator[SandboxProcess]:
    folder = memory / "killing-sandbox"
    folder.mkdir()
    with SandboxProcess(folder, kills_clients=True) as process:
        yield process


@pytest.fixture
def found(databases, killing_sandbox, tmp_path) -> Iterator[Callable[..., Place]]:
    """`found("blind")`: a place whose server is of this kind. Other settings by their names."""
    with ExitStack() as stack:

        def make(kind: str = "searchable", **env: str) -> Place:
            killing_sandbox.control.reset()
            killing_sandbox.control.configure(kind=kind)
            url = databases.create(with_world=True)
            stack.callback(databases.drop, url)
            env = TIMES | {"BITTITAN_SERVER": kind, "SANDBOX_PORT": str(killing_sandbox.port)} | env
            app = stack.enter_context(opened(make_settings(url, tmp_path, **env)))
            world = databases.world(app)
            place = Place(app, world, Shop(app, world), Work(app), killing_sandbox, kind)
            place.shop.connect()
            place.work.begin_confirming()
            return place

        yield make


@pytest.fixture
def beside(tmp_path) -> Iterator[Callable[..., Flask]]:
    """`beside(place, url)`: a process on the same database that is told another address of BitTitan."""
    with ExitStack() as stack:

        def make(place: Place, url: str, **more: str) -> Flask:
            env = TIMES | {"BITTITAN_URL": url, "BITTITAN_EMAIL": EMAIL, "BITTITAN_PASSWORD": PASSWORD} | more
            env |= {"TRUSTED_HOSTS": "localhost"}
            settings = make_settings(place.app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, **env)
            return stack.enter_context(opened(settings))

        yield make
