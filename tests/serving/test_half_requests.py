"""Whoever sends half a request, or takes nothing of an answer, keeps no thread: the others are answered meanwhile."""

import threading
import time

import pytest

from portal.serving import MOST_HEAD
from portal.serving.connection import MOST_CONTROL, MOST_LARGE
from tests.serving.web import FORM, HALVES, HEAD, LONG, everything
from tests.settings import ROOT

pytestmark = pytest.mark.sqlite  # before any request is whole, no database is asked: once is enough
TWENTY = 20
"""There are eight threads."""


@pytest.mark.parametrize("kind", HALVES)
def test_the_portal_answers_while_twenty_stand_still(web, kind):
    with web.waiting(TWENTY, HALVES[kind]):
        time.sleep(0.2)
        for _ in range(4):
            web.must_answer()


def test_the_portal_answers_while_twenty_send_a_byte_at_a_time(web):
    with web.waiting(TWENTY, HALVES["half a body"]) as connections:
        for _ in range(4):
            for connection in connections:
                connection.sendall(b"a")
            web.must_answer()


def test_half_a_head_and_half_a_body_are_given_up(impatient):
    with (
        impatient.waiting(1, HALVES["half a head"]) as [head],
        impatient.waiting(1, HALVES["half a body"]) as [body],
        impatient.waiting(1, HALVES["half a chunk"]) as [chunk],
    ):
        for connection in (head, body, chunk):
            assert everything(connection).split(b"\r\n")[0].endswith(b" 408 Request Timeout")


def test_who_takes_nothing_of_an_answer_is_given_up(impatient):
    with impatient.waiting(1, HALVES["an answer that nobody reads"]) as [connection]:
        time.sleep(3)
        assert len(everything(connection)) < 6 * 50_000


def test_who_reads_slowly_gets_the_whole_answer(web):
    with web.waiting(1, LONG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as [connection]:
        time.sleep(0.2)
        content = everything(connection).split(b"\r\n\r\n", 1)[1]
    assert content == (ROOT / "static/vendor/htmx.min.js").read_bytes()


def test_a_slow_but_whole_request_is_answered(web):
    with web.connected() as connection:
        for part in (HEAD[:9], HEAD[9:], b"Connection: clo", b"se\r\n\r\n"):
            connection.sendall(part)
            time.sleep(0.05)
        assert everything(connection).endswith(b'{"status":"ok"}\n')


def test_who_waits_longest_makes_room(impatient):
    """More connections than the server takes shut nobody out."""
    with impatient.waiting(40, HALVES["half a head"]):
        time.sleep(0.2)
        impatient.must_answer()


@pytest.mark.parametrize(
    "request_, status",
    [
        (FORM + b"Content-Length: 99999999999\r\n\r\n", b"413"),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 2 * MOST_CONTROL, b"400"),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"a" * 0x180000, b"413"),
        (HEAD + b"Cookie: " + b"a" * MOST_HEAD + b"\r\n\r\n", b"431"),
    ],
    ids=["a body that is too large", "a control line without end", "a body of unknown length", "a large head"],
)
def test_what_is_too_much_is_refused_before_it_is_read(web, request_, status):
    with web.connected() as connection:
        try:
            connection.sendall(request_)
        except ConnectionError:
            pass
        assert everything(connection).split()[1] == status


def test_only_a_few_large_files_are_under_way_at_once(web):
    """Strangers may begin to send one, too: who they are is known when the request is there."""
    large = FORM + b"Content-Length: 2000000\r\n\r\n" + b"a" * 1000
    with web.waiting(3 * MOST_LARGE, large) as connections:
        time.sleep(0.3)
        assert sum(answered_with(connection, b"503", b"408") for connection in connections) >= MOST_LARGE


def test_whoever_brings_a_large_file_slowly_makes_room_for_another(web):
    """Strangers who begin to send some, and send no more, shut nobody out."""
    large = FORM + b"Connection: close\r\nContent-Length: 2000000\r\n\r\n"
    for _ in range(3):
        with web.waiting(6 * MOST_LARGE, large + b"a" * 1000):
            time.sleep(0.3)
            assert web.ask(large + b"a" * 2_000_000).split()[1] == b"413"  # the portal's own: it was read to its end


def answered_with(connection, *statuses: bytes) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(100).split()[1] in statuses
    except TimeoutError:
        return False


def test_a_server_that_stops_finishes_what_has_begun_and_closes_the_rest(leaving):
    with leaving.waiting(1, HALVES["half a body"]) as [begun], leaving.waiting(1, b"") as [idle]:
        time.sleep(0.3)
        stopping = threading.Thread(target=leaving.stop_web)
        stopping.start()
        assert everything(idle) == b""
        begun.sendall(b"a" * (1000 - len(b"email=")))
        assert everything(begun).startswith(b"HTTP/1.1 ")
        stopping.join()
    assert "Traceback" not in leaving.log("web")
    assert "still running" not in leaving.log("web")
