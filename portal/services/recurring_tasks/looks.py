"""How those tasks stand that have a record of their own."""

from dataclasses import replace
from datetime import datetime

from portal.models import InvoiceRun, JobKind, ReconciliationRun, ReconciliationState, RunState
from portal.models.reconciliation import HOURLY, NIGHTLY
from portal.providers.causes import Cause
from portal.services import watchdog
from portal.services.invoicing.runs import schedule as invoice_schedule
from portal.services.jobs.task_runs import BACKUP
from portal.services.reconciliation import completeness
from portal.services.reconciliation import schedule as comparing
from portal.services.reconciliation.scanning import runs as comparisons
from portal.services.recurring_tasks.standing import Records, Run, Standing, Task, of_job


def nightly(task: Task, records: Records) -> Standing:
    """Late as /readyz says under `clearing`: not only begun, but complete."""
    last = _compared(comparing.newest_scheduled(ReconciliationRun.schedule == NIGHTLY))
    next_at = _begins(comparing.next_nightly(records.now), records)
    return Standing(task, last, next_at, completeness.is_overdue(records.now), _is_under_way(last))


def hourly(task: Task, records: Records) -> Standing:
    """The nightly one counts, too, and any other that is under way keeps it waiting."""
    newest = comparing.newest_scheduled()
    last = _compared(comparing.newest_scheduled(ReconciliationRun.schedule == HOURLY))
    is_old = newest is not None and newest.made_at < records.now - task.allowed
    is_late = is_old and comparisons.under_way() is None
    next_at = _begins(comparing.next_hourly(records.now), records)
    return Standing(task, last, next_at, is_late, _is_under_way(last))


def invoice_run(task: Task, records: Records) -> Standing:
    """Late if the job that begins it is."""
    run, tick = invoice_schedule.newest(), of_job(task, records)
    last = tick.last if tick.last and tick.last.fault else run and _invoiced(run)
    next_at = invoice_schedule.next_at(records.now)
    return replace(tick, last=last, next_at=next_at, is_running=_is_under_way(last))


def watchdog_check(task: Task, records: Records) -> Standing:
    at = records.connection and records.connection.watched_at
    if at is None:
        return Standing(task, None, None, is_late=False)
    return Standing(task, Run(at, at), at + watchdog.EVERY, at < records.now - task.allowed)


def backup(task: Task, records: Records) -> Standing:
    """Counts from the first “flask backup” on: whoever backs up otherwise has none."""
    at, last = records.connection and records.connection.backed_up_at, records.last(BACKUP)
    run = records.runs.get(BACKUP)
    since = at or (run and run.failing_since)
    is_late = since is not None and since < records.now - task.allowed
    return Standing(task, last or (at and Run(at, at)), None, is_late)


def _begins(due_at: datetime | None, records: Records) -> datetime | None:
    """When the job that begins it looks whether it is due."""
    job = records.jobs.get(JobKind.RECONCILE)
    return due_at if due_at is None or job is None else max(due_at, job.due_at)


def _compared(run: ReconciliationRun | None) -> Run | None:
    if run is None:
        return None
    fault = None
    if run.state is ReconciliationState.INCOMPLETE:
        fault = "BitTitan did not answer all of it."
        if run.cause == Cause.NOT_SUPPORTED:
            fault = "This BitTitan server cannot list coupons."
    elif run.state is ReconciliationState.STOPPED:
        fault = "A person stopped it."
    return Run(run.made_at, run.ended_at, fault, run.id)


def _invoiced(run: InvoiceRun) -> Run:
    fault = "It was stopped before its end." if run.state is RunState.STOPPED else None
    return Run(run.made_at, run.ended_at, fault, run.id)


def _is_under_way(run: Run | None) -> bool:
    return run is not None and run.ended_at is None
