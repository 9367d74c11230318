"""Asks for the password again before an action for which a stolen session must not be enough. The form that asks has
the original input as hidden fields and posts it to the original address, also without JavaScript."""

import re

from flask import flash, make_response, render_template, request
from flask_login import current_user

from portal.auth.forms import ConfirmForm
from portal.core.errors import TooMany
from portal.core.i18n import gettext as _
from portal.extensions import login_manager
from portal.services.users import sign_in as service
from portal.web.errors import try_again
from portal.web.pages.fragments import in_flash, wants_fragment
from portal.web.security import sessions
from portal.web.urls import here, nearest_page

_ID = re.compile(r"[A-Za-z][\w-]*")


def install() -> None:
    login_manager.needs_refresh_handler(_ask)


def _ask():
    """Returns the page that asks for the password, or None if the right one was sent and the action may go on."""
    form = ConfirmForm()
    if ConfirmForm.FIELD not in request.form:
        return _page(form, 401)
    try:
        if form.validate() and _confirmed(form):
            return None
    except TooMany as refusal:
        form.password.errors = [try_again(refusal.seconds)]
        return _page(form, 429), {"Retry-After": str(refusal.seconds)}
    return _page(form, 422)


def _confirmed(form: ConfirmForm) -> bool:
    user = current_user._get_current_object()
    if not form.carry_out(
        service.confirm, user, sessions.token(), password=form.password.data,
        address=sessions.client_address(), device=sessions.device(),
    ):  # fmt: skip
        return False
    sessions.go_on(user, form.result)
    if wants_fragment():  # the message replaces the password form in #flash
        flash(_("Thank you. You will not be asked again for 15 minutes."), "positive")
    return True


def _page(form: ConfirmForm, status: int):
    kept = [(name, value) for name, value in request.form.items(multi=True) if _goes_on(name)]
    context = {"form": form, "kept": kept, "action": request.script_root + here(), "back": nearest_page(request.path)}
    if wants_fragment():
        return in_flash(render_template("auth/_confirm.html", **context, target=_target()), status)
    return make_response(render_template("auth/confirm.html", **context), status)


def _goes_on(name: str) -> bool:
    """Which fields are passed on. `code` may be, because nothing is stored here; it may also be an account's code."""
    return name != "csrf_token" and "password" not in name


def _target() -> str | None:
    """Returns the id of the element that the action's answer replaces. Without one the action answers with a page."""
    name = request.headers.get("HX-Target", "")
    return name if _ID.fullmatch(name) and name != "flash" else None
