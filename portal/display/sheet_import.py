"""Rows pasted or uploaded into a form: previewed at first, and saved as the preview said."""

from collections.abc import Callable
from typing import Any, Self

from flask import flash, redirect, request
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, TextAreaField

from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.services.imports import sheets
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.sheets import Sheet
from portal.web.forms.action_forms import ActForm

NUMBERS = {
    "": lazy("With a point: 1234.50"),
    NumberStyle.COMMA.value: lazy("Like 1,234.50"),
    NumberStyle.POINT.value: lazy("Like 1.234,50"),
}


class SheetForm(ActForm):
    file = FileField(lazy("CSV file"))
    text = TextAreaField(lazy("Rows"), filters=[lambda text: text or ""])
    numbers = SelectField(lazy("How numbers are written"), default="")
    seen = HiddenField()

    @classmethod
    def offered(cls) -> Self:
        form = cls()
        form.numbers.choices = list(NUMBERS.items())
        return form

    @property
    def is_to_be_saved(self) -> bool:
        return request.form.get("act") == "save"

    @property
    def style(self) -> NumberStyle | None:
        return NumberStyle(self.numbers.data) if self.numbers.data else None

    def read(self) -> str:
        """The text that was pasted, or that of the file. Raises Unreadable."""
        if self.file.data and self.file.data.filename:
            return sheets.text_of(self.file.data.stream.read())
        if not self.text.data.strip():
            raise Unreadable(_("Paste some rows, or choose a file."))
        return self.text.data


def answer(
    form: SheetForm, *, preview: Callable[[str], Sheet], save: Callable[..., Sheet],
    page: Callable[[SheetForm, Sheet | None], str], then: str,
) -> Any:  # fmt: skip
    """`save` gets the text and `seen`; `then`: the address that shows what was saved."""
    if not form.validate_on_submit():
        return page(form, None), 422 if form.is_submitted() else 200
    try:
        form.text.data = form.read()
        if form.is_to_be_saved and form.carry_out(save, form.text.data, seen=form.seen.data or ""):
            flash(_sentence(form.result), "positive")
            return redirect(then, code=303)
        return page(form, preview(form.text.data)), 409 if form.refusal else 200
    except DomainError as refusal:
        form.refusal = refusal
        return page(form, None), 422


def _sentence(sheet: Sheet) -> str:
    saved = ngettext("%(num)s row was saved.", "%(num)s rows were saved.", len(sheet.taken))
    if not sheet.faulty:
        return saved
    left = ngettext("%(num)s row was left out.", "%(num)s rows were left out.", len(sheet.faulty))
    return f"{saved} {left}"
