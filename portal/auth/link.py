"""One-time links. Opening one moves its token into a cookie and redirects to an address without it. So the token is not
in the access log, a referrer, the browser's history or a refused request."""

from flask import Blueprint, flash, redirect, render_template, request

from portal.auth.forms import ChosenPassword
from portal.core import security_log
from portal.core.i18n import gettext as _
from portal.display import layout
from portal.extensions import settings
from portal.models import Event, Result
from portal.services.users import sign_in as service
from portal.web.pages.navigation import start_page
from portal.web.security import sessions
from portal.web.security.guards import public
from portal.web.urls import url_for

bp = Blueprint("link", __name__, url_prefix="/links")

KEPT = 30 * 60
"""Seconds to choose a password. Whoever takes longer must open the link again."""


@bp.get("/<token>")
@public
def enter(token):
    """Does not use up the link, because mail programs open links by themselves."""
    user = service.invited(token)
    if user is None:
        return _over(token)
    security_log.note(Event.LINK_OPENED, subject=("user", user.id))
    answer = redirect(url_for(".edit"), 303)
    answer.set_cookie(_cookie(), token, max_age=KEPT, httponly=True, samesite="Lax", secure=settings().secure_cookies)
    return answer


@bp.route("", methods=["GET", "POST"])
@public
def edit():
    layout.remember_brand(service.distributor_name())
    token = request.cookies.get(_cookie(), "")
    user, form = service.invited(token), ChosenPassword()
    if user is None:
        return _over(token)
    layout.greet(user)
    if form.validate_on_submit() and form.carry_out(service.follow_link, token, new=form.new.data):
        return _welcome(form.result, token)
    status = 422 if request.method == "POST" else 200
    return render_template("auth/link.html", form=form, person=user), status


def _welcome(entered, token: str):
    if entered is None:
        return _over(token)
    user, session = entered
    sessions.start(user, session)
    flash(_("Your password is set, and you are signed in."), "positive")
    answer = redirect(start_page(user), 303)
    _forget(answer)
    return answer


def _over(token: str):
    """In the brand of whoever sells to the person of the link, as long as the portal knows whose it was."""
    security_log.note(Event.LINK_USED, Result.REFUSED, by=sessions.viewer())
    layout.remember_brand(service.distributor_name())
    if (person := service.once_invited(token)) is not None:
        layout.greet(person)
    return render_template("auth/link_over.html"), 404


def _forget(answer) -> None:
    answer.delete_cookie(_cookie(), httponly=True, samesite="Lax", secure=settings().secure_cookies)


def _cookie() -> str:
    return "__Host-link" if settings().secure_cookies else "link"
