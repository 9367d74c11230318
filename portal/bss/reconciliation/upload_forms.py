"""The forms of an uploaded list of coupons: the file, and how it is read."""

from typing import Self

from flask import request
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import CouponUpload, User
from portal.services.imports.coupon_lists import masking
from portal.services.imports.coupon_lists.coupon_columns import COLUMNS, LABELS, heading_places
from portal.services.imports.reading import LETTERS, Choices
from portal.services.imports.reading.dates import DateOrder
from portal.web.forms.action_forms import ActForm

NONE, AUTO = "none", ""
"""In a select: no column of the file."""
SEPARATORS = {AUTO: lazy("As recognized"), ",": lazy("Comma"), ";": lazy("Semicolon"), "tab": lazy("Tab")}
DATES = {
    AUTO: lazy("Day first, if all fit"),
    DateOrder.DAY.value: lazy("Day first: 31/12/2027"),
    DateOrder.MONTH.value: lazy("Month first: 12/31/2027"),
}


def _options(texts: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in texts.items()]


class FileForm(ActForm):
    file = FileField(lazy("CSV file"))

    def validate_file(self, field) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose the file first."))
        if len(request.files.getlist(field.name)) > 1:
            raise ValidationError(_("Choose one file. Each list is compared by itself."))

    def values(self, by: User) -> dict:
        return {"file": self.file.data.stream, "name": self.file.data.filename, "by": by}


class ReadingForm(ActForm):
    """A column is named by its place, as a heading may be a code where a file has none."""

    letters = SelectField(lazy("Encoding"), choices=_options({AUTO: lazy("As recognized")} | LETTERS))
    separator = SelectField(lazy("Separator"), choices=_options(SEPARATORS))
    dates = SelectField(lazy("Dates are written"), choices=_options(DATES))
    remember = BooleanField(lazy("Remember for files with these columns"), default=True)

    heads: list[str]

    @classmethod
    def of(cls, upload: CouponUpload, **formdata) -> Self:
        form = cls(data=_filled(upload), **formdata)
        form.heads = upload.heads
        heads = {NONE: _("Not in the file")} | {str(place): _shown(head) for place, head in enumerate(form.heads)}
        for field in form.columns:
            field.choices = _options(heads)
        return form

    @property
    def columns(self) -> list[SelectField]:
        return [self[column.field] for column in COLUMNS]

    def validate(self, extra_validators=None) -> bool:
        if not super().validate(extra_validators):
            return False
        taken: set[str] = set()
        for field in self.columns:
            if field.data != NONE and field.data in taken:
                field.errors = [_("This column is chosen already.")]
            taken.add(field.data)
        if self.code.data == NONE:
            self.code.errors = [_("Choose the column that holds the coupon codes.")]
        self._mark_first_bad()
        return not self.errors

    def values(self, by: User) -> dict:
        heads = {NONE: ""} | {str(place): head for place, head in enumerate(self.heads)}
        mapping = {field.short_name: heads[field.data] for field in self.columns}
        separator = "\t" if self.separator.data == "tab" else self.separator.data
        words = {"letters": self.letters.data, "separator": separator, "dates": self.dates.data}
        return {
            "version": self.seen_version(), "mapping": mapping, "choices": Choices.of(words),
            "is_remembered": self.remember.data, "by": by,
        }  # fmt: skip


for _name, _label in LABELS.items():
    setattr(ReadingForm, _name, SelectField(_label))


def _filled(upload: CouponUpload) -> dict[str, str | bool]:
    places = heading_places(upload.heads, upload.mapping)
    columns = {name: str(places[name]) if name in places else NONE for name in LABELS}
    separator = upload.choices.get("separator", AUTO)
    choices = {name: upload.choices.get(name, AUTO) for name in ("letters", "dates")}
    others = {"version": str(upload.version), "separator": "tab" if separator == "\t" else separator, "remember": True}
    return columns | choices | others


def _shown(head: str) -> str:
    return masking.without_code(head) or _("(no heading)")
