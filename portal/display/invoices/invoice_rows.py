"""The rows of a list of invoices, joined from strings as those of assets (display/lists/asset_rows.py)."""

from collections.abc import Sequence
from datetime import date

from babel.numbers import get_currency_precision
from markupsafe import Markup, escape
from sqlalchemy import Row

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.invoices.invoice_columns import signed
from portal.display.invoices.invoice_states import Face, face, written
from portal.display.layout import icon
from portal.display.lists.columns import ShownColumn
from portal.models import InvoiceKind
from portal.web.filters import amount, day
from portal.web.urls import url_for

_ANY_ID = 2**31 - 1
_NIL = Markup(
    '<span class="empty-value nil"><span aria-hidden="true">–</span><span class="visually-hidden">{}</span></span>'
)
_MONEY = '<span class="money%s"><span dir="ltr">%s</span> <span class="money__code">%s</span></span>'
_PDF = Markup('<a class="btn btn--small" href="{}" download>{}{}<span class="visually-hidden"> {}</span></a>')


def money_cell(value: int, currency: str, *, is_open: bool = False) -> Markup:
    """An amount for a column: digits stand below digits, whole currencies keep the place of the decimals."""
    css = "" if get_currency_precision(currency) else " money--whole"
    text = amount(value, currency)
    return Markup(_MONEY % (css + (" money--open" if is_open else ""), text, escape(currency)))


class InvoiceRows:
    def __init__(self, columns: Sequence[ShownColumn], *, area: str):
        self._for_buyer = area == "storefront"
        self._columns = [(getattr(self, column.cell), column.label) for column in columns]
        self._show, self._pdf = (
            url_for(f"{area}.invoices.{endpoint}", invoice_id=_ANY_ID, **values)
            .replace("%", "%%")
            .replace(str(_ANY_ID), "%s")
            for endpoint, values in (("show", {}), ("download", {"document": "pdf"}))
        )
        self._today = clock.today()
        self._badges: dict[Face, Markup] = {}
        self._days: dict[date, Markup] = {}
        self._no_number, self._draft_for = _("No number yet"), _("draft for")
        self._not_yet = Markup('<span class="empty-value">{}</span>').format(_("Not yet"))
        self._not_due, self._nothing = _NIL.format(_("Nothing is due")), _NIL.format(_("Nothing open"))
        self._no_po, self._pdf_text, self._of = _NIL.format(_("Not given")), _("PDF"), _("of %(number)s")
        self._no_pdf = Markup('<span class="empty-value">{}</span>').format(_("No PDF yet"))

    def row(self, invoice: Row) -> Markup:
        cells = "".join(cell(invoice, label) for cell, label in self._columns)
        return Markup(f'<tr id="invoice-{invoice.id}">{cells}</tr>')

    def number(self, invoice: Row, label: str) -> str:
        text = escape(invoice.number) if invoice.number else self._no_number
        if invoice.number is None:
            text += f'<span class="visually-hidden">, {self._draft_for} <bdi>{escape(invoice.buyer_name)}</bdi></span>'
        return f'<th class="table__number" scope="row"><a href="{self._show % invoice.id}">{text}</a></th>'

    def state(self, invoice: Row, label: str) -> str:
        shown = face(invoice, invoice.credited, self._today, for_buyer=self._for_buyer)
        if shown not in self._badges:
            self._badges[shown] = written(shown)
        return f'<td class="table__all">{self._badges[shown]}</td>'

    def buyer(self, invoice: Row, label: str) -> str:
        return f'<td class="table__text"{label}><bdi>{escape(invoice.buyer_name)}</bdi></td>'

    def po(self, invoice: Row, label: str) -> str:
        shown = f"<bdi>{escape(invoice.po_number)}</bdi>" if invoice.po_number else self._no_po
        return f'<td class="table__text"{label}>{shown}</td>'

    def issued(self, invoice: Row, label: str) -> str:
        return f"<td{label}>{self._day(invoice.issued_on) if invoice.issued_on else self._not_yet}</td>"

    def due(self, invoice: Row, label: str) -> str:
        is_due = invoice.due_on is not None and invoice.kind is InvoiceKind.INVOICE
        return f"<td{label}>{self._day(invoice.due_on) if is_due else self._not_due}</td>"

    def _day(self, value: date) -> Markup:
        """Most rows of a page share a few days and states, each of which is written once."""
        if value not in self._days:
            self._days[value] = day(value)
        return self._days[value]

    def total(self, invoice: Row, label: str) -> str:
        shown = money_cell(signed(invoice.kind, invoice.gross), invoice.currency)
        return f'<td class="num"{label}>{shown}</td>'

    def open(self, invoice: Row, label: str) -> str:
        left = signed(invoice.kind, invoice.gross - invoice.settled) if invoice.number else 0
        shown = money_cell(left, invoice.currency, is_open=left > 0) if left else self._nothing
        return f'<td class="num"{label}>{shown}</td>'

    def document(self, invoice: Row, label: str) -> str:
        if not invoice.has_pdf:
            return f"<td>{self._no_pdf}</td>"
        of = self._of % {"number": invoice.number}
        return f"<td>{_PDF.format(self._pdf % invoice.id, icon('download'), self._pdf_text, of)}</td>"
