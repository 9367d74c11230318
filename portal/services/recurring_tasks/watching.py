"""Notices what did not run."""

from dataclasses import replace

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection
from portal.services import alerts, watchdog
from portal.services.recurring_tasks.registry import TASKS
from portal.services.recurring_tasks.standing import Records, Standing, Task

KIND = "schedule"


def standings() -> list[Standing]:
    """All tasks, in the order of the page."""
    records = Records.read()
    return [_look(task, records) for task in TASKS]


def health() -> dict:
    """For /readyz."""
    late = [standing.task.key for standing in standings() if standing.is_late]
    return {"ok": not late, "late": late}


def watch() -> None:
    """By each worker, each minute. What could not run while no worker did has the time to catch up first."""
    found = [standing for standing in standings() if standing.is_late and not standing.task.is_told_elsewhere]
    has_had_time = bool(found) and watchdog.is_worked_on(clock.now())
    db.session.commit()
    if not has_had_time:
        return
    with transaction():
        lock(Connection, 1)
        now = clock.now()
        for standing in found:
            alerts.raise_daily(KIND, f"“{standing.task.name}” did not run in time.", now)


def _look(task: Task, records: Records) -> Standing:
    off = task.why_off()
    standing = task.look(task, records)
    return replace(standing, off=off, is_late=False, next_at=None) if off else standing
