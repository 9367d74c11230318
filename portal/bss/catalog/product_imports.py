"""Setup > Products > Import: products and prices, pasted or from a file, previewed before they are saved."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, TextAreaField

from portal.bss.catalog.wording import row_words
from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.models import Right
from portal.services.imports import products
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading.numbers import NumberStyle
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("product_imports", __name__, url_prefix="/setup/products/imports")
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
    def offered(cls) -> "SheetForm":
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
            return products.text_of(self.file.data.stream.read())
        if not self.text.data.strip():
            raise Unreadable(_("Paste some rows, or choose a file."))
        return self.text.data


@bp.route("", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def index():
    form = SheetForm.offered()
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    try:
        form.text.data = form.read()
        if form.is_to_be_saved:
            return _saved(form)
        return _page(form, products.preview(form.text.data, form.style))
    except DomainError as refusal:
        form.refusal = refusal
        return _page(form), 422


def _saved(form: SheetForm):
    seen = {"seen": form.seen.data or "", "by": current_user}
    if form.carry_out(products.apply, form.text.data, form.style, **seen):
        flash(_sentence(form.result), "positive")
        return redirect(url_for("bss.products.index"), code=303)
    return _page(form, products.preview(form.text.data, form.style)), 409


def _sentence(sheet: products.Sheet) -> str:
    saved = ngettext("%(num)s row was saved.", "%(num)s rows were saved.", len(sheet.taken))
    if not sheet.faulty:
        return saved
    left = ngettext("%(num)s row was left out.", "%(num)s rows were left out.", len(sheet.faulty))
    return f"{saved} {left}"


def _page(form: SheetForm, sheet: products.Sheet | None = None) -> str:
    values: dict[str, Any] = {"form": form, "sheet": sheet, "row_words": row_words, "most": products.MOST_ROWS}
    return render_template("bss/catalog/import.html", **values)
