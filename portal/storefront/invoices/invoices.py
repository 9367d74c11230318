"""Storefront > Invoices: what the distributor invoices to this account. A partner's customers have none here."""

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.core import billing_access
from portal.core.errors import OtherArea
from portal.display.invoices import invoice_files
from portal.display.invoices.invoice_page import InvoicePage, size
from portal.display.lists import list_search
from portal.models import Invoice, Right
from portal.services.invoicing import aging
from portal.storefront.invoices.invoice_listing import BuyerFilters, BuyerInvoices
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer

bp = Blueprint("invoices", __name__, url_prefix="/billing/invoices")


@bp.before_request
def only_who_is_billed() -> None:
    """Raises OtherArea (404) for a partner's customers."""
    if current_user.is_authenticated and not current_user.account.pays_itself:
        raise OtherArea()


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_INVOICES)
def search():
    return list_search.answer(current_user, request.form, address_of=BuyerInvoices.address, show=_list)


@bp.get("/<int:invoice_id>")
@requires(Right.SEE_INVOICES)
def show(invoice_id):
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    shown = {"invoice": invoice, "page": InvoicePage(invoice, current_user), "size": size}
    return render_page("storefront/invoices/show.html", block="documents", credit=_credit(invoice), **shown)


@bp.get("/<int:invoice_id>/documents/<document>")
@requires(Right.SEE_INVOICES)
def download(invoice_id, document):
    return invoice_files.download(current_user, invoice_id, document)


def _credit(invoice: Invoice) -> int:
    """Paid or credited, and not set off yet; in the currency of an invoice that is open."""
    if invoice.is_credit_note or not invoice.open:
        return 0
    return aging.of_account(invoice.billed_account_id)[invoice.currency].waiting


def _list(args: MultiDict):
    if args.get("format") == "csv":
        return BuyerFilters(viewer(), args).as_csv()
    return render_list("storefront/invoices/index.html", BuyerInvoices(viewer(), args))
