import json
import os
import socket
import subprocess
import threading
import time
from contextlib import suppress
from datetime import datetime

import pytest
import requests

from tests.sandbox.client import Client, new_reference, order
from tests.sandbox_process import SandboxProcess


def eventually(fact, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.02)
    return fact()


def raw(sandbox: SandboxProcess, client: Client, reference: str) -> bytes:
    """What comes over the wire until the other side closes."""
    body = json.dumps(order(reference)).encode()
    head = ["POST /v1/coupons HTTP/1.1", "Host: sandbox", "Content-Type: application/json"]
    head += [f"Authorization: {client.headers['Authorization']}", f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as connection:
        connection.sendall("\r\n".join(head).encode() + body)
        return connection.makefile("rb").read()


@pytest.mark.parametrize("fault, bought", [("refuse", 0), ("fail_before", 0), ("fail_after", 1)])
def test_a_refusal(sandbox, client, fault, bought):
    details = {"code": "QuantityOutOfRange", "message": "Too many.", "fields": {"Quantity": "Fewer."}}
    sandbox.control.fault("createCoupon", fault, **details)
    answer = client.order()
    assert answer.status_code == 422
    assert answer.json()["Error"]["Details"] == [{"Field": "Quantity", "Message": "Fewer."}]
    assert len(sandbox.control.purchases()) == bought


@pytest.mark.parametrize("fault", ["fail_before", "fail_after"])
def test_a_failure_is_an_internal_error_unless_told_otherwise(sandbox, client, fault):
    sandbox.control.fault("createCoupon", fault)
    assert (client.order().status_code, client.order().status_code) == (500, 201)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("fault, bought", [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_that_is_dropped(sandbox, client, fault, bought, reset):
    sandbox.control.fault("createCoupon", fault, reset=reset)
    if reset:
        with pytest.raises(ConnectionResetError):
            raw(sandbox, client, new_reference())
    else:
        assert raw(sandbox, client, new_reference()) == b""
    assert len(sandbox.control.purchases()) == bought
    assert client.order().status_code == 201


@pytest.mark.parametrize("fault, bought", [("timeout_before", 0), ("timeout_after", 1)])
def test_a_call_that_hangs(sandbox, client, fault, bought):
    sandbox.control.fault("createCoupon", fault, seconds=1)
    with pytest.raises(requests.ReadTimeout):
        client.order(timeout=0.3)
    assert len(sandbox.control.purchases()) == bought


def test_a_hanging_call_is_answered_at_last_or_closed(sandbox, client):
    sandbox.control.fault("createCoupon", "timeout_after", seconds=0.3)
    assert client.order().elapsed.total_seconds() >= 0.3
    sandbox.control.fault("createCoupon", "timeout_before", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        client.order()


def test_calls_that_hang_block_no_other_call(sandbox, client):
    sandbox.control.fault("createCoupon", "timeout_after", times=20, seconds=30)
    clients = [Client(sandbox) for _ in range(20)]

    def hang(each):
        with pytest.raises(requests.RequestException):
            each.order()

    threads = [threading.Thread(target=hang, args=[each]) for each in clients]
    for thread in threads:
        thread.start()
    assert eventually(lambda: len(sandbox.control.purchases()) == 20)
    assert client.order().elapsed.total_seconds() < 15  # the others hang for 30
    sandbox.control.reset()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_a_purchase_that_is_carried_out_after_the_client_has_gone(sandbox, client):
    reference = new_reference()
    sandbox.control.fault("createCoupon", "late", seconds=0.6)
    with pytest.raises(requests.ReadTimeout):
        client.order(reference, timeout=0.2)
    assert sandbox.control.purchases(reference) == []
    assert eventually(lambda: len(sandbox.control.purchases(reference)) == 1)


@pytest.mark.parametrize("change, bought", [({}, 0), ({"ignore_deadline": True}, 1)])
def test_a_late_purchase_minds_the_deadline(sandbox, client, change, bought):
    sandbox.control.fault("createCoupon", "late", seconds=2.2, **change)
    deadline = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    client.order(headers={"X-Not-After": deadline})
    assert len(sandbox.control.purchases()) == bought


def test_a_late_purchase_is_forgotten_by_a_reset(sandbox, client):
    sandbox.control.fault("createCoupon", "late", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        client.order(timeout=0.1)
    sandbox.control.reset()
    time.sleep(0.6)
    assert sandbox.control.journal() == []


def test_calls_that_hang_are_released(sandbox, client):
    sandbox.control.fault("createCoupon", "late", seconds=20.0)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(client.order(timeout=60)))
    caller.start()
    assert eventually(sandbox.control.used_faults)
    assert sandbox.control.purchases() == answers == []
    while caller.is_alive():
        sandbox.control.release_calls()
        caller.join(0.05)
    assert [answer.status_code for answer in answers] == [201]
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.parametrize(
    "framing, header", [("length", b"Content-Length: "), ("chunked", b"Transfer-Encoding: "), ("close", None)]
)
def test_half_an_answer(sandbox, client, framing, header):
    reference = new_reference()
    sandbox.control.fault("createCoupon", "truncate", framing=framing)
    head, _, body = raw(sandbox, client, reference).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 Created")
    assert (b"Content-Length: " in head, b"Transfer-Encoding: " in head) == (
        header == b"Content-Length: ",
        header == b"Transfer-Encoding: ",
    )
    assert reference.encode()[:5] not in body[-3:]
    with pytest.raises(ValueError):
        json.loads(body)
    assert len(sandbox.control.purchases(reference)) == 1


@pytest.mark.parametrize("head, least", [(False, 0.5), (True, 0.8)])
def test_an_answer_byte_by_byte(sandbox, client, head, least):
    sandbox.control.fault("createCoupon", "drip", every_ms=1.5, head=head)
    started = time.monotonic()
    answer = raw(sandbox, client, new_reference())
    assert time.monotonic() - started >= least
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["Quantity"] == 5


def test_a_dripping_client_that_leaves_frees_the_thread(sandbox, client):
    sandbox.control.fault("createCoupon", "drip", every_ms=50)
    with pytest.raises(requests.RequestException):
        client.order(timeout=0.02)
    assert len(sandbox.control.purchases()) == 1
    assert client.order().status_code == 201


def test_too_much_of_an_answer(sandbox, client):
    sandbox.control.fault("createCoupon", "oversized")
    assert len(client.order().content) >= 100 * 1024
    sandbox.control.fault("createCoupon", "gzip", size=3_000_000)
    bomb = client.order()
    assert (bomb.headers["Content-Encoding"], len(bomb.content) > 3_000_000) == ("gzip", True)
    assert int(bomb.headers["Content-Length"]) < 30_000
    assert bomb.json()["Quantity"] == 5
    assert len(sandbox.control.purchases()) == 2


@pytest.mark.parametrize("commit", [False, True])
def test_answers_that_are_not_the_contract(sandbox, client, commit):
    sandbox.control.fault("createCoupon", "html", status=502, commit=commit)
    sandbox.control.fault("createCoupon", "redirect", status=307, location="/elsewhere", commit=commit)
    sandbox.control.fault("createCoupon", "answer", status=299, body="[", commit=commit)
    page, elsewhere, odd = (client.order() for _ in range(3))
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (307, "/elsewhere")
    assert (odd.status_code, odd.text) == (299, "[")
    assert len(sandbox.control.purchases()) == (3 if commit else 0)


def test_a_lie_about_what_was_bought(sandbox, client):
    reference = new_reference()
    lies = {"Quantity": 500, "Code": "SBX-LIES", "ExternalReference": "another"}
    sandbox.control.fault("createCoupon", "lie", fields=lies, without=["Label"], copies=2)
    answer = client.order(reference)
    assert answer.status_code == 201
    assert answer.json().items() >= lies.items()
    assert "Label" not in answer.json()
    assert [entry["quantity"] for entry in sandbox.control.purchases(reference)] == [5, 5]
    sandbox.control.fault("searchCoupons", "lie", fields={"Quantity": 7})
    assert {coupon["Quantity"] for coupon in client.search()["Entities"]} == {7}
    assert {coupon["Quantity"] for coupon in client.search()["Entities"]} == {5}


def test_a_coupon_that_searches_do_not_see_at_first(sandbox, client):
    sandbox.control.fault("createCoupon", "lag", seconds=0.5)
    coupon = client.order().json()
    assert client.search()["TotalCount"] == 0
    assert client.get(f"/v1/coupons/{coupon['Id']}").json() == coupon
    assert eventually(lambda: client.search()["Entities"] == [coupon])


def test_effects_go_with_other_faults(sandbox, client):
    sandbox.control.fault("createCoupon", "drop_after", hidden_seconds=60, copies=3)
    with pytest.raises(requests.ConnectionError):
        client.order()
    assert len(sandbox.control.purchases()) == 3
    assert client.search()["TotalCount"] == 0


def test_a_search_that_finds_nothing(sandbox, client):
    reference = client.order().json()["ExternalReference"]
    sandbox.control.fault("searchCoupons", "lie_search", match=reference)
    empty = {"Entities": [], "Offset": 0, "Count": 0, "TotalCount": 0}
    assert client.search(ExternalReference=reference) == empty
    assert client.search(ExternalReference=reference)["TotalCount"] == 1


def test_two_coupons_for_one_order(sandbox, client):
    reference = new_reference()
    sandbox.control.fault("createCoupon", "duplicate")
    answer = client.order(reference).json()
    found = client.search(ExternalReference=reference)["Entities"]
    assert len({coupon["Code"] for coupon in found}) == 2
    assert found[0] == answer


@pytest.mark.parametrize("when, bought", [("before", 0), ("after", 1)])
def test_a_sandbox_that_dies(tmp_path, when, bought):
    with SandboxProcess(tmp_path) as sandbox:
        client = Client(sandbox)
        sandbox.control.fault("createCoupon", "kill", when=when)
        with pytest.raises(requests.ConnectionError):
            client.order()
        assert sandbox.wait() == -9
        sandbox.start()
        assert len(sandbox.control.purchases()) == bought
        assert sandbox.control.faults() == []
        assert client.order().status_code == 201


def test_sign_in_has_faults_too(sandbox):
    sandbox.control.fault("signIn", "refuse", code="Maintenance", retry_after="3")
    with pytest.raises(KeyError):
        Client(sandbox)
    assert Client(sandbox).get("/v1/product-skus").status_code == 200


@pytest.mark.parametrize("at, bought", [("accepted", 0), ("read", 0), ("done", 1), ("half answered", 1)])
def test_a_client_that_is_killed(tmp_path, at, bought):
    with SandboxProcess(tmp_path, kills_clients=True) as sandbox:
        client = Client(sandbox)
        client.close()  # so that it connects anew
        other = subprocess.Popen(["sleep", "60"], start_new_session=True)
        operation = "connect" if at == "accepted" else "createCoupon"
        sandbox.control.fault(operation, "kill_client", group=other.pid, at=at)
        with suppress(requests.RequestException):
            client.order()
        assert other.wait(60) == -9
        assert len(sandbox.control.purchases()) == bought


def test_only_a_sandbox_that_may_kills_clients(tmp_path, sandbox):
    with pytest.raises(RuntimeError, match="--kills-clients"):
        sandbox.control.fault("createCoupon", "kill_client", group=os.getpid())
    with SandboxProcess(tmp_path, kills_clients=True) as killer:
        for wrong in ({"group": 0}, {"group": 1}, {"group": -1}, {"group": 99, "at": "accepted"}):
            with pytest.raises(RuntimeError, match="400"):
                killer.control.fault("createCoupon", "kill_client", **wrong)


def test_the_same_in_another_spelling(sandbox, client):
    sandbox.control.fault("createCoupon", "respell")
    reference = new_reference()
    coupon = client.order(reference).json()
    true = sandbox.control.coupons(reference)[0]
    assert coupon["Id"] == true["Id"].upper() != true["Id"]
    assert (repr(coupon["Quantity"]), coupon["Code"]) == ("5.0", true["Code"])
    assert coupon["Created"].endswith("000+05:30")
    assert datetime.fromisoformat(coupon["Created"].upper()) == datetime.fromisoformat(true["Created"])
