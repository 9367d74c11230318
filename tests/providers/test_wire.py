"""Connections that never stood, the environment, and the time that it may take."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from portal.providers.base import Absent, NotSent, Unanswered, Unavailable, Unknown
from tests.providers.conftest import HASTY, client_of, coupon_body, error_body, order, purchase
from tests.providers.raw_server import answer, drips, says, sign_in, silent
from tests.sandbox_process import free_port


def test_a_name_that_is_not_found_is_not_sent():
    assert isinstance(purchase(client_of("http://nowhere.invalid")), NotSent)


def test_a_refused_connection_is_not_sent():
    outcome = purchase(client_of(f"http://127.0.0.1:{free_port()}"))
    assert (type(outcome), outcome.cause) == (NotSent, "ConnectionRefused")


def test_a_refused_connection_with_a_ticket_in_hand_is_not_sent(server, client):
    client.sign_in()
    client._server = client_of(f"http://127.0.0.1:{free_port()}")._server
    outcome = purchase(client)
    assert (type(outcome), outcome.cause, server.sent("POST /v1/coupons")) == (NotSent, "ConnectionRefused", [])


def test_a_connection_that_is_not_accepted_in_time_is_not_sent(client):
    client.sign_in()
    with _full_backlog() as port:
        client._server = client_of(f"http://127.0.0.1:{port}", HASTY)._server
        outcome = purchase(client)
    assert (type(outcome), outcome.cause) == (NotSent, "ConnectTimedOut")


def test_tls_garbage_is_not_sent(server, client):
    client.sign_in()
    client._server = client_of(server.url.replace("http:", "https:"), HASTY)._server
    outcome = purchase(client)
    assert isinstance(outcome, NotSent)
    assert server.sent("POST /v1/coupons") == []


def test_a_time_out_after_sending_is_unknown(buy_in_haste):
    outcome = buy_in_haste(silent(10))
    assert (type(outcome), outcome.cause) == (Unknown, "TimedOut")


@pytest.mark.parametrize("every", [0.01, 0.05, 0.2])
def test_a_drip_does_not_outlast_the_total_time(buy_in_haste, every):
    """The answer is good, and would be whole after five seconds at least."""
    assert isinstance(buy_in_haste(drips(answer(201, coupon_body()), every)), Unknown)


def test_too_late_to_begin_writes_nothing(server, client, monkeypatch):
    client.sign_in()
    slow = threading.Event()

    from urllib3.util import connection

    original = connection.create_connection

    def later(*arguments, **more):
        time.sleep(HASTY.total_timeout + 0.1)
        slow.set()
        return original(*arguments, **more)

    monkeypatch.setattr(connection, "create_connection", later)
    outcome = purchase(client, HASTY.total_timeout)
    assert (type(outcome), outcome.cause, slow.is_set()) == (NotSent, "TooLate", True)
    assert server.sent("POST /v1/coupons") == []


def test_netrc_and_proxies_of_the_environment_are_not_obeyed(server, buy, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    outcome = buy(says(answer(201, coupon_body())))
    assert outcome.coupon.code == "RAW-0001"
    (request,) = server.sent("POST /v1/coupons")
    assert b"Authorization: Ticket t-1\r\n" in request
    assert b"Basic" not in request


def test_the_payload_is_sent_byte_for_byte_with_its_deadline(server, buy):
    buy(says(answer(201, coupon_body())))
    (request,) = server.sent("POST /v1/coupons")
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == order().payload.encode()
    assert b"X-Not-After: 20" in head
    assert b"Connection: close" in head
    assert b"X-Request-Id: " in head


def test_another_organisations_ticket_buys_nothing(server, client):
    outcome = purchase(client, seller_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff")
    assert (type(outcome), outcome.cause, outcome.needs_person) == (NotSent, "OtherOrganization", True)
    assert server.sent("POST /v1/coupons") == []


@pytest.mark.parametrize(
    "body",
    [b"<h1>no</h1>", b"[]", b"{}", b'{"Entities": []}', b'{"Entities": [7], "TotalCount": 1}',
     b'{"Entities": [], "TotalCount": 3}', b'{"Entities": {}, "TotalCount": 0}', b"[" * 60000, error_body("Gone")],
)  # fmt: skip
def test_a_search_that_is_not_understood_says_nothing(server, client, body):
    server.play = says(answer(200, body))
    assert isinstance(client.find_coupons("mrd-x"), Unanswered)
    assert isinstance(client.check_code("RAW-0001"), Unanswered)
    assert isinstance(client.find_organization("a@b.example"), Unavailable | Absent)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", sign_in("no id"), b'{"Ticket": "t-1"}', b"[" * 60000])
def test_a_sign_in_that_is_not_understood_sends_nothing(server, client, body):
    server._serve = lambda connection: _only(server, connection, answer(201, body))
    assert isinstance(purchase(client), NotSent)
    assert isinstance(client.sign_in(), Unavailable)
    assert server.sent("POST /v1/coupons") == []


def _only(server, connection, data: bytes) -> None:
    with connection:
        server.requests.append(connection.recv(65536))
        connection.sendall(data)


@contextmanager
def _full_backlog():
    """A port whose queue of connections is full: one more is neither accepted nor refused."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        time.sleep(0.05)
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()
