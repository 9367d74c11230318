"""Billing > Invoices: the list, the page of one invoice, its files."""

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.invoicing import credit_draft, draft_page, lacking_files
from portal.bss.invoicing.credit_form import CreditForm
from portal.bss.invoicing.invoice_listing import StaffFilters, StaffInvoices
from portal.bss.payments.payment_panel import PaymentPanel
from portal.core import billing_access
from portal.display.invoices import invoice_files
from portal.display.invoices.invoice_page import InvoicePage, size
from portal.display.lists import list_search
from portal.models import Invoice, Right
from portal.services import credit_drafts
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer

bp = Blueprint("invoices", __name__, url_prefix="/billing/invoices")


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_INVOICES)
def search():
    return list_search.answer(current_user, request.form, address_of=StaffInvoices.address, show=_list)


@bp.get("/<int:invoice_id>")
@requires(Right.SEE_INVOICES)
def show(invoice_id):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_draft:
        page = credit_draft if invoice.is_credit_note else draft_page
        return page.render(invoice, current_user)
    may_credit = current_user.may(Right.INVOICE) and not invoice.is_credit_note
    credit = CreditForm.of(invoice) if may_credit else None
    drafts = credit_drafts.drafts_of([line.id for line in invoice.lines if line.left]) if may_credit else {}
    more = {"credit": credit if credit and credit.left else None, "credit_draft": next(iter(drafts.values()), None)}
    return shown(invoice, payments=PaymentPanel(invoice), **more)


@bp.get("/<int:invoice_id>/documents/<document>")
@requires(Right.SEE_INVOICES)
def download(invoice_id, document):
    return invoice_files.download(current_user, invoice_id, document)


def shown(invoice: Invoice, **more) -> str:
    """The page of an invoice. `more`: what the forms on it need."""
    page = InvoicePage(invoice, current_user)
    more["lacking"] = lacking_files.of(invoice, page.around.documents, current_user)
    return render_page("bss/invoicing/show.html", block="documents", invoice=invoice, page=page, size=size, **more)


def _list(args: MultiDict):
    if args.get("format") == "csv":
        return StaffFilters(viewer(), args).as_csv()
    return render_list("bss/invoicing/index.html", StaffInvoices(viewer(), args))
