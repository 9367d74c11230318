"""Setup > Products: what the distributor sells, at which list prices, and what BitTitan charges for it."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.catalog.listing import ProductsList, list_address
from portal.bss.catalog.product_form import ProductForm
from portal.bss.catalog.wording import change_words, definition_words
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.lists import list_search
from portal.display.lists.list_address import row_id
from portal.models import Product, RequestKind, Right, VendorRequest
from portal.services import catalog, vendor_requests
from portal.services.catalog import prices, product_changes, product_list
from portal.services.catalog.product_list import offer_of
from portal.web.forms.action_forms import ActForm
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("products", __name__, url_prefix="/setup/products")
LATEST = 8
"""Changes on the page of a product."""


@bp.get("")
@requires(Right.CONFIGURE)
def index():
    return _index(request.args)


@bp.post("/searches")
@requires(Right.CONFIGURE)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_index)


def _index(args):
    shown = ProductsList(current_user, args)
    if args.get("format") == "csv":
        return shown.as_csv()
    return render_list("bss/catalog/index.html", shown, types=catalog.product_types())


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def new():
    copied_id = row_id(request.args.get("copy"))
    copied = catalog.product(copied_id) if copied_id else None
    types, accounts = catalog.product_types(), prices.currencies()
    form = ProductForm.of(types, accounts, None, copied)
    if form.is_to_be_saved() and form.carry_out(product_changes.create_draft, **form.values(current_user)):
        flash(_("%(name)s is saved as a draft. Publish it when it is ready.", name=form.result.name), "positive")
        return redirect(url_for(".edit", product_id=form.result.id), code=303)
    return render_template("bss/catalog/new.html", form=form, types=types, copied=copied), form.status


@bp.route("/<int:product_id>", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def edit(product_id):
    product = catalog.product(product_id)
    form = ProductForm.of(catalog.product_types(), prices.currencies(), product, None)
    values = {"version": form.seen_version()}
    if form.is_to_be_saved() and form.carry_out(
        product_changes.save_product, product, **values, **form.values(current_user)
    ):
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
        return redirect(url_for(".edit", product_id=product_id), code=303)
    return _page(product_id, form), form.status


@bp.get("/<int:product_id>/changes")
@requires(Right.CONFIGURE)
def changes(product_id):
    product = catalog.product(product_id)
    rows, older = product_list.changes(product, row_id(request.args.get("before")), 50)
    return render_template(
        "bss/catalog/changes.html", product=product, rows=rows, older=older, change_words=change_words
    )


@bp.post("/<int:product_id>/publications")
@requires(Right.CONFIGURE)
def publish(product_id):
    product = catalog.product(product_id)
    form = ActForm()
    if form.carry_out(product_changes.publish, product, by=current_user):
        flash(*_published(catalog.product(product_id)))
        return redirect(url_for(".edit", product_id=product_id), code=303)
    flash(form.refusal.message, "caution")
    return redirect(url_for(".edit", product_id=product_id), code=303)


@bp.route("/<int:product_id>/withdrawals", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def withdraw(product_id):
    product = catalog.product(product_id)
    form = ActForm()
    if form.validate_on_submit() and form.carry_out(product_changes.withdraw, product, by=current_user):
        flash(_("%(name)s is withdrawn. Nobody can order it now.", name=product.name), "positive")
        return redirect(url_for(".edit", product_id=product_id), code=303)
    return render_template("bss/catalog/withdraw.html", product=product, form=form), 409 if form.refusal else 200


@bp.post("/definitions")
@requires(Right.CONFIGURE)
def read_definition():
    return request_page.begin("bss.requests.show", RequestKind.READ_DEFINITION, 0, ActForm(), {})


def definition_read(vendor_request: VendorRequest):
    """Shows the result of `read_definition`."""
    form = ActForm.as_typed(vendor_request)
    if not form.carry_out(vendor_requests.outcome, vendor_request):
        flash(form.refusal.message, "caution")
    elif form.result is not None:
        flash(definition_words(form.result), "positive")
    return redirect(url_for("bss.products.index"), code=303)


def _published(product: Product) -> tuple[str, str]:
    if any(price.amount is not None for price in product.prices):
        return _("%(name)s is published.", name=product.name), "positive"
    return _("%(name)s is published, but has no list price yet, so nobody can order it.", name=product.name), "caution"


def _page(product_id: int, form: ProductForm) -> str:
    product = catalog.product(product_id)
    rows, older = product_list.changes(product, None, LATEST)
    return render_template(
        "bss/catalog/edit.html", product=product, form=form, offer=offer_of(product), changes=rows,
        has_more_changes=older is not None, change_words=change_words,
    )  # fmt: skip
