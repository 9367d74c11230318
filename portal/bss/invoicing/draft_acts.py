"""What staff do with a draft: issue it, keep the purchase order, give a rate, see it as PDF, discard it."""

from flask import Response, flash, redirect, render_template
from flask_login import current_user

from portal.bss.invoicing import credit_draft, draft_page
from portal.bss.invoicing.draft_forms import DraftForm, ExchangeForm, IssueForm
from portal.bss.invoicing.invoices import bp
from portal.core import billing_access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Invoice, InvoiceKind, Right
from portal.services.invoicing import credit_notes, documents, drafts, exchange, issuing, readiness
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.post("/<int:invoice_id>/issues")
@requires(Right.INVOICE)
def issue(invoice_id):
    """Its other button keeps the purchase order for later; of a credit note, its reason."""
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_draft and invoice.is_credit_note:
        form = credit_draft.act(invoice)
        return to(invoice_id) if form.result else again(invoice_id, form)
    form = IssueForm.of(invoice)
    if not form.is_pressed("issue", "keep", of=invoice) or not form.carry_out(_ACTS[form.act], invoice, form):
        return again(invoice_id, form)
    if form.result.is_draft:
        flash(_("Saved."), "positive")
    else:
        flash(_("Issued as %(number)s. Its PDF follows in a moment.", number=form.result.number), "positive")
    return to(invoice_id)


@bp.post("/<int:invoice_id>/exchanges")
@requires(Right.INVOICE)
def give_rate(invoice_id):
    """The VAT in the distributor's currency."""
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if invoice.is_credit_note:
        raise NotVisible()
    form = ExchangeForm.of(invoice)
    if form.is_pressed("save", of=invoice) and form.carry_out(_give_rate, invoice, form):
        flash(_("Saved."), "positive")
        return to(invoice_id)
    return again(invoice_id, form)


@bp.route("/<int:invoice_id>/discards", methods=["GET", "POST"])
@requires(Right.INVOICE)
def discard(invoice_id):
    invoice, form = billing_access.visible_invoice(current_user, invoice_id), DraftForm()
    version = form.seen_version()
    if not invoice.is_draft:
        return issued_already(invoice)
    if form.is_pressed("discard", of=invoice) and form.carry_out(
        drafts.discard, invoice, version=version, by=current_user
    ):
        flash(_DISCARDED[invoice.kind], "positive")
        return redirect(url_for(".index"), code=303)
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    page = {"invoice": invoice, "form": form.over(invoice)}
    return render_template("bss/invoicing/discard.html", **page), form.status


@bp.get("/<int:invoice_id>/preview.pdf")
@requires(Right.SEE_INVOICES)
def preview(invoice_id):
    """A draft as it would be printed. It is made for this answer, and not stored."""
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if not invoice.is_draft:
        raise NotVisible()
    if invoice.is_credit_note:
        document = credit_notes.draft_document(invoice)
    else:
        document = readiness.printable_draft(invoice, issuing.sources_of(invoice))
    content = documents.of_draft(document)
    headers = {"Content-Disposition": f'inline; filename="draft-{invoice.id}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


def to(invoice_id: int):
    return redirect(url_for(".show", invoice_id=invoice_id), code=303)


def issued_already(invoice: Invoice):
    """An old form, sent again: leads to what it has become."""
    flash(_("It was issued as %(number)s a moment before.", number=invoice.number), "caution")
    return to(invoice.id)


def again(invoice_id: int, form: DraftForm):
    """The draft as it is now, with the refusal or the errors beside the fields."""
    invoice = billing_access.visible_invoice(current_user, invoice_id)
    if not invoice.is_draft:
        return issued_already(invoice)
    page = credit_draft if invoice.is_credit_note else draft_page
    return page.render(invoice, current_user, form), form.status


def _issue(invoice: Invoice, form: IssueForm) -> Invoice:
    """With the purchase order that stands in the form."""
    invoice = _keep(invoice, form)
    days = {"issued_on": form.issued_on.data, "due_on": form.due_on.data}
    return issuing.issue(invoice, version=invoice.version, by=current_user, **days)


def _keep(invoice: Invoice, form: IssueForm) -> Invoice:
    return drafts.save(invoice, po_number=form.po_number.data or "", version=form.seen_version(), by=current_user)


_DISCARDED = {
    InvoiceKind.INVOICE: lazy("The draft is discarded. Its lines can be invoiced again."),
    InvoiceKind.CREDIT_NOTE: lazy("The draft is discarded. Nothing was credited."),
}
_ACTS = {"issue": _issue, "keep": _keep}


def _give_rate(invoice: Invoice, form: ExchangeForm) -> Invoice:
    home = exchange.home_currency()
    values = exchange.values(invoice, home, form.rate.data or "", form.source.data or "")
    version = form.seen_version()
    return drafts.save(invoice, po_number=invoice.po_number, exchange=values, version=version, by=current_user)
