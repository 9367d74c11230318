"""Takes back what was recorded by mistake: a payment, a refund, or what a payment settles of one invoice. It stays on
record, with the reason."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update

from portal.core import billing_access, clock, field_rules
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, lock_in_order, transaction
from portal.extensions import db
from portal.models import Allocation, Invoice, Payment, PaymentKind, User
from portal.services.invoicing.payments import reading, sources, standing
from portal.services.invoicing.payments.sources import Source
from portal.services.invoicing.settlement import settle

LONGEST_REASON = 500


def reverse(payment_id: int, reason: str, *, by: User, version: int | None = None) -> None:
    """What it settled is open again. Raises NotVisible, InvalidInput without a reason, Conflict if it was reversed or
    refunded, StaleVersion if it is not what the person saw."""
    sources.check_right(by)
    billing_access.visible_payment(by, payment_id)
    reason = _checked(reason)
    with transaction():
        sources.lock_payer(Source(payment_id=payment_id))
        lock_in_order(Payment, [payment_id, *_sources_of(payment_id)])
        row = lock(Payment, payment_id)
        if row.reversed_at is not None:
            raise Conflict(_("%(name)s reversed it already.", name=db.session.get_one(User, row.reversed_by_id).name))
        standing.of(Source(payment_id=payment_id)).check(version)
        give_back = _from_invoices if row.kind is PaymentKind.PAYMENT else _to_source
        give_back(row, reason, by, now := clock.now())
        _mark(row, reason, by, now)


def take_back(payment_id: int, invoice_id: int, reason: str, *, by: User, version: int | None = None) -> int:
    """What the payment settles of this invoice is open again, and not assigned. Returns how much that was. Raises as
    `reverse`."""
    sources.check_right(by)
    billing_access.visible_payment(by, payment_id)
    number = billing_access.visible_invoice(by, invoice_id).number
    reason, source = _checked(reason), Source(payment_id=payment_id)
    with transaction():
        sources.lock_payer(source)
        payment = lock(Payment, payment_id)
        lock_in_order(Invoice, [invoice_id])
        standing.of(source).check(version)
        amount = sum(each.amount for each in reading.settled_by(payment_id) if each.invoice_id == invoice_id)
        if payment.reversed_at is not None or amount <= 0:
            raise Conflict(_("It is taken back already."))
        now = clock.now()
        if not (sources.take(source, -amount, now) and settle(invoice_id, -amount, now)):
            raise sources.refuse_moved()
        sources.allocate(source, -amount, invoice_id=invoice_id, by=by, now=now)
        values = {"by": by, "now": now}
        sources.note(source, "take back", amount, payment.currency, why=f"{number}: {reason}", **values)
        sources.note_invoice(invoice_id, "take back", amount, payment.currency, why=reason, **values)
    return amount


def _checked(reason: str) -> str:
    """Raises InvalidInput."""
    reason = field_rules.kept_text(reason, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say why; it stays on record."))
    return reason


def _sources_of(refund_id: int) -> Iterable[int]:
    """The payments that a refund came from."""
    rows = select(Allocation.payment_id).where(Allocation.refund_id == refund_id, Allocation.payment_id.is_not(None))
    return [payment_id for payment_id in db.session.scalars(rows) if payment_id is not None]


def _from_invoices(payment: Payment, reason: str, by: User, now: datetime) -> None:
    """Raises Conflict if a part of it was refunded."""
    total = func.sum(Allocation.amount)
    rows = select(Allocation.invoice_id, Allocation.refund_id, total).where(Allocation.payment_id == payment.id)
    rows = rows.group_by(Allocation.invoice_id, Allocation.refund_id).having(total > 0)
    found = [tuple(row) for row in db.session.execute(rows.order_by(Allocation.invoice_id))]
    if any(refund_id for _invoice_id, refund_id, _amount in found):
        raise Conflict(_("A part of it was refunded. Reverse the refund first."))
    lock_in_order(Invoice, [invoice_id for invoice_id, *_rest in found])
    for invoice_id, _refund_id, amount in found:
        if not settle(invoice_id, -int(amount), now):
            raise sources.refuse_moved()
        sources.allocate(Source(payment_id=payment.id), -int(amount), invoice_id=invoice_id, by=by, now=now)
        values = {"by": by, "now": now, "why": reason}
        sources.note_invoice(invoice_id, "reverse", int(amount), payment.currency, **values)


def _to_source(refund: Payment, reason: str, by: User, now: datetime) -> None:
    total = func.sum(Allocation.amount)
    rows = select(Allocation.payment_id, Allocation.credit_note_id, total).where(Allocation.refund_id == refund.id)
    rows = rows.group_by(Allocation.payment_id, Allocation.credit_note_id)
    for payment_id, credit_note_id, amount in db.session.execute(rows).all():
        source = Source(payment_id, credit_note_id)
        if not sources.take(source, -int(amount), now):
            raise sources.refuse_moved()
        sources.allocate(source, -int(amount), refund_id=refund.id, by=by, now=now)
        sources.note(source, "refund reversed", int(amount), refund.currency, by=by, now=now, why=reason)


def _mark(payment: Payment, reason: str, by: User, now: datetime) -> None:
    row = update(Payment).where(
        Payment.id == payment.id, Payment.reversed_at.is_(None), Payment.allocated == payment.allocated
    )
    values = {"allocated": 0, "reversed_at": now, "reversed_by_id": by.id, "reversal_reason": reason}
    if not db.session.execute(row.values(**values).execution_options(synchronize_session=False)).rowcount:
        raise sources.refuse_moved()
    source = Source(payment_id=payment.id)
    sources.note(source, "reverse", payment.amount, payment.currency, by=by, now=now, why=reason)
