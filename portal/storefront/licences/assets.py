"""Billing > BitTitan licences: the list, the page of one asset, renaming it, and asking staff to synchronize it."""

from functools import partial

from flask import Blueprint, flash, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.assets import asset_codes, handover_links
from portal.display.lists import list_page, list_search
from portal.display.lists.list_address import address_of
from portal.display.reminders import asset_reminders
from portal.models import AccountKind, Right
from portal.services import asset_requests, assets
from portal.services.asset_requests import Asked
from portal.storefront.licences.asset_forms import AskForm, NameForm
from portal.storefront.licences.asset_page import page
from portal.web.security.guards import asks_password, requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("assets", __name__, url_prefix="/billing/assets")
asset_codes.add_to(bp, page)
handover_links.add_to(bp)
_ASKED = {
    Asked.NEW: lazy("We have your request. Nothing was bought."),
    Asked.ADDED: lazy("It is added to your request."),
    Asked.ALREADY: lazy("We have your request already. Nothing was bought."),
}
asset_reminders.add_to(bp)


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_ASSETS)
def search():
    address = partial(address_of, current_user, url_for(".index"))
    return list_search.answer(current_user, request.form, address_of=address, show=_list)


@bp.post("/exports")
@requires(Right.REVEAL_CODES)
@asks_password
def export():
    return list_page.export_with_codes(current_user, request.args, **_list_arguments())


@bp.get("/<int:asset_id>")
@requires(Right.SEE_ASSETS)
def show(asset_id):
    return page.show(access.visible_asset(current_user, asset_id))


@bp.route("/<int:asset_id>/edit", methods=["GET", "POST"])
@requires(Right.RENAME_ASSETS)
def edit(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = NameForm.of(asset)
    if form.is_to_be_saved() and form.carry_out(assets.rename, asset, **form.values(current_user)):
        flash(_("The new name is saved."), "positive")
        return page.fresh(asset_id)
    if form.refusal:
        asset = access.visible_asset(current_user, asset_id)
    return page.editing(asset, form), form.status


@bp.post("/<int:asset_id>/requests")
@requires(Right.RENAME_ASSETS)
def ask(asset_id):
    asset, form = access.visible_asset(current_user, asset_id), AskForm()
    if form.validate():
        form.carry_out(asset_requests.ask, asset, **form.values(current_user))
    if form.errors:
        return page.article(asset, asking=form), 422
    return page.done(asset_id, form, _ASKED[form.result] if form.result else "")


def _list(args: MultiDict):
    return list_page.answer("storefront/licences/index.html", viewer(), args, **_list_arguments())


def _list_arguments() -> dict[str, str]:
    """Returns the arguments of the list: its address and the layout of its rows."""
    is_partner = current_user.account.kind is AccountKind.PARTNER
    return {"path": url_for(".index"), "row_layout": "section" if is_partner else "own"}
