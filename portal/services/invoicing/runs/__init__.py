"""Invoice runs: prepared by the worker, looked at by a person, started once, and carried out account by account.

Each invoice is an item of its own, with its own transactions. A worker that is killed leaves a run that another goes on
with: no line is billed twice, no number is left out.
"""

import uuid
from datetime import date

from sqlalchemy import func, select, update

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, once_more, transaction
from portal.extensions import db
from portal.models import (
    InvoiceRun,
    InvoiceRunItem,
    JobKind,
    RunItemState,
    RunOrigin,
    RunState,
    User,
)
from portal.services import company as company_service
from portal.services import jobs
from portal.services.invoicing import issuing

_ORIGINS = {audit.SCHEDULED: RunOrigin.SCHEDULE, audit.COMMAND_LINE: RunOrigin.COMMAND}
_AS_IS = {"synchronize_session": False}


def make(until: date, *, key: str = "", issued_on: date | None = None, again_of: InvoiceRun | None = None, by: Actor):
    """A worker prepares it. The same key again is the same run. Raises InvalidInput for `period` or `issued_on`."""
    if until.replace(day=1) > clock.today():
        raise InvalidInput("period", _("%(month)s has not begun yet.", month=f"{until:%Y-%m}"))
    check_day(issued_on)
    key = key or str(uuid.uuid4())

    def once() -> InvoiceRun:
        with transaction():
            made = db.session.scalar(select(InvoiceRun).where(InvoiceRun.key == key))
            return made or _make(until, key, issued_on, again_of, by)

    return once_more(once)


def make_again(run: InvoiceRun, *, by: Actor) -> InvoiceRun:
    """For the accounts that this run did not invoice. Raises Conflict if it goes on."""
    if not run.has_ended:
        raise Conflict(_("It has not ended yet."))
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"invoice run {run.id} again"))
    return make(run.until, key=key, again_of=run, by=by)


def _make(until: date, key: str, issued_on: date | None, again_of: InvoiceRun | None, by: Actor) -> InvoiceRun:
    row = InvoiceRun(
        key=key,
        origin=RunOrigin.PERSON if isinstance(by, User) else _ORIGINS[by],
        until=until,
        issued_on=issued_on,
        again_of_id=again_of and again_of.id,
        made_by_id=by.id if isinstance(by, User) else None,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("invoice run", row.id, "prepare", by=by, field="period", after=row.period)
    jobs.add(JobKind.INVOICE_RUN, row.id, row.made_at)
    return row


def check_day(issued_on: date | None) -> None:
    """Raises InvalidInput for a day that no invoice can have now. None: the first that is possible at each issue."""
    if issued_on is None:
        return
    issuing.check_day(issued_on)
    if issued_on < issuing.first_day(company_service.row(), issued_on):
        raise InvalidInput("issued_on", _("The newest invoice has a later day. Choose that day or a later one."))


def start(run: InvoiceRun, *, version: int, by: Actor) -> InvoiceRun:
    """Raises Conflict, StaleVersion, InvalidInput."""
    check_day(run.issued_on)
    with transaction():
        row = lock(InvoiceRun, run.id)
        if row.has_ended and row.started_at is None:
            raise Conflict(_("It has ended already."))
        if not row.is_prepared:
            raise Conflict(_("It was started a moment before."))
        if row.version != version:
            raise StaleVersion(_("Somebody else changed what this run takes. Look again, then press again."))
        if not count_waiting(row):
            raise Conflict(_("There is nothing to issue in this run."))
        begin(row, by=by)
    return row


def begin(row: InvoiceRun, *, by: Actor) -> None:
    """Inside a transaction that holds the prepared run."""
    row.state, row.started_at, row.version = RunState.RUNNING, clock.now(), row.version + 1
    row.started_by_id = by.id if isinstance(by, User) else None
    audit.record("invoice run", row.id, "start", by=by, field="invoices", after=count_waiting(row))
    jobs.schedule(JobKind.INVOICE_RUN, row.id, row.started_at)


def stop(run: InvoiceRun, *, by: User) -> None:
    """What was issued stays; the rest is not begun. Raises Conflict if it has ended."""
    with transaction():
        row = lock(InvoiceRun, run.id)
        if row.has_ended:
            raise Conflict(_("It has ended already."))
        end(row, RunState.STOPPED, by=by)


def end(row: InvoiceRun, state: RunState, *, by: Actor, why: str | None = None) -> None:
    """Inside a transaction that holds the run."""
    row.state, row.ended_at, row.version = state, clock.now(), row.version + 1
    row.ended_by_id = by.id if isinstance(by, User) else None
    waiting = (InvoiceRunItem.run_id == row.id, InvoiceRunItem.state == RunItemState.WAITING)
    db.session.execute(
        update(InvoiceRunItem).where(*waiting).values(state=RunItemState.NOT_BEGUN), None, execution_options=_AS_IS
    )
    audit.record("invoice run", row.id, "end", by=by, after=state, why=why)


def take_or_leave(run: InvoiceRun, item_id: int, *, is_taken: bool, version: int, by: User) -> None:
    """A person leaves one invoice out of a prepared run, or takes it after all. Raises Conflict, StaleVersion."""
    before, after = RunItemState.LEFT_OUT, RunItemState.WAITING
    if not is_taken:
        before, after = after, before
    with transaction():
        row = lock(InvoiceRun, run.id)
        if not row.is_prepared:
            raise Conflict(_("It was started a moment before."))
        if row.version != version:
            raise StaleVersion(_("Somebody else changed what this run takes. Look again, then press again."))
        by_hand = (InvoiceRunItem.id == item_id, InvoiceRunItem.run_id == row.id, InvoiceRunItem.reason == "")
        changed = update(InvoiceRunItem).where(*by_hand, InvoiceRunItem.state == before).values(state=after)
        if not db.session.execute(changed, execution_options=_AS_IS).rowcount:
            raise Conflict(_("This invoice cannot be taken or left out."))
        row.version += 1
        audit.record("invoice run", row.id, "take" if is_taken else "leave out", by=by, after=item_id)


def count_waiting(row: InvoiceRun) -> int:
    waiting = (InvoiceRunItem.run_id == row.id, InvoiceRunItem.state == RunItemState.WAITING)
    return db.session.scalar(select(func.count()).select_from(InvoiceRunItem).where(*waiting))
