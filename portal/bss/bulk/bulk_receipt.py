"""The receipt of a bulk operation as a file."""

from functools import partial

from flask import Response
from markupsafe import Markup
from sqlalchemy import Row

from portal.bss.bulk.bulk_wording import outcome_text, reason
from portal.bss.bulk_lists.bulk_list_screens import csv_receipt
from portal.core import money
from portal.core.i18n import gettext as _
from portal.models import BulkOperation
from portal.services.bulk_operations import OPERATIONS


def receipt(operation: BulkOperation) -> Response:
    return csv_receipt(OPERATIONS, operation, _heads(), partial(_cells, operation))


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
