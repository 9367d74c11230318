"""The start page, signing in, signing out."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user

from portal.auth import browsers, sign_in_pages
from portal.auth.forms import SignInForm
from portal.core.errors import TooMany
from portal.core.i18n import gettext as _
from portal.models import User
from portal.services.users import devices
from portal.services.users import sign_in as service
from portal.services.users.devices import DeviceTrust
from portal.web.errors import try_again
from portal.web.pages.code_addresses import without_code
from portal.web.pages.fragments import wants_fragment
from portal.web.pages.navigation import start_page
from portal.web.security import sessions
from portal.web.security.guards import public, signed_in
from portal.web.urls import own_path, url_for


def add_to(bp: Blueprint) -> None:
    bp.add_url_rule("/", "start", start)
    bp.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    bp.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


@signed_in
def start():
    return redirect(start_page(current_user))


@public
def sign_in():
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(own_path(without_code(request.args.get("next", ""))) or start_page(current_user))
    form = SignInForm(next=request.args.get("next"))
    if form.validate_on_submit():
        return _attempt(form)
    return sign_in_pages.ask(form, 422 if request.method == "POST" else 200)


@public
def sign_out():
    sessions.end()
    flash(_("You are signed out."), "positive")
    return redirect(url_for("auth.sign_in"), 303)


def _attempt(form: SignInForm):
    email = form.email.data
    try:
        entered = service.sign_in(
            email=email, password=form.password.data,
            address=sessions.client_address(), device=sessions.device(), browser=browsers.words(),
        )  # fmt: skip
    except TooMany as refusal:
        sentence = _(
            "%(wait)s Or ask an administrator of your account for a new link: it works at once, without the password.",
            wait=try_again(refusal.seconds),
        )  # fmt: skip
        return sign_in_pages.ask(form, 429, sentence), {"Retry-After": str(refusal.seconds)}
    if entered is None:
        return sign_in_pages.ask(
            form, 422, _("That e-mail address or password is wrong. Try again, or ask for a new link.")
        )
    return _let_in(*entered, form.next.data)


def _let_in(user: User, token: str, goal: str | None):
    """Starts the session. Goes on to `goal` only if nobody else was signed in in this browser before."""
    before = sessions.viewer() or sessions.previous_user()
    is_same = before.id == user.id if before else devices.standing(user, sessions.device()) is not DeviceTrust.STRANGER
    sessions.start(user, token)
    if wants_fragment():
        return sign_in_pages.signed_in_again() if is_same else ("", {"HX-Redirect": start_page(user)})
    goal = own_path(without_code(goal or "")) if is_same or before is None else None
    return redirect(goal or start_page(user), 303)
