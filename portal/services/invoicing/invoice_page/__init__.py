"""What the page of an invoice shows beside its own rows: what settled it, its stored files, what happened."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from portal.core import billing_access
from portal.extensions import db
from portal.models import (
    Allocation,
    AuditEntry,
    DocumentKind,
    Invoice,
    InvoiceDocument,
    Job,
    JobKind,
    Payment,
    PaymentKind,
    User,
)
from portal.services.invoicing import documents

MOST = 50


class PdfState(enum.Enum):
    STORED = "stored"
    BEING_MADE = "being made"
    """Its job will make it, or try again."""
    STOPPED = "stopped"
    """It cannot be made; a person has been told."""


@dataclass(frozen=True)
class Settlement:
    """What a payment, a credit note or a refund settled of it; or, of a credit note, what it settled elsewhere."""

    amount: int
    on: date
    note_id: int | None = None
    """The invoice or credit note on the other side."""
    note_number: str | None = None
    is_its_own: bool = False
    """A credit note that corrects this invoice; one of another invoice settles it like money."""
    reference: str = ""
    """Of the payment or refund."""
    is_refund: bool = False


@dataclass(frozen=True)
class Around:
    settlements: list[Settlement]
    documents: list[InvoiceDocument]
    pdf: PdfState
    unprintable: str
    """Why there is no PDF: the characters that no font has."""
    history: Sequence[AuditEntry]
    """Newest first; for the staff."""
    credit_notes: Sequence[Invoice] = ()
    """Issued, that correct this invoice, whatever they settled; the oldest first."""

    @property
    def credited(self) -> int:
        """How much of an invoice its credit notes settled."""
        return sum(each.amount for each in self.settlements if each.is_its_own)


def around(invoice: Invoice, viewer: User) -> Around:
    """The caller has checked that the viewer sees the invoice. Four statements; one less for buyers, one
    more for what was credited."""
    files = billing_access.invoice_documents(viewer, invoice.id)
    pdf = PdfState.STORED if any(file.kind is DocumentKind.PDF for file in files) else _pdf_state(invoice)
    unprintable = documents.unprintable(invoice) if pdf is PdfState.STOPPED and invoice.content else ""
    history = _history(invoice) if viewer.is_staff else []
    notes = _credit_notes(invoice, viewer) if any(line.credited for line in invoice.lines) else ()
    return Around(_settlements(invoice), files, pdf, unprintable, history, notes)


def _credit_notes(invoice: Invoice, viewer: User) -> Sequence[Invoice]:
    rows = billing_access.visible_invoices(viewer).where(Invoice.corrects_id == invoice.id)
    return list(db.session.scalars(rows.where(Invoice.number.is_not(None)).order_by(Invoice.id)))


def _pdf_state(invoice: Invoice) -> PdfState:
    job = select(Job.id).where(Job.kind == JobKind.INVOICE_PDF, Job.subject_id == invoice.id)
    return PdfState.STOPPED if db.session.scalar(job) is None else PdfState.BEING_MADE


def _settlements(invoice: Invoice) -> list[Settlement]:
    """What was taken back is gone; what is left stands once, the oldest first."""
    rows = db.session.execute(_from_it(invoice) if invoice.is_credit_note else _to_it(invoice))
    return [
        Settlement(
            int(row.amount), row.paid_on or row.issued_on, row.note_id, row.number, row.corrects_id == invoice.id,
            row.reference or "", is_refund=row.payment_kind is PaymentKind.REFUND,
        )
        for row in rows
        if row.amount
    ]  # fmt: skip


def _to_it(invoice: Invoice) -> Select:
    return _sums(Allocation.invoice_id == invoice.id, Allocation.credit_note_id, Allocation.payment_id)


def _from_it(credit_note: Invoice) -> Select:
    return _sums(Allocation.credit_note_id == credit_note.id, Allocation.invoice_id, Allocation.refund_id)


def _sums(condition, note_id, payment_id) -> Select:
    note = aliased(Invoice)
    shown = (
        note.id.label("note_id"), note.number, note.corrects_id, note.issued_on,
        Payment.kind.label("payment_kind"), Payment.paid_on, Payment.reference,
    )  # fmt: skip
    rows = select(func.sum(Allocation.amount).label("amount"), func.min(Allocation.id).label("first"), *shown)
    rows = rows.outerjoin(note, note.id == note_id).outerjoin(Payment, Payment.id == payment_id)
    return rows.where(condition).group_by(*shown, Payment.id).order_by("first")


def _history(invoice: Invoice) -> Sequence[AuditEntry]:
    is_about = and_(AuditEntry.subject == "invoice", AuditEntry.subject_id == invoice.id)
    return list(db.session.scalars(select(AuditEntry).where(is_about).order_by(AuditEntry.id.desc()).limit(MOST)))
