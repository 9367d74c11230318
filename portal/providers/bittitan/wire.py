"""One HTTP exchange over its own connection, with a deadline for the whole exchange, a limit on the answer's size, and
certainty whether anything can have reached the server.

`requests` alone is not enough: its timeout applies to each read, it follows redirects, it obeys netrc and proxy
variables, and its exceptions do not tell whether a byte was written.
"""

import io
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from portal.providers.base import Deadline
from portal.providers.causes import Cause

LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """A complete answer: it has the length that it announced."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    milliseconds: int


@dataclass(frozen=True)
class Lost:
    """No answer, or an incomplete one. `may_have_arrived` is false only if no connection was established."""

    cause: str
    may_have_arrived: bool
    milliseconds: int


class _TooLate(Exception):
    pass


class _TooLarge(Exception):
    pass


class _Line:
    """Watches one connection: notes when it is established, and limits each wait to the remaining time."""

    def __init__(self, deadline: Deadline, is_purchase: bool):
        self.deadline = deadline
        self.is_purchase = is_purchase
        self.is_established = False

    def established(self, sock: socket.socket) -> None:
        """Called right before the first byte is written. Raises _TooLate if a purchase may not begin any more."""
        if self.is_purchase and not self.deadline.may_begin():
            raise _TooLate
        self.is_established = True
        self.hurry(sock)

    def hurry(self, sock: socket.socket) -> None:
        """Called before each wait, because a socket's timeout applies to each wait. Raises TimeoutError."""
        remaining = self.deadline.left()
        if remaining <= 0:
            raise TimeoutError
        sock.settimeout(min(sock.gettimeout() or remaining, remaining))


_thread = threading.local()
"""`line` is the `_Line` of this thread's exchange."""


class _Received(io.RawIOBase):
    def __init__(self, sock: socket.socket, received: io.RawIOBase, line: _Line):
        self._sock, self._received, self._line = sock, received, line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        self._line.hurry(self._sock)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args, **more):
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Received(sock, self.fp.detach(), _thread.line))


class _Plain(HTTPConnection):
    response_class = _Response

    def connect(self):
        super().connect()
        _thread.line.established(self.sock)


class _Secure(HTTPSConnection):
    response_class = _Response

    def connect(self):
        super().connect()  # includes the TLS handshake
        _thread.line.established(self.sock)


class _KeepsNone:
    """Closes each connection instead of keeping it for another exchange."""

    def _put_conn(self, conn: HTTPConnection | None) -> None:
        if conn:
            conn.close()


class _PlainPool(_KeepsNone, HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(_KeepsNone, HTTPSConnectionPool):
    ConnectionCls = _Secure


def _session() -> requests.Session:
    adapter, session = HTTPAdapter(max_retries=0), requests.Session()
    adapter.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


_SESSION = _session()
"""Threads can share it, because it keeps no connection and no cookie."""


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    params: dict[str, str | int] | None = None
    body: bytes | None = field(default=None, repr=False)
    is_purchase: bool = False
    connect_timeout: float = 3.0
    read_timeout: float = 10.0


def exchange(request: Request, deadline: Deadline) -> Answer | Lost:
    """Sends the request. Never raises because of the network or the server; returns Lost instead."""
    started, line = time.monotonic(), _Line(deadline, request.is_purchase)
    _thread.line = line
    try:
        status, headers, body = _send(request, line)
        return Answer(status, headers, body, _since(started))
    except _TooLate:
        cause = Cause.TOO_LATE
    except _TooLarge:
        cause = Cause.ANSWER_TOO_LARGE
    except (requests.RequestException, HTTPError, OSError, ValueError) as failure:
        cause = _cause(failure, line)
    return Lost(cause, line.is_established, _since(started))


def _send(request: Request, line: _Line) -> tuple[int, dict[str, str], bytes]:
    if line.deadline.left() <= 0:
        raise _TooLate
    with _SESSION.send(
        _prepared(request),
        stream=True,
        allow_redirects=False,
        timeout=(min(request.connect_timeout, line.deadline.left()), request.read_timeout),
    ) as response:
        return response.status_code, dict(response.headers), _read(response, line.deadline)


def _prepared(request: Request) -> requests.PreparedRequest:
    prepared = _addressed(request.method, request.url).copy()
    if request.params:
        prepared.prepare_url(request.url, request.params)
    prepared.prepare_headers(_headers(request.headers))
    prepared.prepare_body(request.body, None)
    return prepared


@lru_cache(maxsize=64)
def _addressed(method: str, url: str) -> requests.PreparedRequest:
    """Cached, because parsing the address takes most of the time of preparing a request."""
    return requests.Request(method, url).prepare()


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _headers(headers: dict[str, str]) -> dict[str, str]:
    """Asks for an uncompressed answer, so that the size limit counts what is read, and for a closed connection."""
    own = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
    return {**own, "User-Agent": "BitTitan-Asset-Portal", "X-Request-Id": str(uuid.uuid4()), **headers}


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    content = b""
    while chunk := response.raw.read1(8192, decode_content=False):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise _TooLarge
        if deadline.left() <= 0:
            raise requests.Timeout
    return content


def _cause(failure: Exception, line: _Line) -> str:
    """Names the failure for people. Only `is_established` decides whether the request may have arrived."""
    is_timeout = isinstance(failure, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError)
    if line.is_established:
        return Cause.TIMED_OUT if is_timeout else Cause.CONNECTION_LOST
    if is_timeout:
        return Cause.CONNECT_TIMED_OUT
    if isinstance(failure, requests.exceptions.SSLError):
        return Cause.TLS_FAILED
    return Cause.NAME_NOT_FOUND if "resol" in repr(failure).lower() else Cause.CONNECTION_REFUSED
