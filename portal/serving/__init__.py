"""Serves the portal: gunicorn manages the processes, waitress the connections.

Each of gunicorn's own threads reads its request from the socket and writes the answer to it. So a client that sends
half a request or reads no answer occupies a thread as long as it likes (no setting limits that), and eight such clients
block the portal. Here one loop in each process reads requests and sends answers. A thread gets only a complete request,
and is free again once the answer is in memory or, if long, in an unnamed file. Stuck connections are closed.
"""

import os
import resource
import time
from datetime import timedelta
from types import SimpleNamespace

from gunicorn.sock import UnixSocket
from gunicorn.workers.base import Worker as Process
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import queue_logger

from portal import side_process
from portal.services.imports import MOST_BYTES
from portal.serving.connection import HEAD_WITHIN, Connection, Logged
from portal.web.security import headers
from portal.web.security.request_limits import FRAME

MOST_HEAD = 32 * 1024
IN_MEMORY = 256 * 1024
"""Bytes of a body, or of an unsent answer, that are kept in memory; more than that goes into a file."""
MOST_WAITING = 256 * 1024 * 1024
"""Bytes of an unsent answer; beyond them its thread waits for the client."""


class _Server:
    """One for each address. `process` is set before it accepts connections."""

    channel_class = Connection

    def handle_accept(self) -> None:
        super().handle_accept()
        if (
            len(self.active_channels) > self.process.most
        ):  # afterwards, so that the new one does not get the old one's file descriptor
            self._make_room()

    def maintenance(self, now: float) -> None:
        for connection in list(self.active_channels.values()):
            if connection.is_overdue(now):
                connection.give_up()

    def _make_room(self) -> None:
        """Closes the connection that has been idle longest."""
        idle = [connection for connection in self.active_channels.values() if not connection.requests]
        if idle:
            min(idle, key=lambda connection: connection.waits_since).handle_close()


class _Tcp(_Server, TcpWSGIServer):
    pass


class _Unix(_Server, UnixWSGIServer):
    pass


class Worker(Process):
    """`gunicorn --worker-class portal.serving.Worker`, with its `--threads`, `--worker-connections`, `--keep-alive`."""

    servers: list[_Server] = []

    def run(self) -> None:
        side_process.start()
        self.headers = headers.of_every_answer(self.wsgi.config["PORTAL"])
        self.most = min(self.cfg.worker_connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        queue_logger.setLevel("ERROR")  # it warns about each request that waits for a moment
        self.sockets_by_number, threads = {}, ThreadedTaskDispatcher()
        threads.set_thread_count(self.cfg.threads)
        self.servers = [self._serve(listener, threads) for listener in self.sockets]
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._come_to_an_end()
        threads.shutdown(timeout=1)

    def handle_exit(self, sig, frame) -> None:
        super().handle_exit(sig, frame)
        self._wake_up()

    def note(self, task: Logged, took: timedelta) -> None:
        request, peer = task.request, task.channel.addr
        environ = getattr(task, "environ", None) or {
            "REMOTE_ADDR": peer[0],
            "REQUEST_METHOD": getattr(request, "command", "-"),
            "PATH_INFO": getattr(request, "path", "-"),
            "SERVER_PROTOCOL": "-",
        }
        environ = {"RAW_URI": environ.get("REQUEST_URI", "-"), **environ}
        answer = SimpleNamespace(status=task.status, headers=task.response_headers, sent=task.sent)
        self.log.access(answer, request, environ, took)
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
            self._wake_up()

    def _serve(self, listener, threads: ThreadedTaskDispatcher) -> _Server:
        adjustments = Adjustments(
            sockets=[listener.sock],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            channel_timeout=self.cfg.keepalive or HEAD_WITHIN,
            cleanup_interval=1,
            connection_limit=2 * self.most,
            max_request_header_size=MOST_HEAD,
            max_request_body_size=MOST_BYTES + FRAME + 1,
            inbuf_overflow=IN_MEMORY,
            outbuf_overflow=IN_MEMORY,
            outbuf_high_watermark=MOST_WAITING,
            channel_request_lookahead=0,
            clear_untrusted_proxy_headers=False,  # TRUSTED_PROXIES decides that
            log_socket_errors=False,  # clients that disconnect are normal
            server_name="unknown.invalid",
            ident=None,
        )
        sock, kind = listener.sock, _Unix if isinstance(listener, UnixSocket) else _Tcp
        server = kind(
            self.wsgi, self.sockets_by_number, _start=False, _sock=sock, dispatcher=threads, adj=adjustments,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()), bind_socket=False,
        )  # fmt: skip
        server.process = self
        server.accept_connections()
        return server

    def _turn(self) -> None:
        self.notify()
        wasyncore.loop(timeout=1, use_poll=True, map=self.sockets_by_number, count=1)

    def _come_to_an_end(self) -> None:
        """Accepts no new connections; open requests have the graceful timeout to finish."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        for server in self.servers:
            server.del_channel()
        while time.monotonic() < deadline and (remaining := self._connections()):
            for connection in remaining:
                if not (connection.requests or connection.request or connection.total_outbufs_len):
                    connection.close_if_silent()
            self._turn()

    def _connections(self) -> list[Connection]:
        return [connection for server in self.servers for connection in server.active_channels.values()]

    def _wake_up(self) -> None:
        for server in self.servers[:1]:
            server.pull_trigger()
