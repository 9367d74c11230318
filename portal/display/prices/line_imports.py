"""The lines of a price list as a file: out, and in with a preview."""

from flask import Response, render_template
from flask_login import current_user
from wtforms import BooleanField

from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display import sheet_import
from portal.display.sheet_import import SheetForm
from portal.models import PriceList
from portal.services.catalog import price_lines
from portal.services.catalog.price_lines import Line
from portal.services.imports import price_lists, sheets
from portal.services.imports.price_lists import Options
from portal.services.imports.sheets import Change, Sheet
from portal.web.filters import money
from portal.web.pages.downloads import csv_answer, name_of_list


class LinesForm(SheetForm):
    is_whole = BooleanField(lazy("These rows are the whole list"))

    @property
    def options(self) -> Options:
        return Options(self.style, self.is_whole.data)


def as_csv(price_list: PriceList) -> Response:
    lines = (price_lists.cells_of(line, price_list.currency) for line in price_list.lines)
    return csv_answer(iter([BYTE_ORDER_MARK + text_of([price_lists.heads(), *lines])]), name_of_list("prices", "csv"))


def answer(area, price_list: PriceList):
    def words(change: Change) -> tuple[str, str, str]:
        return _("Price"), *(_text(line, price_list.currency) for line in (change.before, change.after))

    def page(form: SheetForm, sheet: Sheet | None) -> str:
        values = {"form": form, "sheet": sheet, "row_words": words, "most": sheets.MOST_ROWS}
        return render_template("prices/import.html", price_list=price_list, area=area, **values)

    form = LinesForm.offered()
    return sheet_import.answer(
        form,
        preview=lambda text: price_lists.preview(price_list, text, form.options, by=current_user),
        save=lambda text, seen: price_lists.apply(price_list, text, form.options, seen=seen, by=current_user),
        page=page,
        then=area.url("edit", list_id=price_list.id),
    )


def _text(line: Line | None, currency: str) -> str:
    if line is None:
        return ""
    if line.amount is not None:
        return money(line.amount, currency)
    return _("%(discount)s %% off the list price", discount=price_lines.percent_text(line.discount))
