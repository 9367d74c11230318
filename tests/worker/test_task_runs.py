"""How a recurring task ran last stands in its row."""

from datetime import timedelta

from sqlalchemy import select, update

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Job, JobKind, TaskRun
from portal.services import jobs
from portal.worker import batch, loop

SECRET = "smtp://user:hunter2@mail.example"


def run(act) -> TaskRun:
    """One step of the clean-up, as the worker takes it."""
    with transaction():
        jobs.schedule(JobKind.CLEANUP, 0, clock.now())
    (claim,) = jobs.claim(1)
    jobs.finish_and_claim([loop._taken(batch.Task(claim, lambda: jobs.Done(claim, act())))], 0)
    return db.session.scalar(select(TaskRun).where(TaskRun.task == "tidy"), execution_options={"populate_existing": 1})


def in_an_hour():
    return clock.now() + timedelta(hours=1)


def fail():
    raise RuntimeError(SECRET)


def test_a_failure_is_told_without_what_the_exception_says_and_the_first_of_a_row_stands(app_context):
    well = run(in_an_hour)
    assert (well.fault, well.failing_since) == (None, None)

    failed = run(fail)
    first = failed.failing_since
    assert failed.fault == "It ended unexpectedly (RuntimeError). The log says more."
    assert first == failed.started_at > well.started_at - timedelta(seconds=1)
    _age(minutes=2)
    again = run(fail)
    assert again.started_at > first == again.failing_since

    well_again = run(in_an_hour)
    assert (well_again.fault, well_again.failing_since) == (None, None)
    assert well_again.started_at <= well_again.ended_at


def test_a_task_that_runs_every_few_seconds_is_written_once_a_minute(app_context):
    first = run(in_an_hour).ended_at
    assert run(in_an_hour).ended_at == first
    _age(minutes=2)
    assert run(in_an_hour).ended_at >= first


def test_jobs_with_a_subject_leave_no_row(app_context):
    with transaction():
        jobs.schedule(JobKind.CLEANUP, 7, clock.now())
    (claim,) = jobs.claim(1)
    jobs.finish_and_claim([loop._taken(batch.Task(claim, lambda: jobs.Done(claim)))], 0)
    assert db.session.scalar(select(TaskRun)) is None
    assert db.session.scalar(select(Job)) is None


def _age(**by) -> None:
    with transaction():
        db.session.execute(update(TaskRun).values(ended_at=clock.now() - timedelta(**by)))
