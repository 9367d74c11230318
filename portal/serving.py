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
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error, queue_logger

from portal import request_framing
from portal.services.imports import MOST_BYTES
from portal.web.security import headers
from portal.web.security.request_limits import FRAME, USUAL

HEAD_WITHIN = 10
"""Seconds from a request's first byte to the end of its head."""
BODY_WITHIN = 20
"""Seconds for its body, plus one for each BODY_RATE bytes received, so that a slow client may finish."""
BODY_RATE = 2000
TAKEN_WITHIN = 60
"""Seconds in which a client may read nothing of the answer."""
MOST_HEAD = 32 * 1024
MOST_CONTROL = 8 * 1024  # bytes between two chunks of a body
MOST_LARGE, LARGE_RATE = 4, 100_000
"""The number of large uploads at a time in a process, so that strangers cannot fill the disk. An upload slower than
LARGE_RATE bytes a second is given up if another one needs its place."""
A_MOMENT = 0.01  # seconds that the loop waits for a thread that is sending
MOST_AHEAD = 16
"""Requests that a connection may send before the first is answered; browsers never do that."""
IN_MEMORY = 256 * 1024
"""Bytes of a body, or of an unsent answer, that are kept in memory; more than that goes into a file."""
MOST_WAITING = 256 * 1024 * 1024
"""Bytes of an unsent answer; beyond them its thread waits for the client."""

_SENTENCES = {
    400: "The request is no valid HTTP.",
    408: "The request did not come to its end in time.",
    413: "Nothing was changed. Send less, or a smaller file.",
    431: "The head of the request is too large.",
    501: "The request is encoded in a way that the portal does not know.",
    503: "Several files are on their way to the portal already. Try again in a minute.",
}


class _Refusal(Error):
    def __init__(self, code: int, reason: str):
        super().__init__("")
        self.code, self.reason = code, reason


class _Logged:
    """A task that writes its line to gunicorn's access log."""

    sent = 0

    def service(self) -> None:
        began = time.monotonic()
        try:
            super().service()
        finally:
            self.channel.server.process.note(self, timedelta(seconds=time.monotonic() - began))

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        super().write(data)


class _Answer(_Logged, WSGITask):
    pass


class _Refused(_Logged, ErrorTask):
    """Answers a request that never reaches the portal with a fixed sentence and the headers of any other answer."""

    def execute(self) -> None:
        error = self.request.error
        body = f"{_SENTENCES.get(error.code, 'That did not work.')}\n".encode()
        self.status, self.content_length = f"{error.code} {error.reason}", len(body)
        self.response_headers += [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        self.response_headers += self.channel.server.process.headers.items()
        self.set_close_on_finish()
        self.write(body)


class _Connection(HTTPChannel):
    """A connection. All methods except `service` run in the loop."""

    task_class, error_task_class, parser_class = _Answer, _Refused, request_framing.Request
    is_admitted = False
    """A large upload is under way and counts as one of MOST_LARGE."""

    def __init__(self, *arguments, **options):
        self.waits_since = time.time()
        super().__init__(*arguments, **options)

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.waits_since, self.is_admitted = time.time(), False
        is_taken = super().received(data)
        if len(self.requests) > MOST_AHEAD:
            self.handle_close()
        elif self.request is not None and self.request.headers_finished and not self.requests:
            self._bound()
        return is_taken

    def service(self) -> None:
        super().service()
        self.waits_since = time.time()

    def is_overdue(self, now: float) -> bool:
        request = self.request
        if self.total_outbufs_len:
            return now > self.last_activity + TAKEN_WITHIN
        if self.requests:
            return False
        if request is None:
            return now > self.waits_since + self.adj.channel_timeout
        if not request.headers_finished:
            return now > self.waits_since + HEAD_WITHIN
        return now > self.waits_since + BODY_WITHIN + request.body_bytes_received / BODY_RATE

    def give_up(self) -> None:
        if self.request is not None and not self.total_outbufs_len:
            self.refuse(408, "Request Timeout")
        else:
            self.handle_close()

    def refuse(self, code: int, reason: str) -> None:
        request, self.request, self.is_admitted = self.request, None, False
        request.error = _Refusal(code, reason)
        try:
            _Refused(self, request).service()
        except ClientDisconnected:
            pass
        finally:
            request.close()
            self.close_when_flushed = True

    def _flush_some_if_lockable(self, do_close: bool = True) -> None:
        """Waits for the lock. Waitress would retry in a busy loop, and so slow down the thread that holds it."""
        if self.outbuf_lock.acquire(timeout=A_MOMENT):
            try:
                super()._flush_some_if_lockable(do_close)
            finally:
                self.outbuf_lock.release()

    def _bound(self) -> None:
        request = self.request
        if request.chunked:
            body = request.body_rcv
            if max(len(body.control_line), len(body.trailer)) > MOST_CONTROL:
                self.refuse(400, "Bad Request")
            elif request.body_bytes_received > USUAL:
                self.refuse(413, "Content Too Large")
        elif request.content_length > USUAL and not self.is_admitted:
            others = [channel for channel in self.server.active_channels.values() if channel.is_admitted]
            if len(others) >= MOST_LARGE:
                slowest = max(others, key=_Connection.seconds_behind)
                if slowest.seconds_behind() <= 0:
                    return self.refuse(503, "Service Unavailable")
                slowest.give_up()
            self.is_admitted = True

    def seconds_behind(self) -> float:
        received = float("inf") if self.request is None else self.request.body_bytes_received
        return time.time() - self.waits_since - received / LARGE_RATE


class _Server:
    """One for each address. `process` is set before it accepts connections."""

    channel_class = _Connection

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

    def note(self, task: _Logged, took: timedelta) -> None:
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
                    connection.handle_close()
            self._turn()

    def _connections(self) -> list[_Connection]:
        return [connection for server in self.servers for connection in server.active_channels.values()]

    def _wake_up(self) -> None:
        for server in self.servers[:1]:
            server.pull_trigger()
