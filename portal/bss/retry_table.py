"""The receipt of a retry as lines of a CSV file; streamed, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterator

from flask import Response, stream_with_context
from flask_babel import gettext as _
from sqlalchemy import Row

from portal.bss.retry_words import outcome_text, reason
from portal.models import Retry
from portal.services import money
from portal.services.retries import retry_page
from portal.web.asset_files import BYTE_ORDER_MARK
from portal.web.asset_table import harmless


def csv_answer(retry: Retry) -> Response:
    response = Response(stream_with_context(_lines(retry)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{retry.number}.csv"'
    return response


def _lines(retry: Retry) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _line(_heads())
    for row in retry_page.stream(retry):
        yield _line(_cells(retry, row))


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


def _line(cells: list[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) if type(cell) is str else cell for cell in cells])
    return text.getvalue()
