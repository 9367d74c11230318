"""Writes bytes past the server's own framing, for answers that no well-behaved server would give."""

import errno
import json
import socket
import struct
from dataclasses import dataclass
from http.client import responses
from typing import Any, NoReturn

from ..messages import Answer


class Dropped(ConnectionResetError):
    """Ends a call without an answer. Gunicorn treats it as a client that disconnected, and closes the connection."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "dropped on purpose")


def encoded(answer: Answer) -> bytes:
    return json.dumps(answer.body).encode()


@dataclass(frozen=True)
class RawConnection:
    environ: dict[str, Any]
    request_id: str

    def head(self, status: int, headers: dict[str, str]) -> bytes:
        fixed = {"Content-Type": "application/json", "X-Request-Id": self.request_id, "Connection": "close"}
        lines = [f"{name}: {value}" for name, value in (fixed | headers).items()]
        return "\r\n".join([f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}", *lines, "", ""]).encode("latin-1")

    def write(self, data: bytes) -> None:
        self.environ["gunicorn.socket"].sendall(data)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> NoReturn:
        self.write(self.head(status, headers) + body)
        raise Dropped

    def drop(self, *, reset: bool = False) -> NoReturn:
        if reset:
            connection = self.environ["gunicorn.socket"]
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        raise Dropped
