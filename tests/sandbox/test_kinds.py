from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.client import Client, new_reference, order
from tests.sandbox_process import MAILBOX_LICENSE


@pytest.mark.parametrize("kind", ["searchable", "blind"])
def test_a_repeated_reference_buys_again(sandbox, client, kind):
    sandbox.control.configure(kind=kind)
    reference = new_reference()
    codes = {client.order(reference).json()["Code"] for _ in range(2)}
    assert {entry["code"] for entry in sandbox.control.purchases(reference)} == codes
    assert len(codes) == 2


def test_an_idempotent_server_answers_with_the_first_coupon_for_ever(sandbox, client):
    sandbox.control.configure(kind="idempotent")
    wish = order()
    first = client.post("/v1/coupons", json=wish)
    again = client.post("/v1/coupons", json=wish | {"ProductSkuId": MAILBOX_LICENSE.upper(), "Quantity": 5.0})
    sandbox.control.redeem(first.json()["Code"])
    redeemed = client.post("/v1/coupons", json=wish)
    assert (first.status_code, again.status_code, redeemed.status_code) == (201, 200, 200)
    assert again.json() == first.json()
    assert (redeemed.json()["Code"], redeemed.json()["Status"]) == (first.json()["Code"], "Redeemed")
    assert len(sandbox.control.purchases()) == 1


def test_an_idempotent_server_refuses_another_body(sandbox, client):
    sandbox.control.configure(kind="idempotent")
    wish = order()
    client.post("/v1/coupons", json=wish)
    answer = client.post("/v1/coupons", json=wish | {"Quantity": 6})
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (422, "ReferenceReused")
    assert len(sandbox.control.purchases()) == 1


def test_an_idempotent_server_makes_one_coupon_for_concurrent_requests(sandbox):
    sandbox.control.configure(kind="idempotent")
    wish = order()

    def buy(client):
        return client.post("/v1/coupons", json=wish)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(buy, [Client(sandbox) for _ in range(12)]))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["Code"] for answer in answers}) == 1
    assert len(sandbox.control.purchases(wish["ExternalReference"])) == 1


def test_a_blind_server_cannot_be_searched(sandbox, client):
    sandbox.control.configure(kind="blind")
    coupon = client.order().json()
    for path in ("/v1/coupons", f"/v1/coupons/{coupon['Id']}"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (501, "NotSupported")
    checked = client.post("/v1/coupons/check", json={"Codes": [coupon["Code"]]}).json()
    assert checked["Results"][0]["Valid"]
