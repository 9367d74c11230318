"""Sales > Orders: place an order, list orders, show one."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from portal.bss.ordering.order_form import OrderForm
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.display.lists.list_address import row_id
from portal.models import Order, OrderState, Right
from portal.services import ordering
from portal.services.ordering import offers
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("orders", __name__, url_prefix="/sales/orders")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    rows, older = offers.orders(current_user, row_id(request.args.get("before")))
    return render_template("bss/ordering/index.html", rows=rows, older=older)


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.ORDER)
def new():
    form = OrderForm.of(current_user, _again(request.args) or request.args)
    if form.is_to_be_placed() and form.carry_out(ordering.place, **form.values(current_user)):
        return _after_placing(form.result)
    return render_template("bss/ordering/new.html", form=form), form.status


@bp.post("/searches")
@requires(Right.ORDER)
def search():
    """Finds the account to order for."""
    return list_search.answer(current_user, request.form, address_of=_address)


def _after_placing(order: Order) -> Response:
    if order.state is OrderState.EXECUTED:
        flash(_("Ordered. BitTitan is being asked for the coupon."), "positive")
        return redirect(url_for("bss.assets.show", asset_id=order.lines[0].asset_id), code=303)
    flash(_("Submitted, and not executed yet."), "caution")
    return redirect(url_for("bss.orders.show", order_id=order.id), code=303)


def _again(args: MultiDict) -> MultiDict | None:
    """What the asset of “Order again” was ordered with."""
    if "again" not in args:
        return None
    asset = access.visible_asset(current_user, row_id(args["again"]) or 0)
    return MultiDict(
        {"account": str(asset.account_id), "product": str(asset.product_id), "quantity": str(asset.quantity),
         "name": asset.name}
    )  # fmt: skip


def _address(typed: MultiDict) -> str:
    return url_for(".new", q=typed["q"] or None)
