"""Billing > Assets: the list, the page of one asset, its form, its changes."""

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.bss.answers import article, fresh
from portal.bss.asset_forms import AssetForm, CodeForm
from portal.models import Asset, Right
from portal.services import access, asset_history, assets, search
from portal.web import lists
from portal.web.asset_table import csv_lines
from portal.web.fragments import is_poll, render_partial, wants_fragment
from portal.web.guards import requires
from portal.web.news import tell_news

bp = Blueprint("assets", __name__, url_prefix="/billing/assets")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    if request.args.get("format") == "csv":
        return _csv()
    return lists.answer("bss/assets/index.html", current_user, request.args, path=url_for(".index"))


@bp.route("/look-ups", methods=["GET", "POST"])
@requires(Right.REVEAL_CODES)
def find():
    """By a whole code, which must not stand in an address."""
    form = CodeForm()
    if form.validate_on_submit() and form.carry_out(search.asset_with_code, current_user, form.code.data):
        return redirect(url_for(".show", asset_id=form.result), code=303)
    return render_template("bss/assets/find.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/<int:asset_id>")
@requires(Right.SEE_ASSETS)
def show(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    word = lists.drawn_as(request.args)
    if is_poll():
        tell_news([asset])
    return lists.row(asset, word) if word and wants_fragment() else article(asset)


@bp.route("/<int:asset_id>/edit", methods=["GET", "POST"])
@requires(Right.PROVISION)
def edit(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = AssetForm.of(asset)
    if form.is_to_be_saved() and form.carry_out(assets.save, asset, **form.values(asset, current_user)):
        flash(_sentence(started=form.result), "positive")
        return fresh(asset_id)
    if form.refusal:
        asset = access.visible_asset(current_user, asset_id)
    return _editing(asset, form), form.status


@bp.get("/<int:asset_id>/changes")
@requires(Right.SEE_ASSETS)
def changes(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    rows, older = asset_history.changes(asset, request.args.get("before", type=int))
    return render_template("bss/assets/changes.html", asset=asset, rows=rows, older=older)


def _editing(asset: Asset, form: AssetForm) -> str:
    word = lists.drawn_as(request.values)
    change = asset_history.latest_change(asset) if form.refusal else None
    if word and wants_fragment():
        span = len(lists.COLUMNS[word])
        return render_partial(
            "assets/_row_editing.html", asset=asset, form=form, change=change, drawn_as=word, span=span
        )
    return article(asset, form=form, change=change)


def _csv() -> Response:
    rows = lists.rows_of(current_user, request.args)
    response = Response(stream_with_context(csv_lines(rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="assets.csv"'
    return response


def _sentence(*, started: bool) -> str:
    if started:
        return _("BitTitan is asked for the coupon now. What you typed is saved together with it.")
    return _("Saved. BitTitan was not called.")
