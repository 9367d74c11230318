"""A process beside each web process and each worker, for work whose libraries they should not carry.

It is forked before they have threads, and takes no memory until there is work. Then it forks once more: that child
loads what it needs, does what comes, one call at a time, and ends after a minute without work. Without `start`, as in
most commands, the work is done by whoever asks.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

log = logging.getLogger(__name__)

IDLE = 60
LONGEST = 60
"""Seconds that a caller waits."""
_OVER = 3
"""A child says so when nobody can ask any more."""
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""Who is told to end still finishes its work; then the pipe is closed."""
Result = TypeVar("Result")


class _SideProcess:
    def __init__(self):
        self._lock, self._number = threading.Lock(), 0
        self._pipe, other = Pipe()
        if os.fork() == 0:
            self._pipe.close()
            _wait(other)
        other.close()

    def call(self, act: Callable[..., Any], arguments: tuple) -> Any:
        with self._lock:
            self._number += 1
            self._pipe.send((self._number, act, arguments))
            while self._pipe.poll(LONGEST):
                number, is_done, answer = self._pipe.recv()
                if number == self._number:  # not an answer that came too late for the call before
                    break
            else:
                raise TimeoutError(f"no answer within {LONGEST} seconds")
        if not is_done:
            raise answer
        return answer


_running: list[_SideProcess] = []


def start() -> None:
    """Before this process has threads."""
    _running[:] = [_SideProcess()]


def call(act: Callable[..., Result], *arguments: object) -> Result:
    """The result of `act(*arguments)`, or its exception. All of them are sent between processes."""
    process = next(iter(_running), None)
    if process is None:
        return act(*arguments)
    try:
        return process.call(act, arguments)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        log.exception("the side process is gone: from now on, this process does its work")
        _running.clear()
        return act(*arguments)


def _wait(pipe: Connection) -> None:
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pipe.poll(None)
        child = os.fork()
        if child == 0:
            _work(pipe)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == _OVER:
            os._exit(0)


def _work(pipe: Connection) -> None:
    try:
        while pipe.poll(IDLE):
            number, act, arguments = pipe.recv()
            pipe.send((number, *_outcome(act, arguments)))
        os._exit(0)
    except (EOFError, OSError):
        os._exit(_OVER)
    except BaseException:
        log.exception("the side process could not answer")
        os._exit(1)


def _outcome(act: Callable[..., Any], arguments: tuple) -> tuple[bool, Any]:
    try:
        return True, act(*arguments)
    except Exception as wrong:
        return False, wrong
