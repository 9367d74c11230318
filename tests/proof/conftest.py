from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal import create_app
from portal.extensions import db
from tests.build import World
from tests.conftest import COMPILED, make_settings
from tests.proof.place import Place
from tests.sandbox_process import EMAIL, PASSWORD, SandboxProcess
from tests.services.provisioning.shop import Shop
from tests.work import Work

# The design's own times, but for answers; nobody waits, what is on record is moved into the past (tests/work.py).
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
def killing_sandbox(tmp_path_factory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("killing-sandbox"), kills_clients=True) as process:
        yield process


@pytest.fixture
def found(databases, killing_sandbox, tmp_path) -> Iterator[Callable[..., Place]]:
    """`found("blind")`: a place whose server is of this kind. Other settings by their names."""
    urls, apps = [], []

    def make(kind: str = "searchable", **env: str) -> Place:
        killing_sandbox.control.reset()
        killing_sandbox.control.configure(kind=kind)
        urls.append(databases.create())
        env = TIMES | {"BITTITAN_SERVER": kind, "SANDBOX_PORT": str(killing_sandbox.port)} | env
        app = create_app(make_settings(urls[-1], tmp_path, **env))
        app.testing = True
        app.jinja_env.bytecode_cache = COMPILED
        apps.append(app)
        world = World(app)
        place = Place(app, world, Shop(app, world), Work(app), killing_sandbox, kind)
        place.shop.connect()
        return place

    yield make
    for app in apps:
        _close(app)
    for url in urls:
        databases.drop(url)


@pytest.fixture
def beside(tmp_path) -> Iterator[Callable[..., Flask]]:
    """`beside(place, url)`: a process on the same database that is told another address of BitTitan."""
    apps = []

    def make(place: Place, url: str, **more: str) -> Flask:
        env = TIMES | {"BITTITAN_URL": url, "BITTITAN_EMAIL": EMAIL, "BITTITAN_PASSWORD": PASSWORD} | more
        apps.append(create_app(make_settings(place.app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, **env)))
        return apps[-1]

    yield make
    for app in apps:
        _close(app)


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
