"""What somebody of the staff gets by mail: failures, requests and what else waits, once a day, at once, or never."""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user
from wtforms import SelectChoice, SelectField

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Right, StaffMails
from portal.services.digests import choices
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer
from portal.web.urls import url_for

bp = Blueprint("mail_choices", __name__, url_prefix="/my-mails")
WORDS = {
    StaffMails.ONCE_A_DAY: lazy("once a day, in a summary of what waits"),
    StaffMails.AT_ONCE: lazy("at once, one mail for each failure and each request"),
    StaffMails.NEVER: lazy("never"),
}


class ChoiceForm(ActForm):
    choice = SelectField(
        lazy("Failures and requests"), choices=[SelectChoice(each.value, word) for each, word in WORDS.items()]
    )


@bp.get("")
@requires(Right.SEE_INTERNALS)
def show():
    return _page()


@bp.post("")
@requires(Right.SEE_INTERNALS)
def save():
    form = ChoiceForm()
    if form.validate_on_submit():
        choices.choose(viewer(), StaffMails(form.choice.data))
        return _saved()
    return _page(own=form), 422


@bp.post("/contact")
@requires(Right.CONFIGURE)
def save_contact():
    form = ChoiceForm()
    if form.validate_on_submit():
        choices.choose_for_contact(StaffMails(form.choice.data), by=viewer())
        return _saved()
    return _page(contact=form), 422


def _saved():
    flash(_("Saved."), "positive")
    return redirect(url_for("bss.mail_choices.show"), code=303)


def _page(own: ChoiceForm | None = None, contact: ChoiceForm | None = None) -> str:
    own = own or ChoiceForm(formdata=None, data={"choice": choices.of(viewer()).value})
    contact = contact or ChoiceForm(formdata=None, data={"choice": choices.of_contact().value})
    own.choice.id, contact.choice.id = "own-choice", "contact-choice"
    return render_template(
        "bss/outbox/choices.html", own=own, contact=contact, address=current_user.account.contact_email
    )
