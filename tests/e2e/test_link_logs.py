"""The real server writes its logs: whatever is done with a one-time link, none of them names it."""

import socket
from urllib.parse import quote

import pytest
import requests

from portal.services import users
from tests.build import World

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
PATHS = ("/links/{}", "/links/{}/", "/links/{}/more", "//links/{}", "/LINKS/{}", "/links%2F{}", "/%6Cinks/{}", "/{}",
         "/links/{}?from=mail", "/handover/{}", "/handover%2F{}", "/sign-in?next=/links/{}",
         "/links/%00{}", "/bss/{}")  # fmt: skip
BROKEN = (
    "GET /links/{0}\r\n\r\n",
    "GET /links/{0} HTTP/9.9\r\nHost: x\r\n\r\n",
    "/links/{0} GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "links/{0}\r\n\r\n",
    "GET /links/{0} HTTP/1.1\r\nReferer http://x/links/{0}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nCookie : link={0}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nReferer: http://x/links/{0}\r\nContent-Length: many\r\n\r\n",
    "POST /links/{0} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nlinks/{0}\r\n",
)


def send(server, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(text.encode())
        line.shutdown(socket.SHUT_WR)
        return line.recv(65536)


@pytest.fixture
def token(server) -> str:
    world = World(server.app)
    with server.app.app_context():
        return users.renew_link(world.reload(world.carl), by="command line")


def test_no_log_names_a_one_time_link(server, token):
    escaped = "".join(f"%{ord(mark):02x}" for mark in token)
    for path in PATHS:
        for method in METHODS if path == PATHS[0] else ("GET", "POST"):
            for written in (token, escaped) if method == "GET" else (token,):
                send(server, f"{method} {path.format(written)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             f"Referer: http://x/links/{token}\r\nContent-Length: 0\r\n\r\n")  # fmt: skip
    for text in BROKEN:
        send(server, text.format(token))
    session = requests.Session()
    page = session.get(f"{server.url}/links/{quote(token)}")
    assert page.ok
    assert page.url == f"{server.url}/links"
    assert session.post(f"{server.url}/links/{token}").status_code == 405
    server.stop_web()
    log = server.log("web")
    assert " POST /links/" in log, "the server writes a line for each"
    assert token not in log
    assert escaped not in log.lower()
    assert '"event": "link_opened"' in log, "the security log has its lines among them"
