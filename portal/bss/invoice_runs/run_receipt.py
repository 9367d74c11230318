"""The preview or the receipt of a run as a file."""

from collections.abc import Iterator

from flask import Response

from portal.bss.invoice_runs import run_wording
from portal.core import money
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.models import InvoiceRun, InvoiceRunItem
from portal.services.invoicing.runs import run_page
from portal.web.pages.downloads import csv_answer


def receipt(run: InvoiceRun) -> Response:
    """Streamed; no cell is a formula that a spreadsheet would run."""
    return csv_answer(_lines(run), f"{run.number}.csv")


def _lines(run: InvoiceRun) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([_heads()])
    for item in run_page.all_items(run.id):
        yield text_of([_cells(run, item)])


def _heads() -> list[str]:
    return [
        _("Account"), _("Billed to"), _("Order"), _("Outcome"), _("Invoice"), _("Reason"), _("Lines"), _("Licences"),
        _("Net"), _("VAT"), _("Total"), _("Currency"),
    ]  # fmt: skip


def _cells(run: InvoiceRun, item: InvoiceRunItem) -> list[object]:
    outcome = run_page.OF_STATE[item.state]
    return [
        item.account.code, item.account.name, item.order.number if item.order else "",
        run_wording.outcome_text(run, outcome), (item.invoice and item.invoice.number) or "", item.reason,
        item.lines_count, item.licences,
        *(money.major_units(getattr(item, name), item.currency) for name in ("net", "vat", "gross")), item.currency,
    ]  # fmt: skip
