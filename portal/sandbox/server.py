import json
import os
import socket
import sys
import threading
from email.utils import formatdate
from typing import Any, NoReturn
from uuid import uuid4

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from . import times
from .app import SandboxApp
from .errors import Problem
from .settings import SandboxSettings
from .state import Sandbox
from .storage.sqlite import WARNING, sqlite3
from .storage.store import Store

UNAVAILABLE = 5
ENDING = 1
"""Seconds that open calls have to finish when a signal ends the sandbox."""


def _date(timestamp: float | None = None) -> str:
    """Returns the `Date` of each answer, by the sandbox's own clock."""
    return formatdate(times.now().timestamp() if timestamp is None else timestamp, usegmt=True)


util.http_date = _date  # gunicorn has no setting for another date


def serve(settings: SandboxSettings) -> NoReturn:
    """Serves until a signal ends it. If the port is taken or the file unusable, prints a sentence and exits with 5."""
    try:
        Store(settings.path).close()
    except (OSError, sqlite3.Error) as error:
        _give_up(f"The sandbox cannot use the file {settings.path}: {error}.")
    try:
        listener = _listener(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or error
        _give_up(f"The sandbox cannot listen on {settings.host} port {settings.port}: {reason}.")
    if WARNING:
        print(WARNING, file=sys.stderr, flush=True)  # noqa: T201
    _Server(settings, listener).run()
    raise SystemExit


def _listener(host: str, port: int) -> socket.socket:
    family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _give_up(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)  # noqa: T201
    raise SystemExit(UNAVAILABLE)


class _Worker(ThreadWorker):
    def handle(self, conn: Any) -> Any:
        """Returns False to close the connection before anything is read from it."""
        if not conn.initialized and self.wsgi.kills_at_accept():
            return False
        return super().handle(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Lets open calls finish, but does not wait for those that hang (a fault, a keep-alive connection)."""
        super().handle_exit(sig, frame)
        self._end_soon()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Ends at once. The timer ends the process even if the signal interrupted this thread while it held the pool's
        lock, which gunicorn's handler needs."""
        self._end_soon()
        super().handle_quit(sig, frame)

    @staticmethod
    def _end_soon() -> None:
        end = threading.Timer(ENDING, os._exit, (0,))
        end.daemon = True
        end.start()

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answers invalid HTTP with the contract's error document; gunicorn would answer with HTML."""
        request_id = str(uuid4())
        document = Problem("InvalidRequest", "This is not a valid HTTP request.").document(request_id)
        body = json.dumps(document)
        lines = [
            "HTTP/1.1 400 Bad Request",
            "Connection: close",
            "Content-Type: application/json",
            f"X-Request-Id: {request_id}",
            f"Content-Length: {len(body)}",
        ]
        try:
            util.write_nonblock(client, "\r\n".join([*lines, "", body]).encode())
        except OSError:
            self.log.debug("The client has gone.")


class _Server(BaseApplication):
    def __init__(self, settings: SandboxSettings, listener: socket.socket) -> None:
        self.settings = settings
        self.listener = listener
        super().__init__()

    def load_config(self) -> None:
        values = {
            "bind": f"fd://{self.listener.detach()}",
            "worker_class": _Worker,
            "workers": 1,
            "threads": self.settings.threads,
            "worker_connections": 1000,
            "timeout": 0,
            "graceful_timeout": ENDING * 8,  # the worker ends itself; this is for a machine that is very busy
            "loglevel": "error",
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "worker_exit": _leave,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> SandboxApp:
        return SandboxApp(Sandbox(self.settings))


def _leave(arbiter: Any, worker: Any) -> None:
    """Ends the process without waiting for calls that hang. All commits are on disk."""
    sys.stderr.flush()
    os._exit(0)
