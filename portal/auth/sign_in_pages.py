"""The sign-in form, as a page or in #flash above what is being edited."""

from flask import make_response, render_template

from portal.auth.forms import SignInForm
from portal.core.i18n import gettext as _
from portal.display import layout
from portal.extensions import settings
from portal.services.users import sign_in as service
from portal.web.pages.fragments import in_flash, render_messages, wants_fragment
from portal.web.pages.polling import is_poll


def ask(form: SignInForm, status: int, sentence: str | None = None, category: str = "negative"):
    """Returns the form with a message above it. The password is never sent back."""
    context = {"form": form, "sentence": sentence, "category": category, "may_focus": not is_poll()}
    if wants_fragment():
        for field in form:
            field.id = f"again-{field.id}"  # the page may have an e-mail field of its own
        return in_flash(render_template("auth/_again.html", **context), status)
    layout.remember_brand(service.distributor_name())
    return make_response(
        render_template("auth/sign_in.html", **context, mails=settings().mail.server is not None), status
    )


def signed_in_again():
    """The page and its input stay as they are; its forms get a CSRF token of the new session."""
    sentence = _("You are signed in again. Nothing has been done yet, so please do it again.")
    return in_flash(render_messages([("positive", sentence)]), 200, fresh_csrf=True)
