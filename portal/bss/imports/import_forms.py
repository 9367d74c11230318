from typing import Self

from flask import request
from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField
from wtforms.validators import ValidationError

from portal.core.i18n import gettext
from portal.core.i18n import lazy as _
from portal.models import Import, User
from portal.services.imports.attaching import pasted_lines
from portal.services.imports.reading import LETTERS, Choices
from portal.services.imports.reading.dates import DateOrder
from portal.services.imports.reading.numbers import NumberStyle
from portal.web.forms.action_forms import ActForm


class UploadForm(ActForm):
    file = FileField(_("CSV file"))

    def validate_file(self, field) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose the file first."))

    def values(self, by: User) -> dict:
        return {"file": self.file.data.stream, "name": self.file.data.filename, "by": by}


class CodesForm(ActForm):
    """Codes for many assets, pasted or from a file. Text that is refused holds no code, so it may be shown again."""

    text = TextAreaField(_("Lines"), filters=[lambda text: text or ""])
    file = FileField(_("CSV file"))

    def values(self, by: User) -> dict:
        if self.file.data and self.file.data.filename:
            return {"file": self.file.data.stream, "name": self.file.data.filename, "by": by}
        return {"file": pasted_lines.as_file(self.text.data), "name": gettext("Pasted codes"), "by": by}


DATES = {
    "": _("Day first, if all fit"),
    DateOrder.DAY.value: _("Day first: 31/12/2025"),
    DateOrder.MONTH.value: _("Month first: 12/31/2025"),
}
NUMBERS = {
    "": _("Digits only"),
    NumberStyle.COMMA.value: _("1,000.0 is a thousand"),
    NumberStyle.POINT.value: _("1.000,0 is a thousand"),
}


class ReadingForm(ActForm):
    """What a person says about the whole file."""

    dates = SelectField(_("Dates"))
    numbers = SelectField(_("Numbers"))
    letters = SelectField(_("Letters"))

    @classmethod
    def of(cls, file: Import) -> Self:
        form = cls(data=file.choices)
        form.dates.choices, form.numbers.choices = list(DATES.items()), list(NUMBERS.items())
        form.letters.choices = [("", _("As recognized")), *LETTERS.items()]
        return form

    def values(self) -> dict:
        return {"choices": Choices.of({name: self[name].data for name in ("dates", "numbers", "letters")})}


class ApplyForm(ActForm):
    def values(self, by: User) -> dict:
        lines = {int(line) for line in request.form.getlist("accepted") if line.isascii() and line.isdigit()}
        run = self.seen_version()
        told = {"skip_faulty": "skip_faulty" in request.form, "accepted": lines, "seen_run": run if run >= 0 else None}
        return told | {"by": by, "all_codes": "all_codes" in request.form}


def shown_of(file: Import) -> str:
    """Which rows the page lists: "differs" if the address asks for it or there are no faulty rows, else "faulty"."""
    wanted = request.args.get("show")
    return "differs" if file.differs_count and (wanted == "differs" or not file.faulty_count) else "faulty"
