"""The language of the portal: in this browser, and of the person who is signed in."""

from flask import Blueprint, abort, flash, redirect
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField

from portal.core import languages
from portal.core.i18n import ask_again, lazy
from portal.core.i18n import gettext as _
from portal.display import layout
from portal.models import User
from portal.services.users import languages as service
from portal.web.forms import Form
from portal.web.security import sessions
from portal.web.security.guards import public
from portal.web.urls import own_path, url_for

bp = Blueprint("language", __name__, url_prefix="/language")


class LanguageForm(Form):
    language = SelectField(lazy("Language"), validate_choice=False)
    next = HiddenField()

    @classmethod
    def of(cls, person: User) -> "LanguageForm":
        form = cls(language=person.language or "")
        account = languages.best(person.account.language)
        as_account = _("As for the account: %(language)s", language=account.name)
        form.language.choices = [("", as_account), *((each.code, each.name) for each in languages.offered().values())]
        return form


@bp.post("")
@public
def choose() -> ResponseReturnValue:
    form, person = LanguageForm(), sessions.viewer()
    code = form.language.data or None
    if code is not None and code not in languages.offered():
        abort(400)  # nobody was offered it
    if person is not None and not person.is_staff:
        service.choose(person, code)
        ask_again()
        flash(_("The language was changed."), "positive")
    response = redirect(own_path(form.next.data or "") or url_for("auth.start"), 303)
    layout.remember_language(response, code)
    return response
