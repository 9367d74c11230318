"""The process that does the work: threads that claim due items, and a heartbeat. Any number of them may run."""

import logging
import os
import platform
import threading
import time
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from flask import Flask

from portal.extensions import db, settings
from portal.models import Worker as Heartbeat
from portal.providers.base import SignedIn
from portal.services import bittitan, clock, unit, work
from portal.services.provisioning import breaker, freezing
from portal.services.work import steps

log = logging.getLogger(__name__)

IDLE = 0.25
"""Seconds between two looks into an empty queue."""
BEAT = 10
GREETING = 10
"""Seconds in which BitTitan may still be starting beside us."""
JUMP = 5
"""Seconds by which the clock may differ from the monotonic one between two beats."""


def run_due() -> int:
    """Does all that is due now, in this thread. Returns how many steps that took."""
    taken, done = 0, []
    while claims := work.turn(done, 1):
        done = [_step(claims[0])]
        taken += 1
    return taken


class Worker:
    def __init__(self, app: Flask):
        self._app = app
        self._id = f"{platform.node()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._stopping, self._news = threading.Event(), threading.Event()
        with app.app_context():
            self._threads = settings().worker_threads
        self._running: set[Future] = set()
        self._done: deque[work.Done] = deque()
        self._last: tuple[datetime, float] | None = None

    def stop(self) -> None:
        """Claims nothing more; steps under way come to their end."""
        self._stopping.set()

    def run(self) -> None:
        self._guarded(freezing.watch)
        self._guarded(self._schedule)
        self._guarded(self._greet)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="step") as pool:
            next_beat = 0.0
            while not self._stopping.is_set():
                if time.monotonic() >= next_beat:
                    self._guarded(self._beat)
                    next_beat = time.monotonic() + BEAT
                self._news.clear()
                if not self._guarded(lambda: self._turn(pool)):
                    self._news.wait(IDLE)
        self._guarded(lambda: work.turn(list(self._done), 0))
        self._guarded(self._leave)

    def _schedule(self) -> None:
        for kind, first in steps.DAILY.items():
            work.ensure(kind, clock.now() + first)

    def _greet(self) -> None:
        """Signs in before anything is sent: started together with BitTitan, the first purchases would only fail.

        A sign-in that is refused, or put off, is not repeated here: accounts are locked for that.
        """
        until = time.monotonic() + GREETING
        while not self._stopping.is_set() and time.monotonic() < until:
            answer = bittitan.provider().sign_in()
            if isinstance(answer, SignedIn) or answer.needs_person or answer.pause is not None:
                return
            self._stopping.wait(IDLE)

    def _turn(self, pool: ThreadPoolExecutor) -> int:
        """Claims no more than there are free threads: a lease must not run out in a queue."""
        self._running = {step for step in self._running if not step.done()}
        done = list(self._done)
        claims = work.turn(done, self._threads - len(self._running))
        for _ in done:  # only now that it is committed; until then it is tried again
            self._done.popleft()
        for claim in claims:
            step = pool.submit(self._guarded, lambda claim=claim: self._done.append(_step(claim)))
            self._running.add(step)
            step.add_done_callback(lambda _: self._news.set())
        return len(claims) + len(done)

    def _guarded(self, act):
        """In a context of its own. A database that is away for a while must not end the worker."""
        try:
            with self._app.app_context():
                return act()
        except Exception:
            log.exception("the worker goes on after an unexpected fault")
            self._stopping.wait(1)
            return 0

    def _beat(self) -> None:
        with unit.writing():
            now, tick = clock.now(), time.monotonic()
            row = db.session.get(Heartbeat, self._id, populate_existing=True)
            if row is None:
                row = Heartbeat(id=self._id, started_at=now)
                db.session.add(row)
            row.seen_at = now
            if self._last is not None:
                passed = (now - self._last[0]).total_seconds()
                if abs(passed - (tick - self._last[1])) > JUMP:
                    breaker.doubt_the_clock(now)
            self._last = now, tick
        freezing.watch()

    def _leave(self) -> None:
        with unit.writing():
            row = db.session.get(Heartbeat, self._id)
            if row is not None:
                db.session.delete(row)


def _step(claim: work.Claim) -> work.Done:
    try:
        return work.Done(claim, steps.take(claim))
    except Exception:
        log.exception("%s %s could not be taken further", claim.kind.value, claim.subject_id)
        return work.Done(claim, has_failed=True)
