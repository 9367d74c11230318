"""Work queue > Requests: the list, and one request with its answer."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.asset_requests import request_export
from portal.bss.asset_requests.request_forms import AnswerForm, CloseForm, SettleForm
from portal.bss.asset_requests.request_listing import RequestList, list_address
from portal.core import access
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.display import connection_status
from portal.display.assets import request_words
from portal.display.lists import list_search
from portal.models import Asset, AssetRequest, Right
from portal.services import asset_requests, credited_assets
from portal.services.asset_requests import request_list
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("asset_requests", __name__, url_prefix="/queue/requests")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_ASSETS)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


@bp.get("/<int:asset_request_id>")
@requires(Right.SEE_ASSETS)
def show(asset_request_id):
    return _page(request_list.visible_request(current_user, asset_request_id))


@bp.post("/<int:asset_request_id>/answers")
@requires(Right.PROVISION)
def answer(asset_request_id):
    found = request_list.visible_request(current_user, asset_request_id)
    form = AnswerForm.over(found, "answer")
    if not form.is_pressed():
        return _page(found, form), form.status
    if form.retries and not _may_retry(access.visible_asset(current_user, found.asset_id)):
        form.refusal = Conflict(_("It cannot be synchronized from here. Nothing was sent or answered; open the asset."))
    elif form.carry_out(*form.act(found), **form.values(current_user)):
        told = [_("Answered."), connection_status.asking()] if form.retries else [_("Answered.")]
        return _done(asset_request_id, " ".join(told))
    return _page(request_list.visible_request(current_user, asset_request_id), form), form.status


@bp.post("/<int:asset_request_id>/closings")
@requires(Right.PROVISION)
def close(asset_request_id):
    found = request_list.visible_request(current_user, asset_request_id)
    form = CloseForm.over(found, "close")
    if form.is_pressed() and form.carry_out(asset_requests.close, found, **form.values(current_user)):
        return _done(asset_request_id, _("The request is closed."))
    return _page(request_list.visible_request(current_user, asset_request_id), form), form.status


def _done(asset_request_id: int, sentence: str):
    flash(sentence, "positive")
    return redirect(url_for(".show", asset_request_id=asset_request_id), code=303)


def _list(args: MultiDict):
    shown = RequestList(current_user, args)
    if args.get("format") == "csv":
        return request_export.as_csv(current_user, shown.filters)
    return render_list("bss/asset_requests/index.html", shown, words=request_words)


def _may_retry(asset: Asset) -> bool:
    """An imported asset, and one that was credited, has a page that asks first."""
    return asset.may_sync and not asset.asks_if_bought and not credited_assets.notes_of(asset.id)


def _page(found: AssetRequest, sent: SettleForm | None = None) -> str:
    """`sent`: the form whose answer this is."""
    asset = access.visible_asset(current_user, found.asset_id)
    may_act = found.is_open and current_user.may(Right.PROVISION)
    forms = {
        "answering": sent if isinstance(sent, AnswerForm) else AnswerForm.over(found, "answer"),
        "closing": sent if isinstance(sent, CloseForm) else CloseForm.over(found, "close"),
    }
    return render_page(
        "bss/asset_requests/show.html",
        block="article",
        found=found,
        asset=asset,
        others=[each for each in request_list.of_asset(current_user, asset) if each.id != found.id],
        form=sent,
        may_retry=may_act and _may_retry(asset),
        words=request_words,
        **(forms if may_act else {}),
    )
