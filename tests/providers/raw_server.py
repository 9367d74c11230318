"""A vendor at its worst: plays bytes on a raw socket and writes down what it was sent."""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

SELLER = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1aaa"
Play = Callable[[socket.socket], None]


class RawServer:
    """Signs everybody in as the contract says; every other request meets `play`."""

    def __init__(self, play: Play | None = None):
        self.play = play or (lambda connection: None)
        self.ticket = sign_in()
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "RawServer":
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sent(self, line: str) -> list[bytes]:
        """The requests that began with this line."""
        return [request for request in self.requests if request.startswith(line.encode())]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ssl.SSLError):
            connection.settimeout(5)
            request = _read(connection)
            self.requests.append(request)
            if request.startswith(b"POST /v1/tickets "):
                connection.sendall(answer(201, self.ticket))
            else:
                self.play(connection)


def _read(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        more = connection.recv(65536)
        if not more:
            return request
        request += more
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def sign_in(organization_id: str = SELLER) -> bytes:
    ticket = {"Ticket": "t-1", "ExpirationDate": "2099-01-01T00:00:00Z", "OrganizationId": organization_id}
    return json.dumps(ticket).encode()


def answer(
    status: int, body: bytes, *, length: int | None = None, kind: str = "application/json", more: str = ""
) -> bytes:
    length = len(body) if length is None else length
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n"
    return head.encode("latin-1") + body


def says(data: bytes) -> Play:
    return lambda connection: connection.sendall(data)


def drips(data: bytes, every: float) -> Play:
    def play(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return play


def resets(after: bytes = b"") -> Play:
    def play(connection: socket.socket) -> None:
        connection.sendall(after)
        time.sleep(0.02 if after else 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return play


def silent(seconds: float) -> Play:
    return lambda connection: time.sleep(seconds)


def floods(pieces: Iterable[bytes]) -> Play:
    def play(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return play
