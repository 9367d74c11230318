"""A browser as far as measuring needs one: cookies, forms, and a new connection for each request."""

import time
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from bench.forms import Forms


@dataclass(frozen=True)
class Answer:
    status: int
    location: str | None
    body: bytes
    seconds: float
    first_byte: float


class Browser:
    def __init__(self, port: int):
        self._port = port
        self._cookies: dict[str, str] = {}

    def get(self, path: str, *, keep: bool = True) -> Answer:
        return self._ask("GET", path, keep=keep)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(fields).encode())

    def submit(self, path: str, **typed: str) -> Answer:
        """The first form of that page which has these fields, its hidden ones included."""
        return self.post(*self.form(path, **typed))

    def form(self, path: str, **typed: str) -> tuple[str, dict[str, str]]:
        action, fields = Forms.of(self.get(path).body.decode(), **typed)
        return action or path, fields

    def _ask(self, method: str, path: str, body: bytes | None = None, *, keep: bool = True) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", self._port, timeout=600)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        first = answer.read(1)
        first_byte = time.perf_counter() - begun
        content = first + answer.read() if keep else _drained(answer)
        seconds = time.perf_counter() - begun
        connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        location = answer.headers.get("Location")
        return Answer(answer.status, location and urlsplit(location).path, content, seconds, first_byte)


def _drained(answer) -> bytes:
    while answer.read(1 << 20):
        pass
    return b""
