"""The receipt of a retry as a streamed CSV file; no cell is a formula that a spreadsheet would run."""

from collections.abc import Iterator

from flask import Response
from sqlalchemy import Row

from portal.bss.retries.retry_wording import outcome_text, reason
from portal.core import money
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.models import Retry
from portal.services.bulk_retries import retry_page
from portal.web.pages.downloads import csv_answer


def receipt(retry: Retry) -> Response:
    return csv_answer(_lines(retry), f"{retry.number}.csv")


def _lines(retry: Retry) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([_heads()])
    for row in retry_page.stream(retry):
        yield text_of([_cells(retry, row)])


def _heads() -> list[str]:
    return [
        _("Number"), _("Name"), _("Customer"), _("Billed to"), _("Product"), _("Licences"), _("Total"), _("Currency"),
        _("Outcome"), _("Reason"), _("Cause"), _("Attempt"),
    ]  # fmt: skip


def _cells(retry: Retry, row: Row) -> list[object]:
    _item, asset, account, payer, product, attempt, outcome, why = row
    total = "" if asset.total is None else money.major_units(asset.total, asset.currency)
    return [
        asset.number, asset.name, account.name, payer.name, product.name, asset.quantity, total, asset.currency or "",
        outcome_text(retry, outcome), reason(retry, outcome, why, attempt),
        attempt.cause or "" if attempt else "", attempt.number if attempt else "",
    ]  # fmt: skip
