"""One invoice of a run: its draft, then its issue, each in a transaction of its own.

What happens between the two is decided by what is stored, so whoever goes on after a kill does the same.
"""

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.core import audit, billing_access, clock
from portal.core.audit import Actor
from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Invoice, InvoiceRun, InvoiceRunItem, RunItemState
from portal.services import credit
from portal.services.invoicing import billable, drafts, issuing
from portal.services.invoicing.billable import Found
from portal.services.invoicing.runs import preparing

_AS_IS = {"synchronize_session": False}
_UNTOUCHED = 1
"""The version of a draft that nobody has changed."""


def carry_out(run: InvoiceRun, item_id: int, *, by: Actor) -> None:
    """Repeatable. After it the item is drafted with an issued invoice, or not issued with the reason."""
    try:
        state = _draft(run, item_id, by)
    except IntegrityError:  # somebody else has billed one of the lines a moment before
        _settle(item_id, RunItemState.WAITING, _("One of its lines was billed elsewhere a moment before."))
        return
    if state is RunItemState.DRAFTED:
        _issue(run, item_id, by)


def mark_issued(run_id: int) -> None:
    """Items whose invoice has its number."""
    is_issued = InvoiceRunItem.invoice_id.in_(select(Invoice.id).where(Invoice.number.is_not(None)))
    rows = update(InvoiceRunItem).where(InvoiceRunItem.run_id == run_id, InvoiceRunItem.state == RunItemState.DRAFTED)
    with transaction():
        db.session.execute(rows.where(is_issued).values(state=RunItemState.ISSUED), execution_options=_AS_IS)


def _draft(run: InvoiceRun, item_id: int, by: Actor) -> RunItemState:
    with transaction():
        item = lock(InvoiceRunItem, item_id)
        if item.state is not RunItemState.WAITING:
            return item.state
        credit.lock_payers([item.account_id])
        payer, codes = db.session.get_one(Account, item.account_id, populate_existing=True), drafts.tax_codes()
        found = _lines(run, item, payer, codes)
        if not found or preparing.fingerprint(found, payer, codes) != item.fingerprint:
            item.state, item.reason = RunItemState.NOT_ISSUED, _why_changed(item, found)
            return item.state
        cause = f"invoice run item {item.id}"
        (row,) = drafts.make(found, cause=cause, by=by, order_id=item.order_id, codes=codes)
        item.invoice_id, item.state = row.id, RunItemState.DRAFTED
        return item.state


def _lines(run: InvoiceRun, item: InvoiceRunItem, payer: Account, codes: drafts.Codes) -> Found:
    if item.order_id is None:
        rows = billable.of_account_for_run(item.account_id)
    else:  # an account may have thousands of orders
        rows = billable.of_order_for_run(item.order_id)
        rows = [(line, asset) for line, asset in rows if line.order.billed_account_id == item.account_id]
    found = preparing.delivered_until(rows, run.until)
    return drafts.grouped(found, payer, codes).get((item.currency, item.is_outside), [])


def _why_changed(item: InvoiceRunItem, found: Found) -> str:
    if len(found) < item.lines_count:
        return _("A line was cancelled, or billed elsewhere, after the preview.")
    if len(found) > item.lines_count:
        return _("A line was delivered after the preview.")
    return _("The account or a tax code was changed after the preview.")


def _issue(run: InvoiceRun, item_id: int, by: Actor) -> None:
    invoice_id = db.session.scalar(select(InvoiceRunItem.invoice_id).where(InvoiceRunItem.id == item_id))
    if invoice_id is None:
        return _settle(item_id, RunItemState.DRAFTED, _("Somebody discarded its draft."))
    row = billing_access.draft_to_issue(invoice_id)
    if not row.is_draft:
        return None
    if row.version != _UNTOUCHED:
        return _settle(item_id, RunItemState.DRAFTED, _("Somebody changed its draft. It is kept: look at it."))
    try:
        issuing.issue(row, version=_UNTOUCHED, by=by, issued_on=_day(run))
    except DomainError as refusal:
        _give_up(item_id, row, refusal.message, audit.process_for(run.started_by_id))


def _day(run: InvoiceRun) -> date | None:
    """A run that ends after midnight goes on with the new day. None: the first day that is possible."""
    return None if run.issued_on is None else max(run.issued_on, clock.day_of(clock.now()))


def _give_up(item_id: int, row: Invoice, reason: str, by: Actor) -> None:
    """The draft is discarded, so that its lines are free for the next run."""
    try:
        drafts.discard(row, version=_UNTOUCHED, by=by)
    except DomainError:  # somebody else has issued it, changed it or discarded it
        db.session.expire_all()
        row = db.session.get(Invoice, row.id, populate_existing=True)
        if row is not None and not row.is_draft:
            return
    _settle(item_id, RunItemState.DRAFTED, reason)


def _settle(item_id: int, before: RunItemState, reason: str) -> None:
    is_it = (InvoiceRunItem.id == item_id, InvoiceRunItem.state == before)
    with transaction():
        values = {"state": RunItemState.NOT_ISSUED, "reason": reason}
        db.session.execute(update(InvoiceRunItem).where(*is_it).values(values), execution_options=_AS_IS)
