"""How the acts on one asset answer: with the row or the article that the person pressed in, fresh."""

from flask import flash, redirect, request, url_for
from flask_login import current_user

from portal.models import Asset
from portal.services import access, asset_history
from portal.web import lists
from portal.web.acts import ActForm, tell_state
from portal.web.fragments import render_page, wants_fragment


def article(asset: Asset, **context) -> str:
    """The page of the asset, or its article for htmx."""
    history = asset_history.of(asset)
    return render_page("bss/assets/show.html", block="article", asset=asset, history=history, **context)


def fresh(asset_id: int, status: int = 200):
    asset = access.visible_asset(current_user, asset_id)
    word = lists.drawn_as(request.form)
    if word and wants_fragment():
        return lists.row(asset, word), status
    if status == 200 and not wants_fragment():
        return redirect(url_for("bss.assets.show", asset_id=asset_id), code=303)
    return article(asset), status


def done(asset_id: int, form: ActForm, sentence: str):
    """The sentence, or who was faster."""
    if form.refusal is None:
        flash(sentence, "positive")
        return fresh(asset_id)
    tell_state(access.visible_asset(current_user, asset_id), current_user, form.refusal)
    return fresh(asset_id, 409)
