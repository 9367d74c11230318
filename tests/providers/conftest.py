import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.config import BitTitanSettings, ProvisioningSettings
from portal.providers.base import CouponOrder, Deadline
from portal.providers.bittitan.client import BitTitan
from tests.providers.raw_server import SELLER, RawServer
from tests.sandbox_process import MAILBOX_LICENSE

BUYER = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bbb"
REFERENCE = "mrd-0123456789abcdef0123456789abcdef"
TIMES = ProvisioningSettings(
    connect_timeout=0.3, read_timeout=0.3, total_timeout=0.8, lease=60, quarantine=600, lookups=(15,),
    breaker_failures=5, breaker_pause=60, rate=0,
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as raw:
        yield raw


@pytest.fixture
def client(server) -> BitTitan:
    return client_of(server.url)


@pytest.fixture
def buy(server, client):
    """`buy(play)`: the outcome of one purchase that meets this play."""

    def send(play=None, **order):
        server.play = play or server.play
        return purchase(client, **order)

    return send


def client_of(url: str, times: ProvisioningSettings = TIMES, password: str = "secret") -> BitTitan:
    return BitTitan(BitTitanSettings(url, "portal@distributor.example", password, "searchable", "failed"), times)


def purchase(client: BitTitan, seconds: float = TIMES.total_timeout, seller_id: str = SELLER):
    return client.create_coupon(order(seller_id), Deadline(seconds))


def order(seller_id: str = SELLER) -> CouponOrder:
    asked = {
        "ProductSkuId": MAILBOX_LICENSE, "Quantity": 25, "ExpireDays": 365, "ValidityDays": 365,
        "OrganizationId": BUYER, "ExternalReference": REFERENCE, "Label": REFERENCE,
    }  # fmt: skip
    return CouponOrder(
        payload=json.dumps(asked), reference=REFERENCE, sku_id=MAILBOX_LICENSE, organization_id=BUYER, quantity=25,
        expire_days=365, not_after=datetime.now(UTC) + timedelta(seconds=60), seller_id=seller_id,
    )  # fmt: skip


def coupon(**fields) -> dict:
    as_asked = {
        "Id": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1ccc", "Code": "RAW-0001", "ExternalReference": REFERENCE,
        "Label": REFERENCE, "ProductSkuId": MAILBOX_LICENSE, "OrganizationId": BUYER, "Quantity": 25,
        "Status": "Active", "Created": "2026-03-01T10:00:00Z", "ExpireDate": "2027-03-01T10:00:00Z",
        "ValidityDays": 365, "RedeemedDate": None,
    }  # fmt: skip
    return as_asked | fields


def coupon_body(**fields) -> bytes:
    return json.dumps(coupon(**fields)).encode()


def error_body(code: object, message: object = "No.") -> bytes:
    return json.dumps({"Error": {"Code": code, "Message": message}}).encode()
