"""What stands in the head of a request is believed as far as the settings say, and cannot write into the log."""

import pytest
import requests

from portal.web.security import headers
from tests.serving.web import HEAD
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # the server alone decides: once is enough


def test_nobody_writes_a_line_into_the_access_log(web):
    forged = "127.0.0.1 GET /forged 200 16 bytes 1 ms"
    path = f"/%0d%0a{forged.replace(' ', '%20')}%0a%1b%5b2K"
    web.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    web.ask(HEAD + b"X-A: \r\n\r\nGET /forged HTTP/1.1\r\nConnection: close\r\n\r\n")
    web.ask(b"GET /a\n" + forged.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    lines = web.log("web").splitlines()
    assert any(f"/\\x0d\\x0a{forged}\\x0a\\x1b[2K 404" in line for line in lines)
    assert not [line for line in lines if line.startswith(forged)]
    assert "\x1b" not in web.log("web")


@pytest.mark.parametrize(
    "name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "X-Forwarded-Prefix", "REMOTE_ADDR", "HTTP_HOST"]
)
def test_a_client_does_not_say_where_the_portal_is(web, name):
    answer = requests.get(f"{web.url}/", headers={name: "/evil"}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert not [line for line in web.log("web").splitlines() if line.startswith("/evil")]


@pytest.mark.parametrize(
    "version, length", [("1.1", b"Content-Length: 5\r\n"), ("1.0", b"Content-Length: 5\r\n"), ("1.0", b"")]
)
def test_what_two_servers_may_read_in_two_ways_is_refused_and_nothing_after_it_is_read(web, version, length):
    """Behind a proxy that goes by the length, the rest would begin somebody else's request."""
    head = f"POST /sign-in HTTP/{version}\r\nHost: localhost\r\nConnection: keep-alive\r\n".encode()
    answer = web.ask(head + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEAD + b"\r\n")
    assert answer.startswith(f"HTTP/{version} 400 Bad Request\r\n".encode())
    assert answer.endswith(b"\r\n\r\nThe request is no valid HTTP.\n")


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"nonsense\r\n\r\n", 400),
        (HEAD + b"Content-Length: x\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 400),
        (b"GET /%2e%2e/x?<script> HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n", 400),
    ],
)
def test_the_servers_own_refusals_carry_the_same_headers(web, request_, status, tmp_path):
    head, _, body = web.ask(request_).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first.split()[1] == str(status)
    sent = dict(line.split(": ", 1) for line in lines)
    assert headers.of_every_answer(make_settings("sqlite:///x", tmp_path)).items() <= sent.items()
    assert sent["Cache-Control"] == "no-store"
    assert b"script" not in body
