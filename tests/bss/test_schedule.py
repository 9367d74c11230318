"""Tools > Schedule."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Job, JobKind, TaskRun
from portal.services.reconciliation.scanning import runs

pytestmark = pytest.mark.sqlite


def test_each_task_says_how_often_how_it_ended_and_when_it_runs_next(world, browse):
    with world.app.app_context():
        run_id = runs.begin(by="scheduled", schedule="nightly").id
        with transaction():
            now = clock.now()
            run = {"started_at": now - timedelta(seconds=9), "ended_at": now, "failing_since": now}
            db.session.add(TaskRun(task="tidy", fault="It ended unexpectedly (OSError).", **run))
            db.session.add(Job(kind=JobKind.CLEANUP, subject_id=0, due_at=now))
            db.session.add(Job(kind=JobKind.FIGURES, subject_id=0, due_at=now - timedelta(hours=2)))
    page = browse("dana").open("bss.schedule.index")

    rows = {row["id"]: row.get_text(" ", strip=True) for row in page.soup.select("tbody tr")}
    assert "Each hour Did not succeed It ended unexpectedly (OSError)." in rows["task-clean-up"]
    assert "Took 9 s in a moment" in rows["task-clean-up"]
    assert "Late" in rows["task-report-figures"]
    assert "1 task did not run in time" in page.text
    assert "Each night at 02:00 Under way" in rows["task-nightly-comparison"]
    assert "Off No mail server is set." in rows["task-mail"]
    assert page.soup.select_one(f"#task-nightly-comparison a[href$='/runs/{run_id}']")
