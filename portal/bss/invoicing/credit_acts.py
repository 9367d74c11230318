"""Credits an issued invoice: first a preview, then the credit note, which has its number at once."""

from flask import flash, redirect, render_template
from flask_login import current_user

from portal.bss.invoicing.credit_form import CreditForm
from portal.bss.invoicing.invoices import bp
from portal.core import billing_access
from portal.core.errors import InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.models import Invoice, Right
from portal.services.invoicing import credit_notes
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.route("/<int:invoice_id>/credit-notes", methods=["GET", "POST"])
@requires(Right.INVOICE)
def credit(invoice_id):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_draft or invoice.is_credit_note:
        raise NotVisible()
    form = CreditForm.of(invoice)
    if form.is_pressed("issue") and _issue(form, invoice):
        note = form.result
        flash(_("Issued as %(number)s. Nothing at BitTitan was changed.", number=note.number), "positive")
        return redirect(url_for(".show", invoice_id=note.id), code=303)
    if form.act in ("preview", "check", "") and form.is_submitted() and not form.errors:
        form.preview = _preview(form, invoice)
    return _page(invoice_id, form)


def _preview(form: CreditForm, invoice: Invoice) -> credit_notes.Preview | None:
    quantities = form.quantities()
    if form.quantities_error or not _carried_out(form, credit_notes.preview, invoice, quantities):
        return None
    return form.result


def _issue(form: CreditForm, invoice: Invoice) -> bool:
    quantities = form.quantities()
    more = {"key": form.key.data, "by": current_user}
    return not form.quantities_error and _carried_out(form, credit_notes.credit, invoice, quantities, **more)


def _carried_out(form: CreditForm, act, invoice: Invoice, quantities: dict[int, int], **more) -> bool:
    try:
        return form.carry_out(act, invoice, quantities, **form.values(), **more)
    except InvalidInput as wrong:
        if wrong.field != "quantities":
            raise
        form.quantities_error = wrong.message
        return False


def _page(invoice_id: int, form: CreditForm):
    """The invoice as it is now; after a refusal with what is left now."""
    form.invoice = billing_access.visible_invoice(current_user, invoice_id)
    page = {"invoice": form.invoice, "credit": form}
    return render_template("bss/invoicing/credit.html", **page), form.status
