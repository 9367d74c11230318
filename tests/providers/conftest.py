import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.config import BitTitanSettings, ProvisioningSettings
from portal.providers.base import CouponOrder, Deadline, SignedIn
from portal.providers.bittitan.client import BitTitan
from tests.providers.raw_server import SELLER, RawServer
from tests.sandbox_process import MAILBOX_LICENSE

BUYER = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bbb"
REFERENCE = "mrd-0123456789abcdef0123456789abcdef"
PATIENT = ProvisioningSettings(
    connect_timeout=5, read_timeout=5, total_timeout=15, lease=60, quarantine=600, lookups=(15,),
    breaker_failures=5, breaker_pause=60, rate=0,
)  # fmt: skip
"""What is looked at is what is read, however busy the machine is."""
HASTY = replace(PATIENT, connect_timeout=1, read_timeout=1, total_timeout=2)
"""For tests in which the time must run out."""


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
    return _buyer(server, client, PATIENT.total_timeout)


@pytest.fixture
def buy_in_haste(server):
    """As `buy`, with a ticket in hand and two seconds for the purchase."""
    client = client_of(server.url, HASTY)
    assert isinstance(client.sign_in(), SignedIn)
    return _buyer(server, client, HASTY.total_timeout)


def _buyer(server: RawServer, client: BitTitan, seconds: float):
    def send(play):
        server.play = play
        return purchase(client, seconds)

    return send


def client_of(url: str, times: ProvisioningSettings = PATIENT, password: str = "secret") -> BitTitan:
    return BitTitan(BitTitanSettings(url, "portal@distributor.example", password, "searchable", "failed"), times)


def purchase(client: BitTitan, seconds: float = PATIENT.total_timeout, seller_id: str = SELLER):
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
