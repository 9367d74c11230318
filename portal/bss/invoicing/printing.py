"""Makes the PDF of an invoice without the characters that no font has. Who presses sees them first."""

from flask import flash, render_template
from flask_login import current_user
from wtforms import HiddenField

from portal.bss.invoicing.draft_acts import to
from portal.bss.invoicing.draft_forms import DraftForm
from portal.bss.invoicing.invoices import bp
from portal.core import billing_access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.models import Right
from portal.services.invoicing import documents
from portal.web.security.guards import requires


class PrintForm(DraftForm):
    seen = HiddenField()
    """The characters that the page named."""


@bp.route("/<int:invoice_id>/pdfs", methods=["GET", "POST"])
@requires(Right.INVOICE)
def print_without(invoice_id):
    invoice, form = billing_access.visible_invoice(current_user, invoice_id), PrintForm()
    if invoice.is_draft:
        raise NotVisible()
    seen = form.seen.data or ""
    if form.is_pressed("print") and form.carry_out(documents.print_without, invoice, seen=seen, by=current_user):
        flash(_("The PDF is made without %(characters)s.", characters=form.result), "positive")
        return to(invoice_id)
    left_out = documents.left_out(invoice)
    if form.refusal:
        flash(form.refusal.message, "caution")
    if not left_out.characters or documents.has_pdf(invoice.id):
        return to(invoice_id)
    form.seen.data = left_out.characters
    page = {"invoice": invoice, "form": form.over(invoice), "left_out": left_out}
    return render_template("bss/invoicing/print.html", **page), form.status
