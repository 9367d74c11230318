"""Sales > Orders: place an order, list orders, show one."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from portal.bss.ordering import order_export
from portal.bss.ordering.order_form import OrderForm
from portal.bss.ordering.order_listing import OrderList, list_address
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import connection_status
from portal.display.lists import list_search
from portal.display.lists.list_address import row_id
from portal.display.orders.order_states import HOLDS
from portal.models import Order, OrderState, Right
from portal.services import ordering
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("orders", __name__, url_prefix="/sales/orders")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_ASSETS)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


def _list(args: MultiDict):
    if args.get("format") == "csv":
        return order_export.as_csv(viewer(), args)
    return render_list("bss/ordering/index.html", OrderList(viewer(), args), holds=HOLDS)


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.ORDER)
def new():
    form = OrderForm.of(current_user, _again(request.args) or request.args)
    if form.is_to_be_placed() and form.carry_out(ordering.place, **form.values(current_user)):
        return _after_placing(form.result)
    return render_template("bss/ordering/new.html", form=form), form.status


@bp.post("/new/searches")
@requires(Right.ORDER)
def find_account():
    """Finds the account to order for."""
    return list_search.answer(current_user, request.form, address_of=_address)


def _after_placing(order: Order) -> Response:
    if order.state is OrderState.EXECUTED:
        flash(f"{_('Ordered.')} {connection_status.asking()}", "positive")
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
