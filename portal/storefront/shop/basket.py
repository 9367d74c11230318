"""Storefront > Basket: put products into it, work out what they cost, order, or empty it."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from markupsafe import Markup

from portal.core.errors import Conflict, StaleVersion
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Right
from portal.services.ordering import drafts
from portal.storefront.shop import adding, basket_acts, shop
from portal.storefront.shop.basket_acts import BasketForm
from portal.web.filters import licences
from portal.web.security.guards import requires
from portal.web.security.sessions import draft_for, viewer
from portal.web.urls import url_for

bp = Blueprint("basket", __name__, url_prefix="/basket")


@bp.get("")
@requires(Right.ORDER)
def show():
    return basket_acts.show(viewer(), request.args, draft_for(request.path))


@bp.post("")
@requires(Right.ORDER)
def save():
    """Works it out; orders only if that button was pressed."""
    return BasketForm(viewer(), request.form).answer()


@bp.post("/lines")
@requires(Right.ORDER)
def add():
    page = shop.page_of(request.form)
    row = adding.add(page, request.form, current_user)
    if row is None:
        return shop.answer(page), 422
    count, product = licences(int(row.typed)), row.product
    sentence = _("In your basket: %(licences)s of %(product)s.", licences=count, product=product.name)
    way = Markup('{} <a class="nowrap" href="{}">{}</a>').format(sentence, url_for(".show"), _("To the basket"))
    flash(way, "positive")
    return redirect(f"{shop.address(request.form)}#product-{product.id}", code=303)


@bp.get("/discards")
@requires(Right.ORDER)
def ask():
    return _discard_page()


@bp.post("/discards")
@requires(Right.ORDER)
def discard():
    """Only if that button was pressed; the page with the button is checked in any case."""
    order = drafts.basket_of(viewer())
    if order is None:
        return basket_acts.to_basket()
    try:
        version = row_id(request.form.get("version", "")) or -1
        if request.form.get("act") != "discard":
            drafts.check_draft(order, version)
            return _discard_page()
        drafts.discard(order, version=version, by=current_user)
    except (StaleVersion, Conflict):
        return _discard_page(409)
    flash(_("The basket is empty."), "positive")
    return redirect(url_for("storefront.shop.index"), code=303)


def _discard_page(status: int = 200):
    order = drafts.basket_of(viewer())
    if order is None:
        return basket_acts.to_basket()
    page = {"order": order, "in_basket": len(order.lines), "has_changed": status == 409}
    return render_template("storefront/shop/discard.html", **page), status
