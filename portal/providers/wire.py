"""One HTTP exchange over a connection of its own: with a deadline for the whole, a cap on the answer's size, and the
certainty whether anything can have reached the other side.

`requests` alone does not do: its timeout is for each read, it follows redirects, obeys netrc and proxy variables, and
its exceptions do not tell whether a byte was written.
"""

import socket
import threading
import time
import uuid
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from portal.providers.base import Deadline

LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """Complete: as long as it said it would be."""

    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: int


@dataclass(frozen=True)
class Lost:
    """No (complete) answer. `may_have_arrived` is false only if no connection was ever established."""

    cause: str
    may_have_arrived: bool
    milliseconds: int


class _TooLate(Exception):
    pass


class _TooLarge(Exception):
    pass


class _Line:
    """Follows one connection: sets the flag when it stands, and cuts it when the time is over."""

    def __init__(self, deadline: Deadline, is_purchase: bool):
        self.deadline = deadline
        self.is_purchase = is_purchase
        self.is_established = False
        self.was_cut = False
        self._timer: threading.Timer | None = None

    def established(self, connection: HTTPConnection) -> None:
        """Called right before the first byte would be written."""
        if self.is_purchase and not self.deadline.may_begin():
            raise _TooLate
        self.is_established = True
        self._timer = threading.Timer(max(self.deadline.left(), 0), self._cut, [connection.sock])
        self._timer.daemon = True
        self._timer.start()

    def _cut(self, sock: socket.socket) -> None:
        self.was_cut = True
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed already

    def done(self) -> None:
        if self._timer:
            self._timer.cancel()


_here = threading.local()
"""`line`: of the exchange that this thread is in."""


class _Plain(HTTPConnection):
    def connect(self):
        super().connect()
        _here.line.established(self)


class _Secure(HTTPSConnection):
    def connect(self):
        super().connect()  # the TLS handshake included
        _here.line.established(self)


class _ForOne:
    """A pool of the one connection that an exchange needs."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **(settings | {"maxsize": 1}))


class _PlainPool(_ForOne, HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(_ForOne, HTTPSConnectionPool):
    ConnectionCls = _Secure


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]
    params: dict[str, str | int] | None = None
    body: bytes | None = None
    is_purchase: bool = False
    connect_timeout: float = 3.0
    read_timeout: float = 10.0


def exchange(request: Request, deadline: Deadline) -> Answer | Lost:
    """Never raises for what the network or the other side does."""
    started, line = time.monotonic(), _Line(deadline, request.is_purchase)
    _here.line = line
    try:
        status, headers, body = _send(request, line)
        return Answer(status, headers, body, _since(started))
    except _TooLate:
        cause = "TooLate"
    except _TooLarge:
        cause = "AnswerTooLarge"
    except (requests.RequestException, HTTPError, OSError, ValueError) as failure:
        cause = _cause(failure, line)
    finally:
        line.done()
    return Lost(cause, line.is_established, _since(started))


def _send(request: Request, line: _Line) -> tuple[int, dict[str, str], bytes]:
    if line.deadline.left() <= 0:
        raise _TooLate
    adapter = HTTPAdapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    prepared = requests.Request(
        request.method, request.url, params=request.params, data=request.body, headers=_headers(request.headers)
    ).prepare()
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        with session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(min(request.connect_timeout, line.deadline.left()), request.read_timeout),
        ) as response:
            body = _read(response, line.deadline)
            if line.was_cut:
                raise requests.Timeout
            return response.status_code, dict(response.headers), body


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _headers(headers: dict[str, str]) -> dict[str, str]:
    """Uncompressed, so that the cap counts what is read; a connection that nobody else uses."""
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
    """A word for people. What may have arrived is not read from it: `is_established` alone says that."""
    is_timeout = isinstance(failure, requests.Timeout) or line.was_cut
    if line.is_established:
        return "TimedOut" if is_timeout else "ConnectionLost"
    if is_timeout:
        return "ConnectTimedOut"
    if isinstance(failure, requests.exceptions.SSLError):
        return "TlsFailed"
    return "NameNotFound" if "resol" in repr(failure).lower() else "ConnectionRefused"
