"""Reminders of an account: what its people get, and who else is told. The distributor’s are what all others inherit."""

import re
from typing import Self

from flask import flash, redirect, render_template, request
from flask_login import current_user
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import ValidationError

from portal.accounts.area import area
from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.list_address import row_id
from portal.display.reminders.asset_reminders import AddressForm
from portal.models import Account, ReminderKind, ReminderPreference, Right
from portal.services.reminders import choices, preferences, steps
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for

_INHERITED, _ON, _OFF = "inherited", "on", "off"
_VALUES = {_INHERITED: None, _ON: True, _OFF: False}
_WORDS = {_INHERITED: lazy("as the distributor chose"), _ON: lazy("are sent"), _OFF: lazy("are not sent")}
_NUMBERS = re.compile(r"[0-9]{1,2}(?:[ ,;]+[0-9]{1,2})*", re.ASCII)
NONE = "0"
"""Typed for no step at all."""


class ReminderForm(ActForm):
    is_on = SelectField(lazy("Reminders"), choices=[SelectChoice(value, word) for value, word in _WORDS.items()])
    due = StringField(lazy("Days before a code must be redeemed"), filters=[one_line], validators=[Text(60)])
    ends = StringField(lazy("Days before licences end"), filters=[one_line], validators=[Text(60)])

    @classmethod
    def of(cls, account: Account) -> Self:
        row = preferences.of(account)
        own = (row.is_on, row.due_steps, row.ends_steps) if row else (None, None, None)
        choice = next(word for word, value in _VALUES.items() if value is own[0])
        typed = [_typed(text) for text in own[1:]]
        form = cls(data={"version": _version(row), "is_on": choice, "due": typed[0], "ends": typed[1]})
        if account.is_distributor:
            form.is_on.choices = form.is_on.choices[1:]
            form.is_on.data = _ON if form.is_on.data == _INHERITED else form.is_on.data
        return form

    def validate_due(self, field: StringField) -> None:
        _read(field.data)

    validate_ends = validate_due

    def values(self) -> dict:
        chosen = {"is_on": _VALUES[self.is_on.data]}
        return chosen | {"due_steps": _read(self.due.data), "ends_steps": _read(self.ends.data)}


@area.get("/<int:account_id>/reminders")
@requires(Right.SEE_ACCOUNTS)
def reminders(account_id):
    return _page(access.visible_account(current_user, account_id))


@area.post("/<int:account_id>/reminders")
@requires(Right.SEE_ACCOUNTS)
def save_reminders(account_id):
    account = access.visible_account(current_user, account_id)
    form = ReminderForm.of(account)
    given = {"version": form.seen_version(), "by": current_user}
    if form.validate_on_submit() and form.carry_out(preferences.save, account, **form.values(), **given):
        flash(_("Saved. It counts from the next reminder on."), "positive")
        return _again(account)
    return _page(account, form=form)


@area.post("/<int:account_id>/reminders/recipients")
@requires(Right.EDIT_ACCOUNTS)
def add_reminded(account_id):
    account, form = access.visible_account(current_user, account_id), AddressForm()
    if form.validate_on_submit() and form.carry_out(choices.add, account, None, **form.values()):
        flash(_("The address is told, too. This is recorded."), "positive")
        return _again(account)
    return _page(account, address=form)


@area.post("/<int:account_id>/reminders/removals")
@requires(Right.EDIT_ACCOUNTS)
def remove_reminded(account_id):
    account = access.visible_account(current_user, account_id)
    choices.remove(row_id(request.form.get("recipient")) or 0, account=account, by=current_user)
    flash(_("The address is told no more."), "positive")
    return _again(account)


def _again(account: Account):
    return redirect(url_for("accounts.reminders", account_id=account.id), code=303)


def _page(account: Account, form: ReminderForm | None = None, address: AddressForm | None = None):
    sent = form or address
    status = 200 if sent is None else 409 if sent.refusal else 422
    if form is not None and form.refusal:
        form.version.data = _version(preferences.of(account))
    base = preferences.WITHOUT_ANY if account.is_distributor else preferences.inherited()
    is_own = account.is_distributor
    page = render_template(
        "accounts/reminders.html", account=account, form=form or ReminderForm.of(account), sent=sent,
        address=address or AddressForm(formdata=None), inherited=base, kinds=ReminderKind, words=_WORDS,
        written={kind: ", ".join(map(str, base.steps[kind])) or NONE for kind in ReminderKind},
        may_save=current_user.may(Right.CONFIGURE) if is_own else choices.may_choose(current_user, account),
        may_add=choices.may_add(current_user) and not is_own,
        added=[row for row in choices.of_account(account.id) if row.asset_id is None],
    )  # fmt: skip
    return page, status


def _version(row: ReminderPreference | None) -> str:
    return str(preferences.version_of(row))


def _typed(text: str | None) -> str:
    return "" if text is None else text.replace(",", ", ") or NONE


def _read(text: str | None) -> str | None:
    """None: inherited. Raises ValidationError."""
    if not text:
        return None
    numbers = {int(each) for each in re.findall(r"[0-9]+", text)} if _NUMBERS.fullmatch(text) else {-1}
    if numbers == {0}:
        return ""
    if min(numbers) < 1 or max(numbers) > steps.FURTHEST or len(numbers) > steps.MOST:
        most = {"furthest": steps.FURTHEST, "most": steps.MOST}
        raise ValidationError(_("Enter at most %(most)s numbers from 1 to %(furthest)s, such as 30, 14, 7, 1.", **most))
    return steps.written(numbers)
