"""The journal, the documents and the DATEV postings of some days."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request, stream_with_context

from portal.bss.exports.export_form import DatevForm, DaysForm
from portal.core import clock
from portal.core.csv_safe import Cells
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.money import exact, major_units
from portal.models import Right
from portal.services.invoicing.exports import archive, datev, journal
from portal.services.invoicing.exports.journal import Days, Entry
from portal.web.pages.downloads import Columns, csv_list, disposition
from portal.web.security.guards import requires

bp = Blueprint("exports", __name__, url_prefix="/billing/exports")
JOURNAL, ARCHIVE, DATEV = "journal", "documents", "datev"
BATCH = 500


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    file = request.args.get("file")
    days, books = DaysForm.asked(), DatevForm.asked()
    books.currency.choices = journal.currencies()
    form = books if file == DATEV else days
    if file in _MAKERS and form.validate() and (answer := _made(file, form)) is not None:
        return answer
    sent = form if file in _MAKERS else None
    status = 422 if sent is not None and sent.errors else 200
    return render_template("bss/exports/index.html", days=days, books=books, sent=sent), status


def _made(file: str, form: DaysForm) -> Response | None:
    try:
        return _MAKERS[file](form)
    except InvalidInput as wrong:
        form[wrong.field].errors = [wrong.message]
        return None


def _journal(form: DaysForm) -> Response:
    days = form.days
    return csv_list(
        _heads(), lambda: _columns(days), "journal", lambda total: _("End of export: %(total)s rows", total=total)
    )


def _archive(form: DaysForm) -> Response:
    response = Response(stream_with_context(archive.as_zip(form.days)), mimetype="application/zip")
    response.headers["Content-Disposition"] = disposition(_name("invoices", form.days, "zip"))
    return response


def _datev(form: DatevForm) -> Response:
    days, currency, books = form.days, form.currency.data, form.books
    datev.check(days, currency, books)
    lines = datev.lines(days, currency, books, clock.now())
    response = Response(stream_with_context(lines), content_type="text/csv; charset=windows-1252")
    response.headers["Content-Disposition"] = disposition(datev.file_name(days, currency))
    return response


_MAKERS = {JOURNAL: _journal, ARCHIVE: _archive, DATEV: _datev}


def _name(kind: str, days: Days, ending: str) -> str:
    return f"{kind}-{days.first}-{days.last}.{ending}"


def _heads() -> list[str]:
    return [
        _("Number"), _("Kind"), _("Corrects"), _("Issued"), _("Due"), _("Account code"), _("Buyer"), _("Row"),
        _("Line"), _("Order"), _("Asset"), _("Product code"), _("Product"), _("Licences"), _("Price"),
        _("Tax category"), _("Rate, %"), _("Amount"), _("Currency"),
    ]  # fmt: skip


def _columns(days: Days) -> Iterator[Columns]:
    batch: list[tuple] = []
    for entry in journal.entries(days):
        batch.append(_cells(entry))
        if len(batch) == BATCH:
            yield list(zip(*batch, strict=True))
            batch = []
    if batch:
        yield list(zip(*batch, strict=True))


def _cells(entry: Entry) -> Cells:
    price = "" if entry.unit_price is None else major_units(entry.unit_price, entry.currency)
    return (
        entry.number, entry.kind.value, entry.corrects or "", str(entry.issued_on), str(entry.due_on or ""),
        entry.account_code, entry.buyer_name, _("VAT") if entry.is_tax else _("Line"), _text(entry.position),
        f"ORD-{entry.order_id}" if entry.order_id else "", f"AS-{entry.asset_id}" if entry.asset_id else "",
        entry.product_code or "", entry.product_name or "", _text(entry.quantity), price, entry.category,
        f"{entry.rate / 100:g}", exact(entry.amount, entry.currency), entry.currency,
    )  # fmt: skip


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
