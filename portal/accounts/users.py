"""The users of one account. A one-time link is shown only once, in the answer to the request that made it."""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user

from portal.accounts.user_forms import LinkForm, PersonForm
from portal.core import access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.extensions import settings
from portal.models import Account, Right, User
from portal.services import users
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for

bp = Blueprint("users", __name__, url_prefix="/<int:account_id>/users")


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.EDIT_USERS)
@asks_password
def new(account_id):
    account = access.visible_account(current_user, account_id)
    form = PersonForm.of()
    if form.validate_on_submit() and form.carry_out(users.create, account=account, by=current_user, **form.values()):
        return _link(*form.result)
    return render_template("accounts/users/new.html", account=account, form=form, mails=_mails()), form.status


@bp.route("/<int:user_id>/edit", methods=["GET", "POST"])
@requires(Right.EDIT_USERS)
@asks_password
def edit(account_id, user_id):
    account, person = _visible(account_id, user_id)
    form = PersonForm.of(person)
    values = {"version": form.seen_version(), "by": current_user}
    if form.validate_on_submit() and form.carry_out(users.edit, person, **values, **form.values()):
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive")
        return _back(account_id, user_id)
    if form.refusal:
        account, person = _visible(account_id, user_id)
        form.lay_over(person)
    return _form(account, person, form), form.status


@bp.post("/<int:user_id>/disablings")
@requires(Right.EDIT_USERS)
@asks_password
def disable(account_id, user_id):
    account, person = _visible(account_id, user_id)
    return _carried_out(account, person, users.disable, _("%(name)s can no longer sign in.", name=person.name))


@bp.post("/<int:user_id>/enablings")
@requires(Right.EDIT_USERS)
@asks_password
def enable(account_id, user_id):
    account, person = _visible(account_id, user_id)
    return _carried_out(account, person, users.enable, _("%(name)s can sign in again.", name=person.name))


@bp.post("/<int:user_id>/links")
@requires(Right.EDIT_USERS)
@asks_password
def link(account_id, user_id):
    account, person = _visible(account_id, user_id)
    form = LinkForm.of(person)
    if not form.is_first_press(person):
        flash(_("No link was made, because a newer one exists. Press again if you need another."), "caution")
        return _back(account_id, user_id)
    if form.carry_out(users.renew_link, person, by=current_user):
        return _link(person, form.result)
    flash(form.refusal.message, "caution")
    return _form(*_visible(account_id, user_id)), 409


def _visible(account_id: int, user_id: int) -> tuple[Account, User]:
    account = access.visible_account(current_user, account_id)
    person = access.visible_user(current_user, user_id)
    if person.account_id != account.id:
        raise NotVisible()
    return account, person


def _carried_out(account: Account, person: User, act, sentence: str):
    form = ActForm()
    if form.carry_out(act, person, by=current_user):
        flash(sentence, "positive")
        return _back(account.id, person.id)
    flash(form.refusal.message, "caution")
    return _form(*_visible(account.id, person.id)), 409


def _form(account: Account, person: User, form: PersonForm | None = None) -> str:
    forms = {"form": form or PersonForm.of(person), "link_form": LinkForm.of(person), "mails": _mails()}
    return render_template("accounts/users/edit.html", account=account, person=person, **forms)


def _link(person: User, token: str) -> str:
    address = url_for("auth.link.enter", token=token, _external=True)
    return render_template(
        "accounts/users/link.html", account=person.account, person=person, address=address, mails=_mails()
    )


def _mails() -> bool:
    """Whether people also get a mail."""
    return settings().mail.server is not None


def _back(account_id: int, user_id: int):
    return redirect(url_for(".edit", account_id=account_id, user_id=user_id), code=303)
