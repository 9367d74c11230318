"""Storefront > Orders: the page of one order, and what its buyer and its partner can do with it."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug import Response

from portal.core import access
from portal.core.errors import DomainError, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.lists import list_search
from portal.display.orders import order_file
from portal.display.orders.order_view import view_of
from portal.models import Order, OrderState, Right
from portal.services.ordering import decisions, drafts, order_again
from portal.storefront.orders.order_forms import AgainForm, ReasonForm
from portal.storefront.orders.order_list import OrdersList, list_address
from portal.storefront.orders.order_page import OrderPage
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.pages.polling import is_poll
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    shown = OrdersList(viewer(), request.args)
    return shown.as_csv() if request.args.get("format") == "csv" else _list(shown)


@bp.post("/searches")
@requires(Right.SEE_ASSETS)
def search():
    return list_search.answer(
        current_user, request.form, address_of=list_address, show=lambda args: _list(OrdersList(viewer(), args))
    )


@bp.get("/<int:order_id>")
@requires(Right.SEE_ASSETS)
def show(order_id):
    order = access.submitted_order(current_user, order_id)
    if request.args.get("format") == "csv":
        return order_file.as_csv(view_of(order, current_user), current_user)
    return _page(order)


@bp.post("/<int:order_id>/cancellations")
@requires(Right.ORDER)
def cancel(order_id):
    order, form = access.submitted_order(current_user, order_id), ReasonForm()
    if form.is_pressed("cancel") and form.carry_out(decisions.cancel, order, **form.values(current_user)):
        flash(_("%(number)s is cancelled. Nothing was bought.", number=order.number), "positive")
        return _to(order_id)
    return _answered(order_id, form)


@bp.post("/<int:order_id>/decisions")
@requires(Right.ORDER)
def decide(order_id):
    order, form = access.submitted_order(current_user, order_id), ReasonForm()
    act = {"approve": decisions.approve, "reject": decisions.reject}.get(form.act)
    if act and form.validate() and form.carry_out(act, order, **form.values(current_user)):
        flash(_decided(form.result), "positive")
        return _to(order_id)
    return _answered(order_id, form)


@bp.route("/<int:order_id>/copies", methods=["GET", "POST"])
@requires(Right.ORDER)
def again(order_id):
    order = access.visible_order(current_user, order_id)
    again, basket = order_again.checked(order, current_user), drafts.basket_of(current_user)
    form = AgainForm.of(basket)
    if again.lines and form.is_pressed("add", "replace") and _fill_basket(form, again.lines, basket):
        flash(_filled(len(again.lines)), "positive")
        return redirect(url_for("storefront.basket.show"), code=303)
    form.check_seen(basket)
    if form.refusal:
        flash(form.refusal.message, "caution")
    page = render_template("storefront/orders/again.html", order=order, again=again, basket=basket, form=form)
    return page, form.status


def _list(shown: OrdersList):
    if is_poll():
        return render_page("storefront/orders/index.html", block="rows", list=shown)
    return render_list("storefront/orders/index.html", shown)


def _page(order: Order, form: ReasonForm | None = None) -> str:
    shown = OrderPage(order, current_user)
    form = (form or ReasonForm(formdata=None)).over(order)
    return render_page("storefront/orders/show.html", block="article", order=order, shown=shown, form=form)


def _answered(order_id: int, form: ReasonForm):
    """Nothing was done: shows the order as it is now, and why."""
    order = access.submitted_order(current_user, order_id)
    form.check_seen(order)
    if form.refusal:
        flash(_changed(order, form.refusal), "caution")
    elif not form.errors:
        flash(_("Nothing was changed yet. Press the button that says what is to happen."), "message")
    return _page(order, form), form.status


def _changed(order: Order, refusal: DomainError) -> str:
    """Lines and prices stay as they were ordered, so that only its state may be another one."""
    if not isinstance(refusal, StaleVersion):
        return refusal.message
    now = _("Now: %(state)s. Its lines and prices are the same.", state=OrderPage(order, current_user).answer)
    return f"{refusal.message} {now}"


def _to(order_id: int) -> Response:
    return redirect(url_for(".show", order_id=order_id), code=303)


def _decided(order: Order) -> str:
    if order.state is OrderState.REJECTED:
        return _("%(number)s is rejected. Nothing was bought.", number=order.number)
    if order.state is OrderState.EXECUTED:
        return _("%(number)s is approved. The licences are being bought.", number=order.number)
    return _("%(number)s is approved.", number=order.number)


def _fill_basket(form: AgainForm, lines: list[drafts.LineInput], basket: Order | None) -> bool:
    if form.act == "replace" and basket is not None:
        values = {"version": form.seen_version(), "by": current_user}
        return form.carry_out(order_again.replace_basket, basket, lines, **values)
    return form.carry_out(order_again.add_to_basket, lines, key=form.seen_key, by=current_user)


def _filled(number: int) -> str:
    return ngettext("%(num)s line is in your basket.", "%(num)s lines are in your basket.", number)
