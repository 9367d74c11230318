"""The forms on the page of a mail."""

from typing import Self

from flask import request
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired

from portal.core.i18n import lazy as _
from portal.models import Message, User
from portal.services.mail import closing
from portal.services.mail.closing import LONGEST_REASON
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm


class OutcomeForm(ActForm):
    @classmethod
    def over(cls, message: Message, prefix: str) -> Self:
        """Shown with the version that the page shows now. `prefix` makes the ids of its fields unique."""
        form = cls() if (request.endpoint or "").endswith(f".{prefix}") else cls(formdata=None)
        form.seen, form.now = form.seen_version(), message.version
        form.version.data = str(message.version)
        for field in form:
            field.id = f"{prefix}-{field.name}"
        return form

    def is_pressed(self) -> bool:
        """A Return in a field only checks, the version too."""
        is_valid = self.validate_on_submit()
        if self.seen != self.now:
            self.refusal = closing.moved()
        return is_valid and self.refusal is None and request.form.get("act") == "press"

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200


class SendAgainForm(OutcomeForm):
    is_sure = BooleanField(
        _("It is not there, or it may come twice"),
        validators=[InputRequired(_("Tick this first: it may arrive twice."))],
    )
    reason = StringField(
        _("Why"), filters=[one_line], validators=[Text(LONGEST_REASON, empty=_("Say why; it stays on record."))]
    )

    def values(self, by: User) -> dict:
        return {"is_sure": self.is_sure.data, "reason": self.reason.data, "version": self.seen, "by": by}


class ArrivedForm(OutcomeForm):
    reason = StringField(_("How you know"), filters=[one_line], validators=[Text(LONGEST_REASON)])

    def values(self, by: User) -> dict:
        return {"reason": self.reason.data or "", "version": self.seen, "by": by}
