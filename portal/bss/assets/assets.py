"""Billing > Assets: the list, the page of one asset, its form, its story."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.assets import credit_warning
from portal.bss.assets.asset_forms import AssetForm, CodeForm
from portal.bss.assets.asset_page import page
from portal.bss.audit.asset_story_list import AssetStory
from portal.core import access
from portal.core.errors import Credited
from portal.core.i18n import gettext as _
from portal.display import connection_status
from portal.display.lists import list_page, list_search
from portal.display.lists.list_address import address_of
from portal.models import Asset, Right
from portal.services import assets
from portal.services.assets import asset_history
from portal.services.pasted_codes import asset_with_code
from portal.web.pages.pagination import render_list
from portal.web.security.guards import asks_password, is_ticked, requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("assets", __name__, url_prefix="/billing/assets")


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
    return list_page.export_with_codes(current_user, request.args, path=url_for(".index"))


@bp.route("/look-ups", methods=["GET", "POST"])
@requires(Right.REVEAL_CODES)
def find():
    """Finds an asset by its whole coupon code. Uses POST, because a code must not appear in an address."""
    form = CodeForm()
    if form.validate_on_submit() and form.carry_out(asset_with_code, current_user, form.code.data):
        return redirect(url_for(".show", asset_id=form.result), code=303)
    return render_template("bss/assets/find.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/<int:asset_id>")
@requires(Right.SEE_ASSETS)
def show(asset_id):
    return page.show(access.visible_asset(current_user, asset_id))


@bp.route("/<int:asset_id>/edit", methods=["GET", "POST"])
@requires(Right.PROVISION)
@asks_password(when=is_ticked("not_bought"))
def edit(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = AssetForm.of(asset)
    if form.is_to_be_saved():
        seen = {"credits_seen": credit_warning.seen()}
        if form.carry_out(assets.save, asset, **form.values(asset, current_user), **seen):
            flash(_sentence(started=form.result), "positive")
            return page.fresh(asset_id)
        if isinstance(form.refusal, Credited):
            return _warn_of_credit(asset, form), 409
    if form.refusal:
        asset = access.visible_asset(current_user, asset_id)
    return _editing(asset, form), form.status


@bp.get("/<int:asset_id>/story")
@requires(Right.SEE_ASSETS)
def story(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    return render_list("bss/assets/story.html", AssetStory(asset, current_user, request.args).read(), asset=asset)


def _list(args: MultiDict):
    return list_page.answer("bss/assets/index.html", viewer(), args, path=url_for(".index"))


def _warn_of_credit(asset: Asset, form: AssetForm) -> str:
    """The form as it was sent, and now with its credit notes."""
    form.refusal = None
    nothing = _("Nothing was saved or sent. What you typed is still here.")
    credit_warning.say(asset, credit_warning.notes_of(asset), nothing)
    return _editing(asset, form)


def _editing(asset: Asset, form: AssetForm) -> str:
    change = asset_history.latest_change(asset) if form.refusal else None
    return page.editing(asset, form, change=change)


def _sentence(*, started: bool) -> str:
    if started:
        return f"{connection_status.asking()} {_('What you typed is saved together with the coupon.')}"
    return _("Saved. BitTitan was not called.")
