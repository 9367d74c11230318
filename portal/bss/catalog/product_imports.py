"""Setup > Products > Import: products and prices, pasted or from a file, previewed before they are saved."""

from flask import Blueprint, render_template
from flask_login import current_user

from portal.bss.catalog.wording import row_words
from portal.display import sheet_import
from portal.display.sheet_import import SheetForm
from portal.models import Right
from portal.services.imports import products, sheets
from portal.services.imports.sheets import Sheet
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("product_imports", __name__, url_prefix="/setup/products/imports")


@bp.route("", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def index():
    form = SheetForm.offered()
    return sheet_import.answer(
        form,
        preview=lambda text: products.preview(text, form.style),
        save=lambda text, seen: products.apply(text, form.style, seen=seen, by=current_user),
        page=_page,
        then=url_for("bss.products.index"),
    )


def _page(form: SheetForm, sheet: Sheet | None) -> str:
    values = {"form": form, "sheet": sheet, "row_words": row_words, "most": sheets.MOST_ROWS}
    return render_template("bss/catalog/import.html", **values)
