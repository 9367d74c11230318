"""The receipt of a retry as a file."""

from functools import partial

from flask import Response
from sqlalchemy import Row

from portal.bss.bulk_lists.bulk_list_screens import csv_receipt
from portal.bss.retries.retry_wording import outcome_text, reason
from portal.core import money
from portal.core.i18n import gettext as _
from portal.models import Retry
from portal.services.bulk_retries import RETRIES


def receipt(retry: Retry) -> Response:
    return csv_receipt(RETRIES, retry, _heads(), partial(_cells, retry))


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
