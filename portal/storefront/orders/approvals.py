"""Storefront > Approvals: a partner decides about the orders of its customers, and says when it wants to be asked."""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user

from portal.core import access
from portal.core.i18n import gettext as _
from portal.models import AccountKind, Right
from portal.services.ordering import approvals
from portal.services.ordering.approvals import approval_rule
from portal.storefront.orders.approval_forms import ACTS, PicksForm, RuleForm
from portal.storefront.orders.approval_page import ApprovalPage, rule_words, sentence
from portal.web.security.guards import only, requires
from portal.web.urls import url_for

bp = Blueprint("approvals", __name__, url_prefix="/approvals")
bp.before_request(only(AccountKind.PARTNER))


@bp.get("")
@requires(Right.ORDER)
def index():
    return _page()


@bp.post("")
@requires(Right.ORDER)
def decide():
    form = PicksForm()
    act, picked = ACTS.get(form.act), form.picked
    if not form.validate() or act is None or not picked:
        return _not_decided(form)
    outcomes = approvals.decide(picked, act, by=current_user, reason=form.reason.data or "")
    if not outcomes:
        return _not_decided(form)
    is_all = all(not outcome.refusal for outcome in outcomes)
    flash(sentence(outcomes, act), "positive" if is_all else "caution")
    return redirect(url_for(".index"), code=303)


@bp.post("/rule")
@requires(Right.SET_PRICES)
def change_rule():
    form = RuleForm.of(access.visible_account(current_user, current_user.account_id))
    if form.is_pressed("save") and form.carry_out(approval_rule.change, by=current_user, **form.values()):
        flash(_("Saved. It counts for orders placed from now on.") if form.result else _("Nothing was changed."))
        return redirect(url_for(".index"), code=303)
    if form.is_stale():
        flash(form.refusal.message, "caution")
        form.take_current(access.visible_account(current_user, current_user.account_id))
    return _page(rule=form), form.status


def _not_decided(form: PicksForm):
    if form.errors:
        flash(_("Nothing was decided yet."), "caution")
    elif form.act in ACTS:
        flash(_("Tick the orders first. Nothing was decided."), "caution")
    else:
        flash(_("Nothing was decided yet. Press Approve or Reject."), "message")
    return _page(form=form), 422 if form.errors or form.act in ACTS else 200


def _page(form: PicksForm | None = None, rule: RuleForm | None = None) -> str:
    shown, account = ApprovalPage.of(current_user), current_user.account
    return render_template(
        "storefront/orders/approvals.html",
        shown=shown,
        form=form or PicksForm(formdata=None),
        picked=form.picked if form else {},
        rule=rule or RuleForm.of(account),
        rule_words=rule_words,
        may_change_rule=approval_rule.may_change(current_user),
        approvals_waiting=shown.count if shown.rows else None,
    )
