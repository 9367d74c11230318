"""“Forgot your password?”: asks for a link by mail. The answer is the same for every address."""

from flask import Blueprint, redirect, render_template

from portal.auth.forms import ForgottenForm
from portal.core.errors import TooMany
from portal.display import layout
from portal.extensions import settings
from portal.models import LINK_IS_GOOD
from portal.services.users import password_resets
from portal.services.users import sign_in as service
from portal.web.errors import try_again
from portal.web.security import sessions
from portal.web.security.guards import public
from portal.web.urls import url_for

bp = Blueprint("forgotten", __name__, url_prefix="/forgot-password")


@bp.route("", methods=["GET", "POST"])
@public
def ask():
    form = ForgottenForm()
    if not _mails() or not form.validate_on_submit():
        return _page(form), 422 if form.errors else 200
    try:
        password_resets.ask(form.email.data, address=sessions.client_address())
    except TooMany as refusal:
        return _page(form, try_again(refusal.seconds)), 429, {"Retry-After": str(refusal.seconds)}
    return redirect(url_for(".asked"), 303)


@bp.get("/asked")
@public
def asked():
    layout.remember_brand(service.distributor_name())
    return render_template("auth/forgotten_asked.html", days=LINK_IS_GOOD.days)


def _page(form: ForgottenForm, sentence: str | None = None) -> str:
    layout.remember_brand(service.distributor_name())
    return render_template("auth/forgotten.html", form=form, sentence=sentence, mails=_mails())


def _mails() -> bool:
    return settings().mail.server is not None
