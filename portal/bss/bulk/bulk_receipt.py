"""The receipt of a bulk operation as a streamed CSV file; no cell is a formula that a spreadsheet would run."""

from collections.abc import Iterator

from flask import Response
from markupsafe import Markup
from sqlalchemy import Row

from portal.bss.bulk.bulk_wording import outcome_text, reason
from portal.core import money
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.models import BulkOperation
from portal.services.bulk_operations import bulk_page
from portal.web.pages.downloads import csv_answer


def receipt(operation: BulkOperation) -> Response:
    return csv_answer(_lines(operation), f"{operation.number}.csv")


def _lines(operation: BulkOperation) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([_heads()])
    for row in bulk_page.stream(operation):
        yield text_of([_cells(operation, row)])


def _heads() -> list[str]:
    return [
        _("Number"), _("Name"), _("Name before"), _("Customer"), _("Billed to"), _("Licences"), _("Total"),
        _("Currency"), _("Outcome"), _("Reason"), _("Now"),
    ]  # fmt: skip


def _cells(operation: BulkOperation, row: Row) -> list[object]:
    item, asset, account, payer, _coupon, _revocation, outcome, _why = row
    total = "" if asset.total is None else money.major_units(asset.total, asset.currency)
    told = reason(row)
    return [
        asset.number, asset.name, item.before or "", account.name, payer.name, asset.quantity, total,
        asset.currency or "", outcome_text(operation, outcome), told.striptags() if isinstance(told, Markup) else told,
        _("Active") if asset.is_active else _("Cancelled"),
    ]  # fmt: skip
