"""The worker process from inside: threads, what they hand back, and how it ends."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Job, JobKind
from portal.models import Worker as Heartbeat
from portal.services import jobs
from portal.worker.loop import Worker

SOON = timedelta(seconds=5)


def put(*subjects: int) -> None:
    with transaction():
        for subject in subjects:
            jobs.schedule(JobKind.CLEANUP, subject, clock.now())


def test_what_was_done_goes_back_while_the_next_is_handed_out(app_context):
    put(1, 2, 3)
    first, second = jobs.finish_and_claim([], 2)

    (third,) = jobs.finish_and_claim([jobs.Done(first), jobs.Done(second, clock.now() + SOON)], 5)

    assert third.subject_id == 3
    left = {item.subject_id: item.lease_until for item in db.session.scalars(select(Job))}
    assert set(left) == {2, 3}
    assert left[2] is None


def test_what_broke_comes_again_later_each_time(app_context):
    put(1)
    (claim,) = jobs.finish_and_claim([], 1)

    assert jobs.finish_and_claim([jobs.Done(claim, has_failed=True)], 1) == []
    item = db.session.scalar(select(Job))
    assert (item.failures, item.lease_until) == (1, None)
    assert item.due_at > clock.now()


def test_what_somebody_else_holds_by_now_is_not_given_back(app_context):
    put(1)
    (claim,) = jobs.finish_and_claim([], 1)
    with transaction():
        jobs.schedule(JobKind.CLEANUP, 1, clock.now() + SOON)

    jobs.finish_and_claim([jobs.Done(claim)], 0)

    assert db.session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.fixture
def running(app, shop):
    worker = Worker(app)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join(30)


def test_more_steps_than_threads_are_all_done_and_each_once(app, shop, sandbox, running):
    for _ in range(3 * running._threads):
        shop.order()
    deadline = time.monotonic() + 60
    with app.app_context():
        while db.session.scalar(select(func.count()).where(Job.kind == JobKind.ADVANCE)):
            assert time.monotonic() < deadline
            db.session.commit()
            time.sleep(0.05)

    assert len(sandbox.control.purchases()) == 3 * running._threads


def test_it_leaves_nothing_held_behind(app, shop, sandbox):
    shop.order()
    worker = Worker(app)
    thread = threading.Thread(target=worker.run)
    thread.start()
    while not sandbox.control.purchases():
        time.sleep(0.02)
    worker.stop()
    thread.join(30)

    with app.app_context():
        assert db.session.scalars(select(Job).where(Job.lease_until.is_not(None))).all() == []
        assert db.session.scalars(select(Heartbeat)).all() == []
