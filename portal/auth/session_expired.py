"""Asks people who are not signed in (any more) to sign in, and keeps what they had typed."""

from flask import redirect, request
from werkzeug.datastructures import MultiDict

from portal.auth import sign_in_pages
from portal.auth.forms import SignInForm
from portal.core.i18n import gettext as _
from portal.extensions import login_manager
from portal.services.pasted_codes import may_be_code
from portal.services.users import form_drafts
from portal.web.pages.code_addresses import without_code
from portal.web.pages.fragments import wants_fragment
from portal.web.security import sessions
from portal.web.urls import here, nearest_page, url_for

_NOT_KEPT = ("csrf_token", "code", "codes", "coupon_code", "current", "new", "repeat")


def install() -> None:
    login_manager.unauthorized_handler(_ask)


def _ask():
    """For htmx the sign-in form appears above the page, which stays. Otherwise it is a page, and after signing in the
    original form comes back refilled."""
    if wants_fragment():
        return sign_in_pages.ask(
            _form(None), 401, _("Your session has ended. What you typed is still here."), "caution"
        )
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("auth.sign_in", next=without_code(here()) if request.path != "/" else None))
    goal, is_kept = _keep()
    sentence = _("Your session has ended. What you typed is kept and comes back after you sign in.")
    if not is_kept:
        sentence = _("Your session has ended. Nothing was changed.")
    return sign_in_pages.ask(_form(goal), 401, sentence, "caution")


def _form(goal: str | None) -> SignInForm:
    person = sessions.previous_user()
    return SignInForm(formdata=None, data={"next": goal, "email": person.email if person else None})


def _keep() -> tuple[str | None, bool]:
    """Returns where to go after signing in, and whether the input was kept."""
    person, goal = sessions.previous_user(), nearest_page(request.path)
    if person is None or goal != request.path:
        return goal, False
    token = form_drafts.keep(person, goal, typed(request.form))
    return (f"{goal}?draft={token}" if token else goal), token is not None


def typed(form: MultiDict) -> form_drafts.Fields:
    """Returns the form's fields without secrets."""
    return {name: values for name, values in form.lists() if not _is_secret(name, values)}


def _is_secret(name: str, values: list[str]) -> bool:
    if name in _NOT_KEPT or "password" in name:
        return True
    return name == "q" and any(map(may_be_code, values))
