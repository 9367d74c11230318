"""Storefront > Shop: the list of products."""

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.display.lists import list_search
from portal.models import Right
from portal.storefront.shop.shop_page import ShopPage
from portal.web.pages.pagination import Paged, render_list
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("shop", __name__, url_prefix="/shop")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    return answer(page_of(request.args))


@bp.post("/searches")
@requires(Right.SEE_ASSETS)
def search():
    return list_search.answer(current_user, request.form, address_of=address, show=lambda args: answer(page_of(args)))


def page_of(args: MultiDict) -> ShopPage:
    return ShopPage(viewer(), args, path=url_for("storefront.shop.index"))


def answer(page: ShopPage):
    return render_list("storefront/shop/index.html", page, in_basket=page.lines_in_basket)


def address(args: MultiDict) -> str:
    return Paged(args, path=url_for("storefront.shop.index"), names=("q",)).href({})
