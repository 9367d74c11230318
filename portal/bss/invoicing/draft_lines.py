"""One line of a draft: correct its price, leave it out, invoice it although it was not delivered."""

from flask import flash, redirect, render_template
from flask_login import current_user

from portal.bss.invoicing.draft_acts import issued_already, to
from portal.bss.invoicing.draft_forms import DraftForm, PriceForm, ReasonForm
from portal.bss.invoicing.invoices import bp
from portal.core import billing_access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.models import Invoice, InvoiceLine, Right
from portal.services.invoicing import drafts, readiness
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.route("/<int:invoice_id>/lines/<int:place>/prices", methods=["GET", "POST"])
@requires(Right.INVOICE)
def set_price(invoice_id, place):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if not invoice.is_draft:
        return issued_already(invoice)
    line = _line(invoice, place)
    form = PriceForm.of(invoice, line)
    if form.is_pressed("price", of=invoice) and form.carry_out(
        drafts.set_price, invoice, line.id, form.amount, **_values(form)
    ):
        flash(_("The price is corrected. The order keeps its own."), "positive")
        return to(invoice_id)
    return _page(invoice_id, place, price=form)


@bp.route("/<int:invoice_id>/lines/<int:place>/omissions", methods=["GET", "POST"])
@requires(Right.INVOICE)
def leave_out(invoice_id, place):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if not invoice.is_draft:
        return issued_already(invoice)
    line, form = _line(invoice, place), DraftForm()
    version = form.seen_version()
    if form.is_pressed("leave-out", of=invoice) and form.carry_out(
        drafts.leave_out, invoice, line.id, version=version, by=current_user
    ):
        flash(_("The line is left out. It can be invoiced later."), "positive")
        return _after_leaving_out(form.result, invoice_id)
    return _page(invoice_id, place, omission=form)


@bp.post("/<int:invoice_id>/lines/<int:place>/reasons")
@requires(Right.INVOICE)
def bill_undelivered(invoice_id, place):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if not invoice.is_draft:
        return issued_already(invoice)
    line, form = _line(invoice, place), ReasonForm()
    if form.is_pressed("bill", of=invoice) and form.carry_out(
        drafts.bill_undelivered, invoice, line.id, **_values(form)
    ):
        flash(_("Saved. The line is invoiced for your reason."), "positive")
        return to(invoice_id)
    return _page(invoice_id, place, undelivered=form)


def _after_leaving_out(draft: Invoice | None, invoice_id: int):
    """The last line takes the draft with it."""
    return to(invoice_id) if draft is not None else redirect(url_for(".index"), code=303)


def _line(invoice: Invoice, place: int) -> InvoiceLine:
    """A draft credit note takes its lines as they were invoiced."""
    line = next((each for each in invoice.lines if each.position == place), None)
    if line is None or invoice.is_credit_note:
        raise NotVisible()
    return line


def _values(form: ReasonForm) -> dict:
    return {"reason": form.reason.data or "", "version": form.seen_version(), "by": current_user}


def _page(invoice_id: int, place: int, **sent: DraftForm):
    """The line as it is now, with all that can be done with it. `sent`: the form that was sent."""
    form = next(iter(sent.values()))
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    line = _line(invoice, place)
    forms = {
        "price": PriceForm.of(invoice, line) if "price" not in sent else form,
        "omission": sent.get("omission") or DraftForm(formdata=None),
        "undelivered": sent.get("undelivered") or ReasonForm(formdata=None, data={"reason": line.undelivered_reason}),
    }
    for each in forms.values():
        each.over(invoice)
    forms["undelivered"].reason.id = "undelivered-reason"
    page = {
        "invoice": invoice,
        "line": line,
        "form": form,
        "forms": forms,
        "is_delivered": readiness.is_delivered(line),
    }
    return render_template("bss/invoicing/line.html", **page), form.status
