"""A client's connection: what it may send and how slowly, and when it is closed."""

import socket
import time
from datetime import timedelta

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from portal import request_framing
from portal.web.security.request_limits import USUAL

HEAD_WITHIN = 10
"""Seconds from a request's first byte to the end of its head."""
BODY_WITHIN = 20
"""Seconds for its body, plus one for each BODY_RATE bytes received, so that a slow client may finish."""
BODY_RATE = 2000
TAKEN_WITHIN = 60
"""Seconds in which a client may read nothing of the answer."""
MOST_CONTROL = 8 * 1024  # bytes between two chunks of a body
MOST_LARGE, LARGE_RATE = 4, 100_000
"""The number of large uploads at a time in a process, so that strangers cannot fill the disk. An upload slower than
LARGE_RATE bytes a second is given up if another one needs its place."""
A_MOMENT = 0.01  # seconds that the loop waits for a thread that is sending
MOST_AHEAD = 16
"""Requests that a connection may send before the first is answered; browsers never do that."""

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


class Logged:
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


class _Answer(Logged, WSGITask):
    pass


class _Refused(Logged, ErrorTask):
    """Answers a request that never reaches the portal with a fixed sentence and the headers of any other answer."""

    def execute(self) -> None:
        error = self.request.error
        body = f"{_SENTENCES.get(error.code, 'That did not work.')}\n".encode()
        self.status, self.content_length = f"{error.code} {error.reason}", len(body)
        self.response_headers += [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        self.response_headers += self.channel.server.process.headers.items()
        self.set_close_on_finish()
        self.write(body)


class Connection(HTTPChannel):
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
        elif self.total_outbufs_len:
            self.handle_close()
        else:
            self.close_if_silent()

    def close_if_silent(self) -> None:
        """Unless a request waits in the socket. To close then would reset the connection: the client's page would lack
        a file, or its form would go unanswered.
        """
        try:
            has_arrived = bool(self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:  # nothing yet, or the client is gone
            has_arrived = False
        if not has_arrived:
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
                slowest = max(others, key=Connection.seconds_behind)
                if slowest.seconds_behind() <= 0:
                    return self.refuse(503, "Service Unavailable")
                slowest.give_up()
            self.is_admitted = True

    def seconds_behind(self) -> float:
        received = float("inf") if self.request is None else self.request.body_bytes_received
        return time.time() - self.waits_since - received / LARGE_RATE
