"""What staff do with one order: execute, reject or cancel it, note something, retry what failed, invoice it."""

from flask import flash, redirect, request
from flask_login import current_user

from portal.bss.ordering.order_acts_forms import EndForm, ExecuteForm, NoteForm, OrderActForm, TimingForm
from portal.bss.ordering.order_page import OrderPage
from portal.bss.ordering.orders import bp
from portal.core import access
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display import connection_status
from portal.display.orders import order_file
from portal.display.orders.order_view import view_of
from portal.models import Hold, InvoiceTiming, Order, OrderState, Retry, Right
from portal.services import bulk_retries
from portal.services.bulk_retries import retry_page
from portal.services.invoicing import at_once, drafts
from portal.services.ordering import decisions, execution, order_record, order_rights
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.get("/<int:order_id>")
@requires(Right.SEE_ASSETS)
def show(order_id):
    order = access.shown_order(current_user, order_id)
    if request.args.get("format") == "csv":
        return order_file.as_csv(view_of(order, current_user), current_user)
    return _page(order)


@bp.post("/<int:order_id>/executions")
@requires(Right.ORDER)
def execute(order_id):
    order, form = access.shown_order(current_user, order_id), ExecuteForm()
    if form.is_pressed("execute", order) and form.carry_out(
        execution.execute, order, form.decision(), version=form.seen_version(), by=current_user
    ):
        flash(executed_words(form.result), "positive")
        return _to(order_id)
    return _again(order_id, form)


@bp.post("/<int:order_id>/endings")
@requires(Right.ORDER)
def end(order_id):
    order = access.shown_order(current_user, order_id)
    form = EndForm.of(order)
    act = decisions.reject if form.end.data == "reject" else decisions.cancel
    if form.is_pressed("end", order) and form.carry_out(act, order, **form.values(current_user)):
        is_rejected = form.result.state is OrderState.REJECTED
        flash(_("Rejected. Nothing was bought.") if is_rejected else _("Cancelled. Nothing was bought."), "positive")
        return _to(order_id)
    return _again(order_id, form)


@bp.post("/<int:order_id>/notes")
@requires(Right.ORDER)
def annotate(order_id):
    order = access.shown_order(current_user, order_id)
    form = NoteForm.of(order)
    note, version = form.staff_note.data or "", form.seen_version()
    if form.validate_on_submit() and form.carry_out(
        order_record.annotate, order, note, version=version, by=current_user
    ):  # fmt: skip
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
        return _to(order_id)
    return _again(order_id, form)


@bp.post("/<int:order_id>/invoice-drafts")
@requires(Right.INVOICE)
def invoice(order_id):
    """Drafts of what is delivered and on no invoice yet. A second press finds nothing left."""
    order = access.shown_order(current_user, order_id)
    if request.form.get("act") != "invoice":
        return _to(order_id)
    made = drafts.make_of_order(order.id, by=current_user)
    if not made:
        flash(_("Nothing of this order can be invoiced now: it is on an invoice, or not delivered."), "caution")
        return _to(order_id)
    flash(ngettext("A draft is made.", "%(num)s drafts are made: lines outside the scope of VAT need their own.",
                   len(made)), "positive")  # fmt: skip
    return redirect(url_for("bss.invoices.show", invoice_id=made[0].id), code=303)


@bp.post("/<int:order_id>/invoice-timings")
@requires(Right.INVOICE)
def time_invoice(order_id):
    """When it is invoiced, as long as nothing of it is."""
    order = access.shown_order(current_user, order_id)
    form = TimingForm.of(order)
    if form.is_pressed("save", order):
        timing = InvoiceTiming(form.invoice_timing.data)
        values = {"version": form.seen_version(), "by": current_user}
        if form.carry_out(at_once.change_timing, order, timing, form.invoice_reason.data or "", **values):
            flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
            return _to(order_id)
    return _again(order_id, form)


@bp.post("/<int:order_id>/retries")
@requires(Right.PROVISION)
def retry(order_id):
    """One press. What was credited, or has changed since the page was shown, is previewed instead."""
    page, form = OrderPage(access.shown_order(current_user, order_id), current_user), ActForm()
    if request.form.get("act") != "retry":
        return _to(order_id)
    if not page.mendable:
        flash(_("Nothing of this order can be retried any more."), "caution")
        return _to(order_id)
    prepared = bulk_retries.prepare_picked(page.mendable, by=current_user)
    if retry_page.credited(prepared).count:
        return _to_preview(prepared, _("Some of it was credited as not delivered, so nothing was started. Look first."))
    start = {"has_canary": False, "includes_imported": False, "expire_days": None}
    if not form.carry_out(bulk_retries.start, prepared, version=form.seen_version(), by=current_user, **start):
        return _to_preview(prepared, form.refusal.message)
    flash(
        ngettext("%(num)s line is being retried.", "%(num)s lines are being retried.", len(page.mendable)), "positive"
    )
    return _to(order_id)


def _to_preview(prepared: Retry, why: str):
    flash(why, "caution")
    return redirect(url_for("bss.retries.show", retry_id=prepared.id), code=303)


def executed_words(order: Order) -> str:
    if order.state is OrderState.EXECUTED:
        return f"{_('Executed.')} {connection_status.asking(order.lines_count)}"
    if order.hold is Hold.START_DATE:
        return _("It will be executed on its start date. Nothing was bought yet.")
    if order.state is not OrderState.SUBMITTED:  # an old form, sent again
        return order_rights.too_late(order)
    return _("Submitted, and not executed yet.")


def _to(order_id: int):
    return redirect(url_for(".show", order_id=order_id), code=303)


def _again(order_id: int, form: OrderActForm):
    """The current state, with the refusal or the errors beside the fields."""
    order = access.shown_order(current_user, order_id)
    if form.refusal is not None and not isinstance(form.refusal, StaleVersion):
        flash(form.refusal.message, "caution")
    return _page(order, form), form.status


def _page(order: Order, form: OrderActForm | None = None) -> str:
    page = OrderPage(order, current_user, form)
    return render_page("bss/ordering/show.html", block="delivery", page=page, order=order)
