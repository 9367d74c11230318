"""What a task is, and how it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from flask_babel.speaklater import LazyString
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Connection, Job, JobKind, TaskRun


def never() -> None:
    return None


@dataclass(frozen=True)
class Run:
    started_at: datetime
    ended_at: datetime | None
    """None: it is under way."""
    fault: str | None = None
    """Why it failed, in a sentence."""
    subject_id: int | None = None
    """Of a run that has a page of its own."""


@dataclass(frozen=True)
class Standing:
    task: "Task"
    last: Run | None
    next_at: datetime | None
    is_late: bool
    is_running: bool = False
    off: str | None = None
    """Why it is switched off."""


@dataclass(frozen=True)
class Task:
    key: str
    """In /readyz and in addresses."""
    name: LazyString
    purpose: LazyString
    often: Callable[[], str]
    """Not to be asked if it is switched off."""
    allowed: timedelta
    """It is late when it is due, or has only failed, for longer than this."""
    look: "Callable[[Task, Records], Standing]"
    kind: JobKind | None = None
    first_after: timedelta | None = None
    """From a worker's first start until it is due."""
    why_off: Callable[[], str | None] = never
    is_told_elsewhere: bool = False
    """Another part raises the alert."""


@dataclass(frozen=True)
class Records:
    """What is on record about all of them."""

    now: datetime
    runs: dict[str, TaskRun]
    jobs: dict[JobKind, Job]
    connection: Connection | None

    @classmethod
    def read(cls) -> Self:
        fresh = {"populate_existing": True}
        runs = db.session.scalars(select(TaskRun), execution_options=fresh)
        recurring = db.session.scalars(select(Job).where(Job.subject_id == 0), execution_options=fresh)
        return cls(
            now=clock.now(),
            runs={run.task: run for run in runs},
            jobs={job.kind: job for job in recurring},
            connection=db.session.get(Connection, 1, populate_existing=True),
        )

    def last(self, key: str) -> Run | None:
        run = self.runs.get(key)
        return run and Run(run.started_at, run.ended_at, run.fault)

    def is_overdue(self, task: Task) -> bool:
        """Due for too long, or failing for too long."""
        run, job = self.runs.get(task.kind.value), self.jobs.get(task.kind)
        if job is None:
            return run is not None
        instants = (job.due_at, run and run.failing_since)
        return any(at is not None and at < self.now - task.allowed for at in instants)


def of_job(task: Task, records: Records) -> Standing:
    """Of a task that is a recurring job and nothing else."""
    job = records.jobs.get(task.kind)
    is_running = job is not None and job.lease_until is not None and job.lease_until > records.now
    last, due_at = records.last(task.kind.value), job and job.due_at
    return Standing(task, last, due_at, records.is_overdue(task), is_running)
