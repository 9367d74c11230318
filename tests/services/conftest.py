import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.postgres import tools_on_path
from tests.services.desk import desk, twice  # noqa: F401
from tests.services.marks import LATER
from tests.services.restoring import Backup
from tests.services.shop import Shop
from tests.settings import make_settings

# The portal's own times; tests do not wait, they move what is on record into the past (tests/work.py).
TIMES = {
    "PROVISIONING_CONNECT_TIMEOUT": "0.5",
    "PROVISIONING_READ_TIMEOUT": "8",
    "PROVISIONING_TOTAL_TIMEOUT": "10",
    "PROVISIONING_LEASE": "60",
    "PROVISIONING_QUARANTINE": "600",
    "PROVISIONING_LOOKUPS": "",
    "PROVISIONING_BREAKER_PAUSE": "60",
}


@pytest.fixture
def server() -> dict[str, str]:
    """Settings beside those; a test file or a parameter may say another."""
    return {}


@pytest.fixture
def settings(database_url, sandbox, tmp_path, server):
    sandbox.control.configure(kind=server.get("BITTITAN_SERVER", "searchable"))
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **(TIMES | server))


@pytest.fixture
def shop(app, world) -> Shop:
    """The database knows its BitTitan organisation already."""
    shop = Shop(app, world)
    shop.connect()
    return shop


@pytest.fixture
def backup(shop, tmp_path, monkeypatch) -> Backup:
    """With PostgreSQL's programs in the version of the tests' server; SQLite needs none."""
    monkeypatch.setenv("PATH", f"{tools_on_path()}{os.pathsep}{os.environ['PATH']}")
    return Backup(shop, tmp_path / "nine-o-clock")


@pytest.fixture
def lost(shop, work, sandbox):
    """The id of an asset whose request was lost before BitTitan did anything."""
    sandbox.control.fault("createCoupon", "drop_before")
    asset_id = shop.order()
    work.drain()
    assert shop.state(asset_id) == "unknown"
    return asset_id


@pytest.fixture
def answer_lost(shop, work, sandbox):
    """The id of an asset whose coupon BitTitan issued, but its answer was lost."""
    sandbox.control.fault("createCoupon", "drop_after")
    asset_id = shop.order()
    work.drain()
    assert shop.state(asset_id) == "unknown"
    return asset_id


@pytest.fixture
def sending(shop, work, sandbox):
    """`with sending(asset_id):` another worker sends, and its answer, which a fault or a delay holds back for longer
    than the block takes, comes at the end of the block."""

    @contextmanager
    def send(asset_id: int) -> Iterator[None]:
        sender = threading.Thread(target=work.drain)
        sender.start()
        deadline = time.monotonic() + 60
        while shop.state(asset_id) != "sending":
            assert time.monotonic() < deadline, "nothing was sent"
            time.sleep(0.01)
        time.sleep(0.1)  # the request is at BitTitan
        yield
        assert sender.is_alive(), "the answer came too early for this test"
        while sender.is_alive():
            sandbox.control.release_calls()
            sender.join(0.05)

    return send


@pytest.fixture
def order(shop, work, sandbox):
    """Places an order whose answer is bent so; returns the asset's id."""

    def place(**fields) -> int:
        asset_id = shop.order()
        if fields:
            sandbox.control.fault("createCoupon", "lie", shop.asset(asset_id).reference, fields=fields)
        work.drain()
        return asset_id

    return place


@pytest.fixture
def later(work):
    """All that BitTitan is asked in the next minutes."""

    def pass_by() -> None:
        for seconds in LATER:
            work.confirm(seconds)

    return pass_by


@pytest.fixture
def issue(shop, sandbox):
    """`issue(asset_id, code, **fields)`: BitTitan has a coupon with this code, as asked unless the fields say other."""

    def put(asset_id: int, code: str = "SBX-HAND-0001", **fields) -> None:
        organization_id, quantity = shop.world.partner.organization_id, shop.asset(asset_id).quantity
        sandbox.control.put_coupons([{"Code": code, "OrganizationId": organization_id, "Quantity": quantity} | fields])

    return put
