"""The worker process: threads that claim due jobs, and a heartbeat. Any number of workers may run."""

import logging
import os
import platform
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial

from flask import Flask

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Connection, JobKind, Lane
from portal.models import Worker as Heartbeat
from portal.providers.base import SignedIn
from portal.services import jobs, recurring_tasks, vendor, vendor_settings, watchdog
from portal.services.jobs import Rooms, task_runs
from portal.services.provisioning import purchase_errors
from portal.services.recurring_tasks.registry import FIRST_AFTER
from portal.services.restore_guard import freeze
from portal.services.vendor import breaker, clock_check
from portal.worker import batch

log = logging.getLogger(__name__)

IDLE = 0.25
"""Seconds between two looks into an empty queue."""
GATHER = 0.020
"""Seconds to wait for others who can share the next commit. With 5 ms a purchase costs 4.0 ms of the processor’s time,
with 20 ms 3.1, and a worker still buys 150 a second."""
BEAT = 10
BESIDE = {Lane.REQUESTS: 4, Lane.MAIL: 1}
"""Threads in addition to WORKER_THREADS. For what people wait for on a page few, as each may wait for a silent
BitTitan."""
GREETING = 10
"""Seconds that BitTitan may need to start, if it is started together with the worker."""
WATCH_PART = 20
"""Looking for stuck work takes at most a twentieth of the time, however much is pending."""
JUMP = 5
"""Seconds by which the clock may differ from the monotonic one between two beats."""


def run_due() -> int:
    """Does everything that is due now, in this thread. Returns the number of steps."""
    taken, done = 0, []
    while claims := jobs.finish_and_claim(done, 1, dict.fromkeys(BESIDE, 1)):
        done = [_taken(batch.handler_task(claim)) for claim in claims]
        taken += len(claims)
    purchase_errors.write()
    return taken


class Worker:
    def __init__(self, app: Flask):
        self._app = app
        self._id = f"{platform.node()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._stopping, self._called = threading.Event(), threading.Event()
        with app.app_context():
            self._threads = settings().worker_threads
        self._busy: Counter[Lane] = Counter()
        """Jobs that are in a thread or whose news is not written yet."""
        self._news: deque[batch.Result] = deque()
        self._last: tuple[datetime, float] | None = None

    def stop(self) -> None:
        """Claims nothing more; steps that are running finish."""
        self._stopping.set()

    def run(self) -> None:
        self._guarded(freeze.watch)
        self._guarded(self._schedule)
        self._guarded(self._note_server)
        self._guarded(self._greet)
        with ThreadPoolExecutor(self._threads + sum(BESIDE.values()), thread_name_prefix="step") as pool:
            next_beat = next_watch = 0.0
            while not self._stopping.is_set():
                if time.monotonic() >= next_beat:
                    self._guarded(self._beat)
                    next_beat = time.monotonic() + BEAT
                if time.monotonic() >= next_watch:
                    began = time.monotonic()
                    self._guarded(watchdog.watch)
                    self._guarded(recurring_tasks.watch)
                    next_watch = began + max(watchdog.EVERY.total_seconds(), WATCH_PART * (time.monotonic() - began))
                self._called.clear()
                if not self._guarded(lambda: self._round(pool)):
                    self._called.wait(IDLE)
                time.sleep(GATHER)
        while self._news and self._guarded(self._round):
            pass
        self._guarded(self._leave)

    def _schedule(self) -> None:
        for kind, first in FIRST_AFTER.items():
            jobs.ensure(kind, clock.now() + first)

    def _note_server(self) -> None:
        with transaction():
            vendor_settings.note_server(lock(Connection, 1), clock.now())

    def _greet(self) -> None:
        """Signs in before anything is sent: if BitTitan is just starting, the first purchases would only fail.

        A sign-in that was refused or postponed is not repeated here, as that would lock the account.
        """
        vendor.seller_id()
        db.session.commit()  # hold no transaction while BitTitan is asked
        until = time.monotonic() + GREETING
        while not self._stopping.is_set() and time.monotonic() < until:
            answer = vendor.provider().sign_in()
            if isinstance(answer, SignedIn) or answer.needs_person or answer.pause is not None:
                return
            self._stopping.wait(IDLE)

    def _round(self, pool: Executor | None = None) -> int:
        """Hands out only as many tasks as there are free threads: a lease must not run out in a queue. Without a pool,
        only finishes what is left, in this thread."""
        news = list(self._news)
        busy, threads = self._busy - _lanes(news), {Lane.WORK: self._threads, **BESIDE}
        rooms = {lane: number - busy[lane] if pool else 0 for lane, number in threads.items()}
        free = rooms.pop(Lane.WORK)
        try:
            done = batch.run(news, free, rooms)
        except Exception:
            purchase_errors.note(purchase_errors.SHARED, "each of a round is taken further alone")
            news, done = self._alone(news, free, rooms)
        for each in news:  # only after the commit: until then they are tried again
            self._news.remove(each)
        self._busy = self._busy - _lanes(news) + _lanes(done.tasks)
        actions = [partial(self._take, task) for task in done.tasks]
        if done.is_news:
            actions.append(partial(self._guarded, lambda: jobs.wake_attempts(clock.now())))
        for action in actions:
            pool.submit(action) if pool else action()
        return len(done.tasks) + len(news)

    def _alone(self, news: list[batch.Result], free: int, others: Rooms) -> tuple[list[batch.Result], batch.Round]:
        """BitTitan's answers come first: they exist only in this process."""
        answers = batch.answers_of(news)
        if answers:
            return answers, batch.Round([batch.record_task(each) for each in answers])
        return news, batch.Round([batch.handler_task(claim) for claim in jobs.finish_and_claim(news, free, others)])

    def _take(self, task: batch.Task) -> None:
        with self._app.app_context():
            self._news.append(_taken(task))
        self._called.set()

    def _guarded(self, act):
        """Runs `act` in its own app context and logs exceptions: a database that is away for a while must not end the
        worker."""
        try:
            with self._app.app_context():
                return act()
        except Exception:
            log.exception("the worker goes on after an unexpected fault")
            self._stopping.wait(1)
            return 0

    def _beat(self) -> None:
        with transaction():
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
            clock_check.check(now)
        freeze.watch()
        purchase_errors.write()

    def _leave(self) -> None:
        purchase_errors.write()
        with transaction():
            row = db.session.get(Heartbeat, self._id)
            if row is not None:
                db.session.delete(row)


def _lanes(items: Sequence[batch.Result | batch.Task]) -> Counter[Lane]:
    return Counter(each.claim.kind.lane for each in items)


def _taken(task: batch.Task) -> batch.Result:
    began_at = None
    try:
        began_at = clock.now() if task.claim.is_recurring else None
        result = task.act()
    except Exception as error:
        sentence = f"{task.claim.kind.value} {task.claim.subject_id} could not be taken further"
        if task.claim.kind is JobKind.ADVANCE:
            purchase_errors.note(purchase_errors.SINGLE, sentence)
        else:
            log.exception(sentence)
        return jobs.Done(task.claim, has_failed=True, fault=task_runs.fault_of(error), began_at=began_at)
    return replace(result, began_at=began_at) if began_at else result
