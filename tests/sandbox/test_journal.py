import re

import pytest

from portal.sqlite import sqlite3
from tests.sandbox.client import Client, new_reference
from tests.sandbox_process import SandboxProcess


def test_the_journal_tells_what_was_bought(sandbox, client):
    reference = new_reference()
    coupon = client.order(reference, headers={"X-Request-Id": "mine"}).json()
    (entry,) = sandbox.control.purchases(reference)
    assert entry["at"] >= coupon["Created"]
    assert entry | {"at": ""} == {
        "sequence": 1,
        "at": "",
        "what": "created",
        "reference": reference,
        "coupon_id": coupon["Id"],
        "code": coupon["Code"],
        "quantity": 5,
        "request_id": "mine",
    }


@pytest.mark.parametrize("change", ["UPDATE journal SET quantity = 1", "DELETE FROM journal"])
def test_the_journal_is_append_only(sandbox, client, change):
    client.order()
    connection = sqlite3.connect(sandbox.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(change)
    connection.close()
    assert len(sandbox.control.purchases()) == 1


def test_everything_survives_a_kill(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        client = Client(sandbox)
        before = [client.order().json() for _ in range(3)]
        sandbox.control.redeem(before[0]["Code"])
        sandbox.control.fault("createCoupon", "refuse", times=2)
        journal = sandbox.control.journal()
        sandbox.kill()
        sandbox.start()
        assert client.search()["Entities"] == before[1:]
        assert sandbox.control.journal() == journal
        assert sandbox.control.faults()[0]["left"] == 2
        sandbox.control.clear_faults()
        assert client.order().json()["Code"] not in {coupon["Code"] for coupon in before}


def test_codes_follow_from_the_seed(tmp_path):
    codes = []
    for name, seed in [("a", 7), ("b", 7), ("c", 8)]:
        (tmp_path / name).mkdir()
        with SandboxProcess(tmp_path / name, seed=seed) as sandbox:
            client = Client(sandbox)
            codes.append([client.order().json()["Code"] for _ in range(3)])
    assert codes[0] == codes[1]
    assert not set(codes[0]) & set(codes[2])
    assert all(re.fullmatch(r"SBX(-[2-9A-HJ-NP-Z]{4}){4}", code) for code in codes[0])


def test_a_reset_starts_from_nothing(sandbox, client):
    first = client.order().json()["Code"]
    sandbox.control.fault("*", "refuse", times=None)
    sandbox.control.configure(kind="blind")
    sandbox.control.reset()
    assert sandbox.control.journal() == sandbox.control.coupons() == sandbox.control.faults() == []
    assert sandbox.control.settings()["kind"] == "searchable"
    assert client.order().json()["Code"] == first
    assert sandbox.control.purchases()[0]["sequence"] == 1
