"""Jobs that nobody does: something is in progress without a job, or its job is late."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, or_, select

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    BulkOperation,
    BulkState,
    Connection,
    Finding,
    Import,
    ImportState,
    InvoiceRun,
    Job,
    JobKind,
    LeavingPack,
    LeavingPackState,
    ReconciliationRun,
    Retry,
    Revocation,
    RevocationState,
    RunState,
    VendorRequest,
)
from portal.models.job import HAS_BROKEN
from portal.models.reconciliation import IS_CHOSEN, MOVING
from portal.models.vendor_request import OPEN_REQUESTS
from portal.services import jobs, vendor_settings

GRACE = timedelta(minutes=5)
OFTEN = 8
"""A step that failed this often in a row has been tried for minutes, each time after a longer pause."""
LONGEST_COMMAND = timedelta(days=1)
"""A file that the command line reads itself has no job."""
REPEATED = (JobKind.RECONCILE, JobKind.CLEANUP, JobKind.CONFIRM, JobKind.INVOICE_RUN, JobKind.FIGURES,
            JobKind.STATUSES, JobKind.MAIL, JobKind.REMINDERS, JobKind.DIGEST)  # fmt: skip
ENDED = "It is closed now."
NAMES = {
    JobKind.ADVANCE: "an attempt", JobKind.IMPORT: "an import", JobKind.RETRY: "a bulk retry",
    JobKind.REVOKE: "a revocation", JobKind.CLEANUP: "the hourly clean-up",
    JobKind.RECOVER: "the look-up after a restore", JobKind.CONFIRM: "the check after purchases",
    JobKind.REQUEST: "a request from a page", JobKind.BULK: "a bulk operation",
    JobKind.INVOICE_RUN: "an invoice run",
    JobKind.FIGURES: "counting for reports", JobKind.RECONCILE: "a reconciliation run",
    JobKind.STATUSES: "asking BitTitan about codes", JobKind.PACK: "a leaving pack",
    JobKind.MAIL: "sending mails", JobKind.REMINDERS: "writing reminders", JobKind.DIGEST: "writing the digest",
}  # fmt: skip


@dataclass
class Stuck:
    what: str
    mend: Callable[[], bool] | None = None
    """None if only a person can know what is right. Returns False if there was nothing left to repair."""
    asset_id: int | None = None
    reference: str | None = None
    then: str = "It goes on now."
    """Added to the sentence once it is repaired."""
    is_mended: bool = False

    @property
    def sentence(self) -> str:
        """For the staff, in English like the rest of the record."""
        whose = f"AS-{self.asset_id}: " if self.asset_id is not None else ""
        what_now = self.then if self.is_mended else "Look at it."
        return f"{whose}{self.what} {what_now}"


def missing(now: datetime, most: int) -> Iterator[Stuck]:
    """In progress, but without a job."""
    for kind, subjects in _under_way().items():
        for subject_id in db.session.scalars(_without_job(kind, subjects).limit(most)).all():
            yield Stuck(f"No next step was planned for {NAMES[kind]} ({subject_id}).", _schedule(kind, subject_id))
    yield from _search()
    yield from _left_by_a_command(now)


def late(now: datetime, most: int) -> Iterator[Stuck]:
    """Due for minutes without being claimed although workers are alive, or failing again and again."""
    yield from _daily()
    is_free = or_(Job.lease_until.is_(None), Job.lease_until < now - GRACE)
    due = select(Job.kind).where(Job.due_at < now - GRACE, is_free).order_by(Job.due_at).limit(most)
    for kind in sorted(set(db.session.scalars(due)), key=lambda kind: kind.value):
        yield Stuck(f"Work has been due for more than five minutes and is not done: {_name(kind)}.")
    broken = select(Job.kind, Job.subject_id).where(HAS_BROKEN, Job.failures >= OFTEN)
    for kind, subject_id in db.session.execute(broken.order_by(Job.id).limit(most)).all():
        yield Stuck(f"Each step breaks off: {_name(kind)} ({subject_id}). The worker’s log says why.")


def _name(kind: JobKind) -> str:
    return NAMES.get(kind, kind.value)


def _under_way() -> dict[JobKind, Select]:
    """By kind of job: the ids of what a worker has to continue."""
    is_read = (Import.state.in_((ImportState.READING, ImportState.APPLYING)), Import.created_by_id.is_not(None))
    return {
        JobKind.RETRY: select(Retry.id).where(Retry.state == BulkState.RUNNING),
        JobKind.BULK: select(BulkOperation.id).where(BulkOperation.state == BulkState.RUNNING),
        JobKind.INVOICE_RUN: select(InvoiceRun.id).where(InvoiceRun.state.in_((RunState.PREPARING, RunState.RUNNING))),
        JobKind.RECONCILE: select(ReconciliationRun.id).where(*_is_reconciled()),
        JobKind.PACK: select(LeavingPack.id).where(LeavingPack.state == LeavingPackState.MAKING),
        JobKind.REVOKE: select(Revocation.id).where(Revocation.state == RevocationState.ASKED),
        JobKind.IMPORT: select(Import.id).where(*is_read),
        JobKind.REQUEST: select(VendorRequest.id).where(VendorRequest.state.in_(OPEN_REQUESTS)),
    }


def _is_reconciled():
    """Under way, or with something that was decided."""
    chosen = select(Finding.run_id).where(IS_CHOSEN)
    return (ReconciliationRun.state.in_(MOVING) | ReconciliationRun.id.in_(chosen),)


def _without_job(kind: JobKind, subjects: Select) -> Select:
    (subject_id,) = subjects.selected_columns
    return subjects.where(~exists().where(Job.kind == kind, Job.subject_id == subject_id))


def _schedule(kind: JobKind, subject_id: int) -> Callable[[], bool]:
    """Schedules a step, which checks whether there is anything to do. Running it twice does no harm."""

    def mend() -> bool:
        with transaction():
            jobs.schedule(kind, subject_id, clock.now())
        return True

    return mend


def _daily() -> Iterator[Stuck]:
    """Each worker puts them on the list when it starts, and they stay there."""
    known = set(db.session.scalars(select(Job.kind).where(Job.kind.in_(REPEATED), Job.subject_id == 0)))
    for kind in REPEATED:
        if kind not in known:
            yield Stuck(f"Not planned: {NAMES[kind]}.", _schedule(kind, 0))


def _search() -> Iterator[Stuck]:
    row = db.session.get(Connection, 1, populate_existing=True)
    if (
        row is None
        or row.frozen_at is None
        or row.searched_at is not None
        or not vendor_settings.current().is_searchable
    ):
        return
    item = select(Job.id).where(Job.kind == JobKind.RECOVER, Job.subject_id == 0)
    if db.session.scalar(item) is None:
        yield Stuck(f"Not planned: {NAMES[JobKind.RECOVER]}.", _schedule(JobKind.RECOVER, 0))


def _left_by_a_command(now: datetime) -> Iterator[Stuck]:
    is_left = (
        Import.state.in_((ImportState.READING, ImportState.APPLYING)),
        Import.created_by_id.is_(None),
        Import.created_at < now - LONGEST_COMMAND,
    )
    for import_id in db.session.scalars(select(Import.id).where(*is_left)).all():
        yield Stuck(f"A command began an import ({import_id}) and never ended it.", _end_import(import_id), then=ENDED)


def _end_import(import_id: int) -> Callable[[], bool]:
    def mend() -> bool:
        with transaction():
            row = lock(Import, import_id)
            if row.is_under_way:  # stops a command that still reads it
                row.run, row.state = row.run + 1, ImportState.UNREADABLE
                row.problem = _("It was not read completely.")
        return True

    return mend
