"""What can be done with money that is not assigned: of a payment, or of a credit note."""

from typing import Any

from flask import flash
from flask_login import current_user

from portal.bss.payments.payment_forms import AssignForm, MoneyForm, RefundForm
from portal.core.i18n import gettext as _
from portal.models import Invoice, Payment
from portal.services.invoicing.payments import assigning, reading, refunds, standing
from portal.services.invoicing.payments.sources import Source
from portal.web.filters import money
from portal.web.urls import url_for


class SourceActs:
    def __init__(self, source: Source, row: Payment | Invoice):
        self.source, self.currency = source, row.currency
        is_payment = isinstance(row, Payment)
        self.unassigned = row.unassigned if is_payment else row.open
        account_id = row.account_id if is_payment else row.billed_account_id
        self.invoices = reading.open_invoices(account_id, row.currency)
        version = standing.of(source)
        self.assign = AssignForm.of(row.currency, version, self.invoices)
        self.refund = RefundForm.of(row.currency, version, self.unassigned)
        place: dict[str, Any] = {"payment_id": row.id} if is_payment else {"invoice_id": row.id}
        area = "bss.payments" if is_payment else "bss.invoice_payments"
        self.assign_url, self.refund_url = url_for(f"{area}.assign", **place), url_for(f"{area}.refund", **place)

    @property
    def form(self) -> MoneyForm:
        """The one that was sent."""
        return self.refund if self.refund.is_own else self.assign

    def was_assigned(self) -> bool:
        form = self.assign
        if not form.is_pressed():
            return False
        values = {"by": current_user, "version": form.seen_version()}
        if not form.carry_out(assigning.assign, self.source, int(form.invoice.data), form.minor_units, **values):
            return False
        flash(_("%(amount)s is assigned.", amount=money(form.result, self.currency)), "positive")
        return True

    def was_refunded(self) -> bool:
        form = self.refund
        if not form.is_pressed():
            return False
        values = {"key": form.key.data, "by": current_user, "version": form.seen_version()}
        if not form.carry_out(refunds.refund, self.source, form.refund(), **values):
            return False
        flash(_("The refund of %(amount)s is recorded.", amount=money(form.result.amount, self.currency)), "positive")
        return True


def of_payment(payment: Payment) -> SourceActs:
    return SourceActs(Source(payment_id=payment.id), payment)


def of_credit_note(credit_note: Invoice) -> SourceActs:
    return SourceActs(Source(credit_note_id=credit_note.id), credit_note)
