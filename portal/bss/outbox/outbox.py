"""Tools > Outbox: each mail that the portal wrote, with what became of it."""

from flask import Blueprint, Response, flash, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.outbox import outbox_export
from portal.bss.outbox import outbox_wording as wording
from portal.bss.outbox.outbox_forms import ArrivedForm, OutcomeForm, SendAgainForm
from portal.bss.outbox.outbox_listing import Outbox, list_address
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.extensions import settings
from portal.models import CODE_MARK, Message, MessageState, Right
from portal.services.mail import closing, letter, message_list
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import render_list
from portal.web.security import sessions
from portal.web.security.guards import asks_password, requires
from portal.web.security.headers import POLICY_OF_MAILS
from portal.web.urls import url_for

bp = Blueprint("outbox", __name__, url_prefix="/tools/outbox")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_TOOLS)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


@bp.get("/<int:message_id>")
@requires(Right.SEE_TOOLS)
def show(message_id):
    return _page(message_list.visible_message(current_user, message_id))


@bp.get("/<int:message_id>/preview")
@requires(Right.SEE_TOOLS)
def preview(message_id):
    """The HTML part, its code masked. It may use its own styles, and nothing else."""
    message = message_list.visible_message(current_user, message_id)
    answer = Response(letter.html_of(message, message_list.mask_of(message)), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = POLICY_OF_MAILS
    return answer


@bp.post("/<int:message_id>/sendings")
@requires(Right.USE_TOOLS)
def send(message_id):
    message = message_list.visible_message(current_user, message_id)
    form = SendAgainForm.over(message, "send")
    if form.is_pressed() and form.carry_out(closing.send_again, message.id, **form.values(current_user)):
        flash(_("It will be sent again, with the same Message-ID."), "positive")
        return redirect(url_for(".show", message_id=message_id), code=303)
    return _page(message_list.visible_message(current_user, message_id), form), form.status


@bp.post("/<int:message_id>/arrivals")
@requires(Right.USE_TOOLS)
def arrive(message_id):
    message = message_list.visible_message(current_user, message_id)
    form = ArrivedForm.over(message, "arrive")
    if form.is_pressed() and form.carry_out(closing.close_as_arrived, message.id, **form.values(current_user)):
        flash(_("It is closed: it arrived."), "positive")
        return redirect(url_for(".show", message_id=message_id), code=303)
    return _page(message_list.visible_message(current_user, message_id), form), form.status


@bp.post("/<int:message_id>/reveals")
@requires(Right.REVEAL_CODES)
@asks_password(when=sessions.shows_too_many)
def reveal(message_id):
    code = closing.reveal(message_list.visible_message(current_user, message_id), by=current_user)
    return _page(message_list.visible_message(current_user, message_id), code=code)


def _list(args: MultiDict):
    shown = Outbox(current_user, args)
    if args.get("format") == "csv":
        return outbox_export.as_csv(current_user, shown.filters)
    return render_list("bss/outbox/index.html", shown.read(), wording=wording)


def _page(message: Message, sent: OutcomeForm | None = None, code: str | None = None) -> str:
    """`sent`: the form whose answer this is."""
    may_act = current_user.may(Right.USE_TOOLS) and message.is_settled
    is_unknown = message.state is MessageState.UNKNOWN
    shown = code or message_list.mask_of(message)
    return render_page(
        "bss/outbox/show.html",
        block="article",
        message=message,
        code=code,
        parts=message.text.partition(CODE_MARK),
        shown=shown,
        again=(sent if isinstance(sent, SendAgainForm) else SendAgainForm.over(message, "send")) if may_act else None,
        arrived=(sent if isinstance(sent, ArrivedForm) else ArrivedForm.over(message, "arrive"))
        if may_act and is_unknown
        else None,
        form=sent,
        history=message_list.history(message),
        assets=message_list.assets_of(message) if message.tells_of_several else (),
        number=message_list.numbers_of_assets([message]).get(message.id, 0),
        has_server=settings().mail.server is not None,
        wording=wording,
    )
