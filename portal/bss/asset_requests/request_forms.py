"""The forms on the page of a request."""

from collections.abc import Callable
from typing import Self

from flask import request
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.core.i18n import lazy as _
from portal.display.assets.request_words import REASONS
from portal.models import AssetRequest, RequestEnd, User
from portal.services import asset_requests
from portal.services.asset_requests import LONGEST_ANSWER, LONGEST_REMARK
from portal.services.assets.answering import answer_and_retry
from portal.web.forms import Text, one_line, plain_lines
from portal.web.forms.action_forms import ActForm

PRESS, RETRY = "press", "retry"
TO_CHOOSE = {reason.value: text for reason, text in REASONS.items() if reason is not RequestEnd.CANCELLED}


def _remark() -> StringField:
    return StringField(_("Remark for colleagues"), filters=[one_line], validators=[Text(LONGEST_REMARK)])


class SettleForm(ActForm):
    @classmethod
    def over(cls, found: AssetRequest, prefix: str) -> Self:
        """Shown with the version that the page shows now. `prefix` makes the ids of its fields unique."""
        form = cls() if (request.endpoint or "").endswith(f".{prefix}") else cls(formdata=None)
        form.seen = form.seen_version()
        form.version.data = str(found.version)
        for field in form:
            field.id = f"{prefix}-{field.name}"
        return form

    def is_pressed(self) -> bool:
        """A Return in a field only checks."""
        return self.validate_on_submit() and request.form.get("act") in (PRESS, RETRY)

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200


class AnswerForm(SettleForm):
    asset_version = HiddenField()
    words = TextAreaField(
        _("Answer"),
        filters=[plain_lines],
        validators=[Text(LONGEST_ANSWER, empty=_("Write the answer. The person reads it, and gets it by mail."))],
    )
    remark = _remark()

    @classmethod
    def over(cls, found: AssetRequest, prefix: str) -> Self:
        form = super().over(found, prefix)
        form.seen_asset = form.seen_version(form.asset_version)
        form.asset_version.data = str(found.asset.version)
        return form

    @property
    def retries(self) -> bool:
        return request.form.get("act") == RETRY

    def act(self, found: AssetRequest) -> tuple[Callable, AssetRequest]:
        return (answer_and_retry if self.retries else asset_requests.answer), found

    def values(self, by: User) -> dict:
        seen = {"asset_version": self.seen_asset} if self.retries else {}
        return {"words": self.words.data, "remark": self.remark.data or "", "version": self.seen, "by": by} | seen


def _is_a_reason(_form: ActForm, field: SelectField) -> None:
    if field.data not in TO_CHOOSE:
        raise ValidationError(_("Choose why; the person reads it."))


class CloseForm(SettleForm):
    because = SelectField(
        _("Why"),
        choices=[SelectChoice("", _("Choose")), *(SelectChoice(*each) for each in TO_CHOOSE.items())],
        validate_choice=False,
        validators=[_is_a_reason],
    )
    words = TextAreaField(_("In your words"), filters=[plain_lines], validators=[Text(LONGEST_ANSWER)])
    remark = _remark()

    def values(self, by: User) -> dict:
        return {
            "because": RequestEnd(self.because.data), "words": self.words.data or "", "remark": self.remark.data or "",
            "version": self.seen, "by": by,
        }  # fmt: skip
