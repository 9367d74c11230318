from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.auth.forms import PasswordForm
from portal.auth.language import LanguageForm
from portal.core.i18n import gettext as _
from portal.services.users import sign_in as service
from portal.web.pages.navigation import start_page
from portal.web.security import sessions
from portal.web.security.guards import signed_in

bp = Blueprint("password", __name__, url_prefix="/password")


@bp.route("", methods=["GET", "POST"])
@signed_in
def edit():
    form = PasswordForm()
    if form.validate_on_submit() and _change(form):
        flash(_("Your password has been changed. You were signed out everywhere else."), "positive")
        return redirect(start_page(current_user), 303)
    page = render_template("auth/password.html", form=form, language=_language_form())
    return page, 422 if request.method == "POST" else 200


def _language_form() -> LanguageForm | None:
    """The back office is in English only."""
    return None if current_user.is_staff else LanguageForm.of(current_user)


def _change(form: PasswordForm) -> bool:
    """Changes the password; the session continues under a new token."""
    user = current_user._get_current_object()
    if not form.carry_out(
        service.change_password, user, current=form.current.data, new=form.new.data,
        address=sessions.client_address(), device=sessions.device(),
    ):  # fmt: skip
        return False
    sessions.start(user, form.result)
    return True
