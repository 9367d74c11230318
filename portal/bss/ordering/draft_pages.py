"""Orders with many lines: written, saved as a draft, submitted, executed, discarded, ordered again."""

from flask import flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.ordering.draft_form import AgainForm, DraftForm
from portal.bss.ordering.order_acts import executed_words
from portal.bss.ordering.orders import bp
from portal.core import access
from portal.core.errors import Conflict, InvalidInput, NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Order, OrderState, Right
from portal.services.ordering import drafts, execution, order_again, submission
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.route("/new-draft", methods=["GET", "POST"])
@requires(Right.ORDER)
def new_draft():
    form = DraftForm.new(current_user, row_id(request.args.get("account")))
    if form.prepare() and form.carry_out(
        drafts.create, form.buyer.id, form.draft(), by=current_user, key=form.key.data
    ):  # fmt: skip
        return _after(form)
    return render_template("bss/ordering/draft.html", form=form), form.status


@bp.route("/<int:order_id>/edit", methods=["GET", "POST"])
@requires(Right.ORDER)
def edit(order_id):
    order = _draft(order_id)
    if order.state is not OrderState.DRAFT:
        return _to(order_id)
    form = DraftForm.of(current_user, order)
    version = form.seen_version()
    if form.prepare() and form.carry_out(drafts.save, order, form.draft(), version=version, by=current_user):
        return _after(form)
    if form.refusal is not None:
        form.version.data = str(access.visible_order(current_user, order_id).version)
    return render_template("bss/ordering/draft.html", form=form), form.status


@bp.route("/<int:order_id>/deletions", methods=["GET", "POST"])
@requires(Right.ORDER)
def discard(order_id):
    order, form = _draft(order_id), ActForm()
    if request.method == "GET":
        form.version.data = str(order.version)
    elif form.validate() and form.carry_out(_discard, order, form.seen_version()):
        if form.result:
            flash(_("%(number)s is discarded.", number=order.number), "positive")
            return redirect(url_for(".index"), code=303)
    if form.refusal is not None:
        form.version.data = str(access.visible_order(current_user, order_id).version)
    return render_template("bss/ordering/discard.html", form=form, order=order), 409 if form.refusal else 200


@bp.post("/<int:order_id>/again")
@requires(Right.ORDER)
def again(order_id):
    """A new draft of what the order held, at the prices of today. The key of the form makes one of two presses."""
    order, form = access.visible_order(current_user, order_id), AgainForm()
    if not form.validate():
        flash(_("The form was not complete, so nothing was made. Press “Order again” once more."), "caution")
        return _to(order_id)
    try:
        made = drafts.create(order.account_id, order_again.draft_of(order), by=current_user, key=form.key.data)
    except InvalidInput as wrong:
        flash(wrong.message, "caution")
        return _to(order_id)
    flash(_("A draft of all its lines, at the prices of today. Nothing is ordered yet."), "positive")
    return redirect(url_for(".edit", order_id=made.id), code=303)


def _discard(order: Order, version: int) -> bool:
    """Only looks at the version unless the button was pressed."""
    if request.form.get("act") != "discard":
        drafts.check_draft(order, version)
        return False
    drafts.discard(order, version=version, by=current_user)
    return True


def _draft(order_id: int) -> Order:
    return access.visible_order(current_user, order_id)


def _after(form: DraftForm):
    """What was pressed, after the draft was saved."""
    order_id, version = form.result.id, form.result.version
    if form.act == "draft":
        flash(_("Saved as a draft. Nothing is ordered yet."), "positive")
        return redirect(url_for(".edit", order_id=order_id), code=303)
    try:
        flash(_ordered(form, access.visible_order(current_user, order_id), version), "positive")
    except (Conflict, StaleVersion, InvalidInput, NotAllowed) as refusal:
        flash(refusal.message or _("Nothing was ordered."), "caution")
        is_draft = access.visible_order(current_user, order_id).state is OrderState.DRAFT
        return redirect(url_for(".edit" if is_draft else ".show", order_id=order_id), code=303)
    return _to(order_id)


def _ordered(form: DraftForm, order: Order, version: int) -> str:
    order = submission.submit(order, version=version, seen=form.sheet.seen, by=current_user, executes=False)
    if form.act == "execute" and order.state is OrderState.SUBMITTED:
        order = execution.execute(order, form.decision(), version=order.version, by=current_user)
    return executed_words(order)


def _to(order_id: int):
    return redirect(url_for(".show", order_id=order_id), code=303)
