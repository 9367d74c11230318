"""Billing > Payments: the list, one payment, and what is done with it."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.payments import payment_export, source_acts
from portal.bss.payments.payment_forms import AccountRecordForm, MoneyForm, ReverseForm, TakeBackForm
from portal.bss.payments.payment_listing import PaymentList, list_address
from portal.bss.payments.payment_panel import invoice_url
from portal.bss.payments.payment_wording import change_words, source_words
from portal.core import billing_access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.account_choice import AccountChoice
from portal.display.lists import list_search
from portal.display.lists.list_address import row_id
from portal.models import Account, Payment, PaymentKind, Right
from portal.services.catalog import prices
from portal.services.invoicing.payments import payers, reading, recording, reversals, standing
from portal.services.invoicing.payments.sources import Source
from portal.web.filters import money
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.urls import url_for

_REVERSED = {
    PaymentKind.PAYMENT: lazy("It is reversed. What it settled is open again."),
    PaymentKind.REFUND: lazy("The refund is reversed. What was paid back waits for an invoice again."),
}
bp = Blueprint("payments", __name__, url_prefix="/billing/payments")


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_INVOICES)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


def _list(args: MultiDict):
    shown = PaymentList(current_user, args)
    if args.get("format") == "csv":
        return payment_export.as_csv(current_user, shown.filters)
    return render_list("bss/payments/index.html", shown, invoice_url=invoice_url)


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.INVOICE)
def new():
    """Without an invoice: first the account, then the money."""
    account_id = row_id(request.args.get("account"))
    if account_id is None:
        return _choose_account()
    account = payers.payer(current_user, account_id)
    form = AccountRecordForm.with_choices(_currencies(account), account.currency or "EUR")
    if form.is_pressed() and form.carry_out(
        recording.record_for_account, account.id, form.received(form.note.data or ""), key=form.key.data,
        by=current_user,
    ):  # fmt: skip
        amount = money(form.result.amount, form.result.currency)
        flash(_("%(amount)s is recorded. It is not assigned yet.", amount=amount), "positive")
        return redirect(url_for(".show", payment_id=form.result.id), code=303)
    return render_template("bss/payments/new.html", form=form, account=account), form.status


@bp.get("/<int:payment_id>")
@requires(Right.SEE_INVOICES)
def show(payment_id):
    return _page(payment_id)


@bp.post("/<int:payment_id>/assignments")
@requires(Right.INVOICE)
def assign(payment_id):
    acts = source_acts.of_payment(billing_access.visible_payment(current_user, payment_id))
    if acts.was_assigned():
        return redirect(url_for(".show", payment_id=payment_id), code=303)
    return _page(payment_id, acts.form)


@bp.post("/<int:payment_id>/refunds")
@requires(Right.INVOICE)
def refund(payment_id):
    acts = source_acts.of_payment(billing_access.visible_payment(current_user, payment_id))
    if acts.was_refunded():
        return redirect(url_for(".show", payment_id=payment_id), code=303)
    return _page(payment_id, acts.form)


@bp.post("/<int:payment_id>/reversals")
@requires(Right.INVOICE)
def reverse(payment_id):
    payment = billing_access.visible_payment(current_user, payment_id)
    form = _reverse_form(payment)
    if form.is_pressed() and form.carry_out(
        reversals.reverse, payment_id, form.reason.data or "", by=current_user, version=form.seen_version()
    ):
        flash(str(_REVERSED[payment.kind]), "positive")
        return redirect(url_for(".show", payment_id=payment_id), code=303)
    return _page(payment_id, form)


@bp.post("/<int:payment_id>/take-backs")
@requires(Right.INVOICE)
def take_back(payment_id):
    payment = billing_access.visible_payment(current_user, payment_id)
    form = _take_back_form(payment)
    if form.is_pressed() and form.carry_out(
        reversals.take_back, payment_id, int(form.invoice.data), form.reason.data or "", by=current_user,
        version=form.seen_version(),
    ):  # fmt: skip
        amount = money(form.result, payment.currency)
        flash(_("%(amount)s is taken back. The invoice is open again.", amount=amount), "positive")
        return redirect(url_for(".show", payment_id=payment_id), code=303)
    return _page(payment_id, form)


def _page(payment_id: int, sent: MoneyForm | None = None):
    """`sent`: the form whose answer this is. All is shown as it is now."""
    allocations = reading.of_payment(payment_id)  # first: after a refusal it reads payments anew, without their account
    payment = billing_access.visible_payment(current_user, payment_id)
    may_act = current_user.may(Right.INVOICE) and payment.reversed_at is None
    acts = source_acts.of_payment(payment) if may_act and payment.unassigned else None
    if acts is not None:
        acts.assign.take_over(sent)
        acts.refund.take_over(sent)
    page = render_template(
        "bss/payments/show.html", payment=payment, allocations=allocations, form=sent, acts=acts,
        reverse=_reverse_form(payment).take_over(sent) if may_act else None,
        take_back=_take_back_form(payment).take_over(sent) if may_act else None, history=reading.history(payment.id),
        is_refund=payment.kind is PaymentKind.REFUND, invoice_url=invoice_url, change_words=change_words,
        source_words=source_words,
    )  # fmt: skip
    return page, 200 if sent is None else sent.status


def _reverse_form(payment: Payment) -> ReverseForm:
    return ReverseForm.over(payment.currency, standing.of(Source(payment_id=payment.id)))


def _take_back_form(payment: Payment) -> TakeBackForm:
    version, settled = standing.of(Source(payment_id=payment.id)), reading.settled_by(payment.id)
    return TakeBackForm.of(payment.currency, version, settled)


def _choose_account():
    form = AccountChoice()
    if form.validate_on_submit() and (account := form.found(current_user)) is not None:
        if payers.is_billed(account):
            return redirect(url_for(".new", account=account.id), code=303)
        form.account.errors = [_("%(name)s is not billed.", name=account.name)]
    status = 422 if form.is_submitted() else 200
    return render_template("bss/payments/choose.html", form=form), status


def _currencies(account: Account) -> list[tuple[str, str]]:
    codes = dict.fromkeys([account.currency or "EUR", *prices.currencies()])
    return [(code, code) for code in codes]
