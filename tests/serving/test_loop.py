"""The loop that reads requests and sends answers shares one interpreter with the threads that make them."""

import socket
import threading
import time
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected

from portal.serving.connection import A_MOMENT, Connection

pytestmark = pytest.mark.sqlite  # the server alone decides: once is enough


def test_the_loop_waits_for_a_thread_that_is_just_sending():
    here, there = socket.socketpair()
    with here, there:
        connection = Connection(SimpleNamespace(active_channels={}), here, None, Adjustments(), map={})
        connection.requests = [None]  # a thread is at work on it
        connection.outbufs[-1].append(b"the answer")
        connection.total_outbufs_len = len(b"the answer")
        holds = threading.Event()

        def send() -> None:
            with connection.outbuf_lock:
                holds.set()
                time.sleep(A_MOMENT / 4)

        thread = threading.Thread(target=send)
        thread.start()
        holds.wait()
        for _ in range(20):  # of waitress's own, these take no time at all
            connection.handle_write()
        thread.join()
        there.setblocking(False)
        assert there.recv(100) == b"the answer"


def test_who_sends_nonsense_and_goes_away_is_forgotten(caplog):
    """Of such a request nothing is known, not even its path."""
    process = SimpleNamespace(headers={}, note=lambda *_: None)
    server = SimpleNamespace(active_channels={}, adj=Adjustments(), process=process, pull_trigger=lambda: None)
    here, there = socket.socketpair()
    with here, there:
        connection = Connection(server, here, None, server.adj, map={})
        request = connection.parser_class(connection.adj)
        request.received(b"nonsense\r\n\r\n")
        assert request.error
        connection.requests, connection.write_soon = [request], _gone
        connection.service()
        assert connection.requests == []
        assert not caplog.records


@pytest.mark.parametrize("has_asked", [True, False], ids=["a request waits", "silent"])
def test_an_idle_connection_is_closed_unless_a_request_waits_in_it(has_asked):
    here, there = socket.socketpair()
    with here, there:
        server = SimpleNamespace(active_channels={}, adj=Adjustments())
        connection = Connection(server, here, None, server.adj, map={})
        server.active_channels[here.fileno()] = connection
        if has_asked:
            there.sendall(b"GET /healthz HTTP/1.1\r\n")
        connection.waits_since -= server.adj.channel_timeout + 1
        assert connection.is_overdue(time.time())
        connection.give_up()
        assert connection.connected == has_asked


def _gone(_data):
    raise ClientDisconnected
