"""Money that can be allocated: what is not assigned of a payment, or not set off of a credit note."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from portal.core import audit
from portal.core.errors import Conflict, NotAllowed, NotVisible
from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.core.transaction import lock, lock_in_order
from portal.extensions import db
from portal.models import Allocation, Invoice, Payment, PaymentKind, Right, User
from portal.services import credit
from portal.services.invoicing.settlement import settle

LONGEST_REFERENCE = 200
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Source:
    """A payment or a credit note, by its id."""

    payment_id: int | None = None
    credit_note_id: int | None = None


@dataclass(frozen=True)
class Held:
    """A source that is locked until the transaction ends."""

    source: Source
    account_id: int
    currency: str
    unassigned: int


def check_right(by: User) -> None:
    """Raises NotAllowed."""
    if not by.may(Right.INVOICE):
        raise NotAllowed()


def lock_payer(source: Source) -> None:
    """Inside a transaction, before it locks anything else. Raises NotVisible."""
    of_payment = select(Payment.account_id).where(Payment.id == source.payment_id)
    of_credit_note = select(Invoice.billed_account_id).where(Invoice.id == source.credit_note_id)
    payer_id = db.session.scalar(of_payment if source.payment_id is not None else of_credit_note)
    if payer_id is None:
        raise NotVisible()
    credit.lock_payers([payer_id])


def hold(source: Source, *others: int) -> Held:
    """Inside a transaction. `others`: invoices that the caller is going to change. Raises NotVisible for what is no
    source of money."""
    if source.payment_id is not None:
        row = lock(Payment, source.payment_id)
        lock_in_order(Invoice, others)
        if row.kind is not PaymentKind.PAYMENT:
            raise NotVisible()
        return Held(source, row.account_id, row.currency, row.unassigned)
    lock_in_order(Invoice, (source.credit_note_id or 0, *others))
    row = lock(Invoice, source.credit_note_id or 0)
    if row.is_draft or not row.is_credit_note:
        raise NotVisible()
    return Held(source, row.billed_account_id, row.currency, row.open)


def take(source: Source, amount: int, now: datetime) -> bool:
    """Inside a transaction, by compare-and-set. A negative amount gives back."""
    if source.credit_note_id is not None:
        return settle(source.credit_note_id, amount, now)
    allocated = Payment.allocated + amount
    is_left = (Payment.reversed_at.is_(None), allocated.between(0, Payment.amount))
    row = update(Payment).where(Payment.id == source.payment_id, Payment.kind == PaymentKind.PAYMENT, *is_left)
    row = row.values(allocated=allocated).execution_options(synchronize_session=False)
    return db.session.execute(row).rowcount == 1


def allocate(
    source: Source, amount: int, *, invoice_id: int | None = None, refund_id: int | None = None, by: User, now: datetime
) -> None:
    """Inside a transaction: the row on record. The caller has changed what it says."""
    columns = {"payment_id": source.payment_id, "credit_note_id": source.credit_note_id}
    db.session.add(
        Allocation(amount=amount, invoice_id=invoice_id, refund_id=refund_id, made_at=now, made_by_id=by.id, **columns)
    )


def note(source: Source, act: str, amount: int, currency: str, *, by: User, now: datetime, why: str | None) -> None:
    """In the history of the payment or of the credit note."""
    is_payment = source.payment_id is not None
    subject_id = source.payment_id if is_payment else source.credit_note_id
    after = written(amount, currency)
    audit.record("payment" if is_payment else "invoice", subject_id or 0, act, by=by, at=now, after=after, why=why)


def note_invoice(
    invoice_id: int, act: str, amount: int, currency: str, *, by: User, now: datetime, why: str | None = None
) -> None:
    audit.record("invoice", invoice_id, act, by=by, at=now, after=written(amount, currency), why=why)


def written(amount: int, currency: str) -> str:
    """For the audit log: plain digits, such as 1980.37 EUR."""
    return f"{major_units(amount, currency)} {currency}"


def refuse_moved() -> Conflict:
    return Conflict(_("It was assigned or taken back in the meantime. Look at it again."))
