"""What did not run in time is an alert, stands in /readyz, and is late on the page."""

from datetime import timedelta

import pytest

from portal.core import clock, errors, private_files
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Connection, Job, JobKind, TaskRun, Worker
from portal.services import recurring_tasks
from portal.services.monitoring import health
from portal.services.recurring_tasks.registry import FIRST_AFTER, TASKS
from portal.services.watchdog import lost_jobs
from portal.worker import handlers

LATE = "“Clean-up” did not run in time."


@pytest.fixture
def overdue(shop):
    """The clean-up has been due for so long. `up_for`: of the worker."""

    def write(*, up_for: timedelta, **late):
        with shop.app.app_context(), transaction():
            now = clock.now()
            db.session.merge(Worker(id="one", started_at=now - up_for, seen_at=now))
            db.session.add(Job(kind=JobKind.CLEANUP, subject_id=0, due_at=now - timedelta(**late)))

    return write


def watched(shop) -> list[str]:
    with shop.app.app_context():
        recurring_tasks.watch()
    return [alert.text for alert in shop.alerts("schedule")]


def late(shop) -> list[str]:
    with shop.app.app_context():
        return health.report()["schedule"]["late"]


def test_what_is_due_for_too_long_is_told_once_and_stands_in_readyz(shop, overdue):
    overdue(up_for=timedelta(hours=3), minutes=61)

    assert late(shop) == ["clean-up"]
    assert watched(shop) == watched(shop) == [LATE]


def test_a_worker_that_has_just_come_has_the_time_to_catch_up(shop, overdue):
    overdue(up_for=timedelta(minutes=1), days=7)

    assert late(shop) == ["clean-up"]
    assert watched(shop) == []


def test_in_time_is_in_time(shop, overdue):
    overdue(up_for=timedelta(hours=3), minutes=59)

    assert (late(shop), watched(shop)) == ([], [])


def test_what_only_fails_is_late_though_it_is_tried_again_each_time(shop):
    with shop.app.app_context(), transaction():
        now = clock.now()
        run = {"started_at": now, "ended_at": now, "fault": "It ended unexpectedly (OSError)."}
        db.session.add(TaskRun(task="figures", failing_since=now - timedelta(minutes=16), **run))
        db.session.add(Job(kind=JobKind.FIGURES, subject_id=0, due_at=now))
    assert late(shop) == ["report-figures"]


def test_what_is_switched_off_is_never_late(shop):
    with shop.app.app_context():
        with transaction():
            db.session.add(Job(kind=JobKind.MAIL, subject_id=0, due_at=clock.now() - timedelta(days=1)))
        mail = next(each for each in recurring_tasks.standings() if each.task.key == "mail")
    assert (mail.off, mail.is_late) == ("No mail server is set.", False)


def test_a_backup_is_missed_once_there_was_one(shop, backup):
    assert late(shop) == []
    backup.take()
    with shop.app.app_context():
        (last,) = (each.last for each in recurring_tasks.standings() if each.task.key == "backup")
        assert (last.fault, last.ended_at is not None) == (None, True)
        with transaction():
            db.session.get(Connection, 1).backed_up_at = clock.now() - timedelta(hours=25, minutes=1)
    assert late(shop) == ["backup"]


def test_a_backup_that_fails_says_why(shop, backup, monkeypatch):
    monkeypatch.setattr(private_files, "publish", _full)
    with pytest.raises(errors.Conflict):
        backup.take()
    with shop.app.app_context():
        (last,) = (each.last for each in recurring_tasks.standings() if each.task.key == "backup")
    assert last.fault == "The backup could not be written: No space left on device."


def test_each_recurring_job_has_its_entry_and_its_step():
    assert set(FIRST_AFTER) == set(lost_jobs.REPEATED) <= set(handlers.STEPS)
    assert len({task.key for task in TASKS}) == len(TASKS)


def _full(*_):
    raise OSError(28, "No space left on device")
