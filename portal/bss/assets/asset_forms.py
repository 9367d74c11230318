"""The forms of one asset."""

from collections.abc import Callable
from typing import Self

from flask import request
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.core.errors import BoughtBefore
from portal.core.i18n import lazy as _
from portal.display.wording.code_status import STATES
from portal.models import MAX_DAYS, Asset, ConfirmedState, User
from portal.models.asset_rules import DAYS
from portal.services.assets import LONGEST_NOTE
from portal.web.forms import Form, Text, WholeNumber, one_line, plain_lines, strip
from portal.web.forms.action_forms import ActForm, EditForm
from portal.web.security.sessions import draft_for

LONGEST_REASON = 1000
NOT_BOUGHT = _("It was not bought before: I looked in reconciliation, and in the system that it came from")
TYPED = ("name", *DAYS, "note")


class AssetForm(EditForm):
    """Has the day fields only while they can change: as long as the asset has no coupon."""

    TYPED = TYPED

    name = StringField(_("Name"), filters=[one_line], validators=[Text(120, empty=_("Enter a name."))])
    expire_days = StringField(_("Expire (days)"), filters=[strip], validators=[WholeNumber(1, MAX_DAYS)])
    validity_days = StringField(_("Validity (days)"), filters=[strip], validators=[WholeNumber(1, MAX_DAYS)])
    note = TextAreaField(_("Note for colleagues"), filters=[plain_lines], validators=[Text(LONGEST_NOTE)])

    not_bought = BooleanField(NOT_BOUGHT)
    """Only for an imported asset for which nothing was sent yet."""

    is_refilled = False
    """The form shows what was typed for the last attempt, which brought no coupon."""

    @classmethod
    def of(cls, asset: Asset) -> Self:
        draft = draft_for(request.path)
        form = cls(formdata=draft) if draft is not None else cls(data=_known(asset))
        if asset.days_are_bought:
            for name in DAYS:
                del form[name]
        if not asset.asks_if_bought:
            del form.not_bought
        form.is_refilled = not form.is_submitted() and draft is None and bool(_staged(asset))
        return form.over(asset)

    def values(self, asset: Asset, by: User) -> dict:
        days = {name: int(self[name].data) if name in self else getattr(asset, name) for name in DAYS}
        answer = {"not_bought": self.not_bought.data} if "not_bought" in self else {}
        typed = {"name": self.name.data, "note": self.note.data or ""}
        return {"version": self.seen_version(), "by": by, **typed, **days, **answer}


class SyncForm(ActForm):
    not_bought = BooleanField(NOT_BOUGHT)

    @classmethod
    def of(cls, asset: Asset) -> Self:
        return cls(data={"version": str(asset.version)})

    def carry_out(self, act: Callable, *args, **values) -> bool:
        """Shows BoughtBefore beside its checkbox."""
        if super().carry_out(act, *args, **values):
            return True
        if isinstance(self.refusal, BoughtBefore):
            self.not_bought.errors = [_("Look first, then tick this. Nothing was sent.")]
            self._mark_first_bad()
        return False

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "by": by, "not_bought": self.not_bought.data}


def reason_field() -> TextAreaField:
    """A form that has more declares it again at its place on the page: the first bad field gets the focus."""
    given = Text(LONGEST_REASON, empty=_("Give a reason; it is recorded."))
    return TextAreaField(_("Reason"), filters=[plain_lines], validators=[given])


def state_field() -> SelectField:
    """What became of a code that BitTitan does not list."""
    states = [SelectChoice(state.value, text) for state, text in STATES.items()]
    choices = [SelectChoice("", _("Choose")), *states]
    return SelectField(_("What became of it"), choices=choices, validate_choice=False, validators=[_is_a_state])


def _is_a_state(_form: ActForm, field: SelectField) -> None:
    if field.data not in list(ConfirmedState):
        raise ValidationError(_("Choose what became of it."))


class ReasonForm(ActForm):
    reason = reason_field()

    @classmethod
    def of(cls, asset: Asset) -> Self:
        draft = draft_for(request.path)
        return cls(formdata=draft) if draft is not None else cls(data={"version": str(asset.version)})

    @classmethod
    def blank(cls) -> Self:
        """Returns an empty form, for a page on which another form was sent."""
        return cls(formdata=None)

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "by": by, "reason": self.reason.data}


class AttachForm(ReasonForm):
    code = StringField(_("Coupon code"), filters=[strip], validators=[Text(128, empty=_("Enter the coupon code."))])
    reason = reason_field()
    unverified = BooleanField(_("BitTitan cannot verify this code; record it anyway"))

    def is_confirmed(self) -> bool:
        return "confirm" in request.form

    def values(self, by: User) -> dict:
        return super().values(by) | {"code": self.code.data, "unverified": self.unverified.data}


class CodeForm(Form):
    code = StringField(_("Coupon code"), filters=[strip], validators=[Text(128, empty=_("Enter the coupon code."))])


def _known(asset: Asset) -> dict[str, str]:
    values = {name: getattr(asset, name) for name in ("version", *TYPED)} | _staged(asset)
    return {name: str(value) for name, value in values.items()}


def _staged(asset: Asset) -> dict:
    """Returns what was typed for the last attempt, if that brought no coupon."""
    attempt = asset.last_attempt
    if not asset.may_sync or attempt is None or attempt.is_open:
        return {}
    return {name: value for name, value in (attempt.staged or {}).items() if name in TYPED}
