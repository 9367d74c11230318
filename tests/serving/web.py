"""The web process of the Procfile alone, and people who talk to it as slowly as they can."""

import socket
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from tests.e2e.portal_process import PortalProcess

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
LONG = b"GET /static/vendor/htmx.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALVES = {
    "nothing": b"",
    "a head without its end": HEAD,
    "half a head": HEAD + b"Cookie: ",
    "half a body": FORM + b"Content-Length: 1000\r\n\r\nemail=",
    "half a chunk": FORM + b"Transfer-Encoding: chunked\r\n\r\n100\r\nemail=",
    "an answer that nobody reads": 6 * LONG,
}


class WebProcess(PortalProcess):
    def __init__(self, database_url: str, folder: Path, *, program: str = "gunicorn", **env: str):
        super().__init__(database_url, folder, **env)
        self._program = program

    def __enter__(self) -> "WebProcess":
        try:
            self.start_web()
            self._wait_until(self._answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def command(self, name: str) -> str:
        return super().command(name).replace("python -m gunicorn", f"python -m {self._program}")

    def must_answer(self) -> None:
        """Long before it gives up those who keep it waiting."""
        assert requests.get(f"{self.url}/healthz", timeout=5).json() == {"status": "ok"}

    def ask(self, request: bytes) -> bytes:
        """The whole answer, until the server closes."""
        with self.connected() as connection:
            connection.sendall(request)
            return everything(connection)

    @contextmanager
    def connected(self, *, narrow: bool = False):
        """`narrow`: little of an answer fits into what the systems at both ends keep for those who read."""
        with socket.socket() as connection:
            if narrow:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", self.port))
            yield connection

    @contextmanager
    def waiting(self, number: int, half: bytes):
        with ExitStack() as stack:
            connections = [stack.enter_context(self.connected(narrow=half.startswith(LONG))) for _ in range(number)]
            for connection in connections:
                connection.sendall(half)
            yield connections


def everything(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"<reset>")
    return b"".join(parts)
