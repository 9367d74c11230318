"""Billing > Invoices: the list, and the page of one."""

from flask import Blueprint, render_template
from flask_login import current_user

from portal.bss.invoicing import draft_page
from portal.bss.invoicing.credit_form import CreditForm
from portal.core import billing_access
from portal.models import Right
from portal.web.security.guards import requires

bp = Blueprint("invoices", __name__, url_prefix="/billing/invoices")
MOST = 50


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    drafts = billing_access.visible_drafts(current_user, MOST)
    return render_template("bss/invoicing/index.html", drafts=drafts)


@bp.get("/<int:invoice_id>")
@requires(Right.SEE_INVOICES)
def show(invoice_id):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_draft:
        return draft_page.render(invoice, current_user)
    return render_template("bss/invoicing/show.html", invoice=invoice, credit=CreditForm.of(invoice))
