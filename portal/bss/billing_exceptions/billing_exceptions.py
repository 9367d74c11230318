"""Billing > Billing exceptions: billed and not delivered, delivered and not billed, each with the act that mends it."""

import uuid

from flask import Blueprint, flash, redirect, request
from flask_login import current_user
from wtforms import HiddenField, TextAreaField

from portal.bss.assets.asset_forms import plain_lines
from portal.bss.billing_exceptions import exception_page as words
from portal.bss.billing_exceptions.exception_page import Cursor, ExceptionPage
from portal.bss.invoice_runs.run_wording import invoice_href
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.list_address import row_id
from portal.models import OrderLine, Right
from portal.services.invoicing import drafts
from portal.services.invoicing.checks import delivered_not_billed, listing
from portal.web.forms import Text
from portal.web.forms.action_forms import ActForm
from portal.web.pages.downloads import csv_answer, name_of_list
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires

bp = Blueprint("billing_exceptions", __name__, url_prefix="/billing/exceptions")


class ReasonForm(ActForm):
    reason = TextAreaField(
        lazy("Why"), filters=[plain_lines], validators=[Text(delivered_not_billed.LONGEST_REASON)]
    )  # fmt: skip


class DraftForm(ActForm):
    key = HiddenField()


@bp.get("")
@requires(Right.INVOICE)
def index():
    if request.args.get("format") == "csv":
        return csv_answer(_csv(), name_of_list(_("billing-exceptions"), "csv"))
    line_id = row_id(request.args.get("reason"))
    return _page(delivered_not_billed.line_of(line_id)) if line_id else _page()


@bp.get("/never")
@requires(Right.INVOICE)
def never():
    page = listing.never(row_id(request.args.get("after")))
    return render_page("bss/billing_exceptions/never.html", block="list", page=page, words=words)


@bp.post("/lines/<int:line_id>/reasons")
@requires(Right.INVOICE)
def reason(line_id):
    line, form = delivered_not_billed.line_of(line_id), ReasonForm()
    values = {"version": form.seen_version(), "by": current_user}
    if form.validate_on_submit() and form.carry_out(
        delivered_not_billed.record_reason, line, form.reason.data or "", **values
    ):
        flash(_("Recorded. This line is never invoiced."), "positive")
        return redirect(words.address(), code=303)
    if form.refusal:
        flash(form.refusal.message, "caution")
    return _page(delivered_not_billed.line_of(line_id), form), 409 if form.refusal else 422


@bp.post("/lines/<int:line_id>/drafts")
@requires(Right.INVOICE)
def draft(line_id):
    line, form = delivered_not_billed.line_of(line_id), DraftForm()
    key = (form.key.data or str(uuid.uuid4()))[:36]
    if form.carry_out(drafts.make_of_lines, line.order.billed_account_id, [line.id], key=key, by=current_user):
        flash(_("A draft was made. Look at it, then issue it."), "positive")
        return redirect(invoice_href(form.result[0]) or words.address(), code=303)
    flash(form.refusal.message, "caution")
    return _page(), 409


def _page(line: OrderLine | None = None, form: ReasonForm | None = None) -> str:
    cursor = Cursor(row_id(request.args.get("billed")), row_id(request.args.get("delivered")))
    form = form or (ReasonForm(data={"version": str(line.order.version)}) if line is not None else None)
    if line is not None and form.refusal:
        form.version.data = str(line.order.version)
    return render_page(
        "bss/billing_exceptions/index.html",
        block="lists",
        page=ExceptionPage.of(cursor),
        cursor=cursor,
        words=words,
        line=line,
        form=form,
        invoice_href=invoice_href,
    )


def _csv():
    yield BYTE_ORDER_MARK + text_of([[str(head) for head in words.HEADS]])
    for cells in words.csv_rows():
        yield text_of([cells])
