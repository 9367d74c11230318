"""Billing > Invoices > one invoice: record a payment of it; assign or refund the rest of a credit note."""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user

from portal.bss.payments.payment_forms import MoneyForm
from portal.bss.payments.payment_panel import PaymentPanel, invoice_url
from portal.core import billing_access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.models import Invoice, Payment, Right
from portal.services.invoicing.payments import recording
from portal.web.filters import money
from portal.web.security.guards import requires

bp = Blueprint("invoice_payments", __name__, url_prefix="/billing/invoices/<int:invoice_id>")


@bp.route("/payments", methods=["GET", "POST"])
@requires(Right.INVOICE)
def record(invoice_id):
    panel = _panel(invoice_id)
    form = panel.record
    if form is None:
        return _page(panel)
    if form.is_pressed() and form.carry_out(
        recording.record_for_invoice,
        invoice_id,
        form.received(),
        key=form.key.data,
        by=current_user,
        version=form.seen_version(),
    ):
        flash(_sentence(form.result, panel.invoice), "positive")
        return redirect(invoice_url(invoice_id), code=303)
    return _again(invoice_id, panel)


@bp.post("/assignments")
@requires(Right.INVOICE)
def assign(invoice_id):
    panel = _of_credit_note(invoice_id)
    if panel.acts and panel.acts.was_assigned():
        return redirect(invoice_url(invoice_id), code=303)
    return _again(invoice_id, panel)


@bp.post("/refunds")
@requires(Right.INVOICE)
def refund(invoice_id):
    panel = _of_credit_note(invoice_id)
    if panel.acts and panel.acts.was_refunded():
        return redirect(invoice_url(invoice_id), code=303)
    return _again(invoice_id, panel)


def _panel(invoice_id: int) -> PaymentPanel:
    """Raises NotVisible, also for a draft: nothing of it can be paid."""
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_draft:
        raise NotVisible()
    return PaymentPanel(invoice)


def _of_credit_note(invoice_id: int) -> PaymentPanel:
    panel = _panel(invoice_id)
    if not panel.invoice.is_credit_note:
        raise NotVisible()
    return panel


def _again(invoice_id: int, panel: PaymentPanel):
    """What was typed, over what is there now."""
    sent = panel.form
    if sent is None or not sent.refusal:
        return _page(panel, sent)
    now = _panel(invoice_id)
    for form in (now.record, now.acts and now.acts.assign, now.acts and now.acts.refund):
        if form is not None:
            form.take_over(sent)
    return _page(now, sent)


def _page(panel: PaymentPanel, sent: MoneyForm | None = None):
    panel.sent = sent
    page = render_template("bss/payments/invoice.html", payments=panel, invoice=panel.invoice)
    return page, 200 if sent is None else sent.status


def _sentence(payment: Payment, invoice: Invoice) -> str:
    said = _("%(amount)s is recorded.", amount=money(payment.amount, payment.currency))
    if payment.unassigned:
        rest = money(payment.unassigned, payment.currency)
        return f"{said} {_('%(rest)s of it is not assigned.', rest=rest)}"
    left = invoice.open - payment.allocated
    if left > 0:
        return f"{said} {_('%(left)s is still open.', left=money(left, invoice.currency))}"
    return f"{said} {_('%(number)s is paid.', number=invoice.number)}"
