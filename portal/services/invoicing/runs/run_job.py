"""What the worker does with a run: some accounts or some invoices in each step."""

from datetime import datetime

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import InvoiceRun, InvoiceRunItem, Right, RunItemState, RunOrigin, RunState, User
from portal.services.invoicing.runs import carrying_out, end, preparing

AT_ONCE = 20
OPEN = (RunItemState.WAITING, RunItemState.DRAFTED)


def advance(run_id: int) -> datetime | None:
    """A step of the worker. Returns when the next one is due; None if the run waits for a person, or has ended."""
    db.session.commit()
    run = db.session.get(InvoiceRun, run_id, populate_existing=True)
    if run is not None and run.state is RunState.PREPARING:
        preparing.step(run_id)
        run = db.session.get(InvoiceRun, run_id, populate_existing=True)
    elif run is not None and run.state is RunState.RUNNING:
        _issue_some(run)
        run = db.session.get(InvoiceRun, run_id, populate_existing=True)
    return clock.now() if run is not None and run.is_moving else None


def _issue_some(run: InvoiceRun) -> None:
    by = _starter(run)
    if by is None:
        return _end(run.id, RunState.STOPPED, "The person who started it may not issue invoices any more.")
    ids = _next(run.id)
    for item_id in ids:
        if _is_stopped(run.id):
            break
        carrying_out.carry_out(run, item_id, by=by)
    carrying_out.mark_issued(run.id)
    if len(ids) < AT_ONCE and not _next(run.id):
        _end(run.id, RunState.DONE)


def _next(run_id: int) -> list[int]:
    """First the drafts that somebody who was killed has left behind."""
    rows = select(InvoiceRunItem.id).where(InvoiceRunItem.run_id == run_id).order_by(InvoiceRunItem.id).limit(AT_ONCE)
    drafted = list(db.session.scalars(rows.where(InvoiceRunItem.state == RunItemState.DRAFTED)))
    return drafted or list(db.session.scalars(rows.where(InvoiceRunItem.state == RunItemState.WAITING)))


def _is_stopped(run_id: int) -> bool:
    return db.session.scalar(select(InvoiceRun.state).where(InvoiceRun.id == run_id)) is not RunState.RUNNING


def _starter(run: InvoiceRun) -> Actor | None:
    """As they are now. None if they may not issue invoices any more."""
    if run.origin is not RunOrigin.PERSON:
        return audit.SCHEDULED if run.origin is RunOrigin.SCHEDULE else audit.COMMAND_LINE
    by = db.session.get(User, run.started_by_id, populate_existing=True)
    return by if by.is_active and by.may(Right.INVOICE) else None


def _end(run_id: int, state: RunState, why: str | None = None) -> None:
    with transaction():
        row = lock(InvoiceRun, run_id)
        if row.state is RunState.RUNNING:
            end(row, state, by=audit.process_for(row.started_by_id), why=why)
