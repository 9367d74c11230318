"""A part of a test as a process of its own: forked, so that it costs little, and killed as it comes."""

import json
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

from flask import Flask
from sqlalchemy import Engine, event

from portal.core import failpoints
from portal.extensions import db
from portal.worker.loop import Worker
from tests.children import ends_with_parent

PATIENCE = 60
Tell = Callable[[object], None]


class Process:
    """Runs `act(tell)` with the app, but with connections and a provider of its own. Leads its process group."""

    def __init__(self, app: Flask, act: Callable[[Tell], object]):
        with app.app_context():
            db.session.remove()
            db.engine.dispose()  # a connection must not be in two processes
        self._reading, writing = os.pipe()
        end_with_parent = ends_with_parent()
        self.pid = _fork()
        if self.pid == 0:
            end_with_parent()
            os.close(self._reading)
            _live(app, act, writing)
        os.close(writing)
        self._status: int | None = None
        self._said = b""

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def wait(self, within: float = PATIENCE) -> int:
        """Until it has ended. The exit code; the negative number of the signal that killed it."""
        deadline = time.monotonic() + within
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                deadline += PATIENCE
            else:
                time.sleep(0.002)
        while more := os.read(self._reading, 65536):
            self._said += more
        return self._status

    def hear(self) -> object:
        """The next thing that it tells; EOFError if it ends before that."""
        while b"\n" not in self._said:
            more = os.read(self._reading, 65536)
            if not more:
                raise EOFError
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return json.loads(line)

    def told(self) -> list:
        """All that it told and nobody heard, once it has ended."""
        self.wait()
        lines = self._said.split(b"\n")[:-1]  # what was cut off by the end was not told
        self._said = b""
        return [json.loads(line) for line in lines]

    def result(self) -> object:
        """What `act` returned."""
        told = self.told()
        assert self.wait() == 0, f"the process ended with {self.wait()}; it told {told}"
        return told[-1]


@contextmanager
def worker_beside(app: Flask) -> Iterator[None]:
    """Works until the block ends; then it brings what it has begun to its end, as workers do that are asked to stop.

    Were it killed, a purchase that it had only just begun would rightly end as not executed.
    """

    def live(_tell: Tell) -> None:
        worker = Worker(app)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run()

    with Process(app, live) as process:
        yield
        os.kill(process.pid, signal.SIGTERM)
        code = process.wait()
    assert code in (0, -signal.SIGTERM), f"the worker ended with {code}"


def dies_at(point: str, passes: int = 1) -> Callable[[str], None]:
    """A listener: SIGKILL in the moment in which the point is passed for so many times."""
    left = [passes]

    def listener(reached: str) -> None:
        if reached == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(PATIENCE)

    return listener


def killed_at(app: Flask, point: str, act: Callable[[], object], passes: int = 1) -> None:
    """Somebody does this, and is killed at that point."""

    def until_killed(tell: Tell) -> None:
        with failpoints.listen(dies_at(point, passes)):
            act()

    with Process(app, until_killed) as process:
        code = process.wait()
    assert code == -signal.SIGKILL, f"“{point}” was never reached: it ended with {code}"


def statements(app: Flask, act: Callable[[], object]) -> int:
    """How often that speaks to the database, commits counted."""

    def live(_tell: Tell) -> int:
        said = count()
        _listen(lambda: next(said))
        act()
        return next(said)

    with Process(app, live) as process:
        return process.result()


def killed_at_statement(app: Flask, number: int, act: Callable[[], object]) -> bool:
    """Somebody does this, and is killed when the database is to hear the statement or commit of that number.

    False if there were fewer.
    """

    def live(_tell: Tell) -> None:
        said = count()
        _listen(lambda: next(said) == number and os.kill(os.getpid(), signal.SIGKILL))
        act()

    with Process(app, live) as process:
        code = process.wait()
    assert code in (0, -signal.SIGKILL), f"it ended with {code}"
    return code != 0


def _listen(act: Callable[[], object]) -> None:
    """In a process that ends soon: nobody stops listening."""
    event.listen(Engine, "before_cursor_execute", lambda *_: act())
    event.listen(Engine, "commit", lambda *_: act())


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are the test runner's, and only wait
        return os.fork()


def _live(app: Flask, act: Callable[[Tell], object], writing: int) -> None:
    def tell(what: object) -> None:
        os.write(writing, json.dumps(what).encode() + b"\n")

    try:
        os.setpgid(0, 0)
        app.extensions.pop("bittitan", None)
        tell(act(tell))
        os._exit(0)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(1)
