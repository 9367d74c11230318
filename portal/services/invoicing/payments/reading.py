"""What pages show of payments: what they settle, what is not assigned, and what could be paid."""

from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.models import Allocation, AuditEntry, Invoice, InvoiceKind, Payment, PaymentKind

MOST_CHOICES = 200
MOST_ENTRIES = 50


@dataclass(frozen=True)
class Unassigned:
    """Money of one account and currency that waits for an invoice."""

    payments: list[Payment]
    credit_notes: list[Invoice]

    @property
    def amount(self) -> int:
        return sum(row.unassigned for row in self.payments) + sum(row.open for row in self.credit_notes)


def of_invoice(invoice_id: int) -> list[Allocation]:
    """What settled it, oldest first, with the payments, who recorded them, and the credit notes."""
    return _allocations(Allocation.invoice_id == invoice_id)


def of_credit_note(credit_note_id: int) -> list[Allocation]:
    """What it settled, oldest first, with the invoices and refunds."""
    return _allocations(Allocation.credit_note_id == credit_note_id)


def of_payment(payment_id: int) -> list[Allocation]:
    """As of_credit_note; of a refund: where it came from."""
    return _allocations(or_(Allocation.payment_id == payment_id, Allocation.refund_id == payment_id))


@dataclass(frozen=True)
class Settled:
    invoice_id: int
    number: str
    amount: int


def settled_by(payment_id: int) -> list[Settled]:
    """What a payment settles of each invoice now, less what was taken back."""
    total = func.sum(Allocation.amount)
    rows = select(Invoice.id, Invoice.number, total).join(Allocation, Allocation.invoice_id == Invoice.id)
    rows = rows.where(Allocation.payment_id == payment_id).group_by(Invoice.id, Invoice.number).having(total > 0)
    return [Settled(*row[:2], int(row[2])) for row in db.session.execute(rows.order_by(Invoice.id))]


def unassigned(account_id: int, currency: str) -> Unassigned:
    """The oldest of each first."""
    payments = select(Payment).where(
        Payment.account_id == account_id, Payment.currency == currency, Payment.kind == PaymentKind.PAYMENT,
        Payment.allocated < Payment.amount, Payment.reversed_at.is_(None),
    )  # fmt: skip
    credits = _open(account_id, currency, InvoiceKind.CREDIT_NOTE)
    return Unassigned(
        list(db.session.scalars(payments.order_by(Payment.paid_on, Payment.id).limit(MOST_CHOICES))),
        list(db.session.scalars(credits.limit(MOST_CHOICES))),
    )


def open_invoices(account_id: int, currency: str) -> list[Invoice]:
    """Those that are due first."""
    return list(db.session.scalars(_open(account_id, currency, InvoiceKind.INVOICE).limit(MOST_CHOICES)))


def history(payment_id: int) -> list[AuditEntry]:
    """Newest first."""
    rows = select(AuditEntry).where(AuditEntry.subject == "payment", AuditEntry.subject_id == payment_id)
    return list(db.session.scalars(rows.order_by(AuditEntry.id.desc()).limit(MOST_ENTRIES)))


def _open(account_id: int, currency: str, kind: InvoiceKind) -> Select[tuple[Invoice]]:
    is_open = (Invoice.number.is_not(None), Invoice.paid_at.is_(None))
    of_account = (Invoice.billed_account_id == account_id, Invoice.currency == currency, Invoice.kind == kind)
    return select(Invoice).where(*of_account, *is_open).order_by(Invoice.due_on, Invoice.id)


def _allocations(of_it) -> list[Allocation]:
    rows = select(Allocation).where(of_it).order_by(Allocation.id)
    people = joinedload(Allocation.payment).joinedload(Payment.recorded_by)
    others = (joinedload(Allocation.credit_note), joinedload(Allocation.invoice), joinedload(Allocation.refund))
    return list(db.session.scalars(rows.options(people, joinedload(Allocation.made_by), *others)))
