"""The panel of payments on the page of an invoice or a credit note (templates/bss/invoicing/_payments.html)."""

from flask_login import current_user

from portal.bss.payments import source_acts
from portal.bss.payments.payment_forms import MoneyForm, RecordForm
from portal.bss.payments.payment_wording import source_words
from portal.models import Allocation, Invoice, Payment, Right
from portal.services.invoicing.payments import reading, standing
from portal.web.urls import url_for


class PaymentPanel:
    """Of an invoice: what settled it, a form for a payment, and money of the account that waits for an invoice. Of a
    credit note: what it settled, and what can be done with the rest."""

    def __init__(self, invoice: Invoice):
        self.invoice = invoice
        is_credit = invoice.is_credit_note
        rows_of = reading.of_credit_note if is_credit else reading.of_invoice
        self.rows: list[Allocation] = rows_of(invoice.id)
        self.may_record = current_user.may(Right.INVOICE) and not invoice.is_draft
        has_acts = is_credit and self.may_record and invoice.open > 0
        self.acts = source_acts.of_credit_note(invoice) if has_acts else None
        self.record = None if is_credit else _record_form(invoice)
        self.unassigned = None
        if not is_credit and invoice.open > 0:
            self.unassigned = reading.unassigned(invoice.billed_account_id, invoice.currency)

        self.sent: MoneyForm | None = None
        """The form whose answer the page is."""

    @property
    def is_short(self) -> bool:
        """Paid in part, less what was taken back."""
        paid = sum(row.amount for row in self.rows if row.payment_id is not None)
        return not self.invoice.is_credit_note and self.invoice.open > 0 and paid > 0

    @property
    def credit_url(self) -> str:
        return f"{invoice_url(self.invoice.id)}#credit"

    @staticmethod
    def invoice_url(invoice_id: int) -> str:
        return invoice_url(invoice_id)

    @staticmethod
    def how(payment: Payment) -> str:
        return source_words(payment)

    @property
    def form(self) -> MoneyForm | None:
        """The one that was sent, whose refusal is shown."""
        if self.record is not None and self.record.is_own:
            return self.record
        return self.acts.form if self.acts else None


def invoice_url(invoice_id: int) -> str:
    """Of the invoice's page."""
    return url_for("bss.invoices.show", invoice_id=invoice_id)


def _record_form(invoice: Invoice) -> RecordForm:
    return RecordForm.of(invoice.currency, standing.of_invoice(invoice.id), invoice.open)
