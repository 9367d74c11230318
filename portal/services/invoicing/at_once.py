"""When an order is invoiced. At once: its draft is made as soon as each line is delivered, or has failed."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from portal.core import audit, clock, field_rules
from portal.core.errors import Conflict, InvalidInput, NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import InvoiceTiming, JobKind, Order, OrderLine, OrderState, Right, User
from portal.services import credit, jobs
from portal.services.invoicing import billable, drafts
from portal.services.ordering import delivery
from portal.services.ordering.execution import LONGEST_REASON

PAUSE = timedelta(minutes=2)
TIMING = "invoice timing"


def step(order_id: int) -> datetime | None:
    """A step of the worker. Lines that are delivered later are left to the next run."""
    order = db.session.get_one(Order, order_id)
    if order.invoice_timing is not InvoiceTiming.AT_ONCE:  # it was changed in the meantime
        return None
    if not delivery.deliveries([order])[order_id].is_settled:
        return clock.now() + PAUSE
    drafts.make_of_order(order_id, by=audit.process_for(audit.last_person("order", order_id, "executed", TIMING)))
    return None


def is_invoiced(order_id: int) -> bool:
    """Whether a line of the order is on a draft or an invoice. One statement."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id, billable.is_on_an_invoice())
    return bool(db.session.scalar(select(exists(lines))))


def change_timing(order: Order, timing: InvoiceTiming, reason: str, *, version: int, by: User) -> bool:
    """Of an executed order, until something of it is on an invoice. `reason`: why it is never invoiced. Returns whether
    it was changed. Raises NotAllowed, StaleVersion, Conflict; InvalidInput for `invoice_reason`."""
    if not (by.is_staff and by.may(Right.INVOICE)):
        raise NotAllowed()
    reason = field_rules.long_text(reason, "invoice_reason", LONGEST_REASON) if timing is InvoiceTiming.NEVER else ""
    if timing is InvoiceTiming.NEVER and not reason:
        raise InvalidInput("invoice_reason", _("Say why this order is not invoiced."))
    with transaction():
        credit.lock_payers([order.billed_account_id])  # as who drafts its invoice
        row = lock(Order, order.id)
        _check(row, version)
        values = {"invoice_timing": timing, "invoice_reason": reason}
        changed = audit.changes("order", row, values, act=TIMING, by=by, why=reason or None)
        row.version += bool(changed)
        if "invoice_timing" in changed and timing is InvoiceTiming.AT_ONCE:
            jobs.schedule(JobKind.INVOICE, row.id, clock.now())  # also if a worker is just reading what it was before
    return bool(changed)


def _check(row: Order, version: int) -> None:
    if row.version != version:
        raise StaleVersion(_("The order was changed in the meantime. Nothing was saved."))
    if row.state is not OrderState.EXECUTED:
        raise Conflict(_("%(number)s is not executed.", number=row.number))
    if is_invoiced(row.id):
        raise Conflict(_("%(number)s is on an invoice already. Discard the draft first.", number=row.number))
