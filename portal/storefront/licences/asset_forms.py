from typing import Self

from wtforms import StringField, TextAreaField
from wtforms.validators import StopValidation

from portal.core.i18n import lazy as _
from portal.models import Asset, User
from portal.services.asset_requests import LONGEST_WORDS
from portal.web.forms import Text, one_line, plain_lines
from portal.web.forms.action_forms import ActForm, EditForm


class NameForm(EditForm):
    TYPED = ("name",)

    name = StringField(_("Name"), filters=[one_line], validators=[Text(120, empty=_("Enter a name."))])

    @classmethod
    def of(cls, asset: Asset) -> Self:
        return cls(data={"version": str(asset.version), "name": asset.name}).over(asset)

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "by": by, "name": self.name.data}


def _was_sent(_form: ActForm, field: TextAreaField) -> None:
    """It may be empty, but a form has it."""
    if not field.raw_data:
        raise StopValidation(_("Something got lost on the way. Send the form again."))


class AskForm(ActForm):
    words = TextAreaField(
        _("What we should know (optional)"), filters=[plain_lines], validators=[_was_sent, Text(LONGEST_WORDS)]
    )  # fmt: skip

    def values(self, by: User) -> dict:
        return {"words": self.words.data or "", "by": by}
