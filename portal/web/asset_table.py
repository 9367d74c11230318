"""Assets as lines of a CSV file: the columns of the screen, codes masked, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Response, stream_with_context
from flask_babel import gettext as _

from portal.models import Asset, User
from portal.web.wording import STATUS, payer_name

RUNS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


def csv_answer(assets: Iterable[Asset], reader: User) -> Response:
    """Streamed: however long the list is, it never stands in memory."""
    response = Response(stream_with_context(_lines(assets, reader)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="assets.csv"'
    return response


def _lines(assets: Iterable[Asset], reader: User) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _line(_heads())
    for asset in assets:
        yield _line(_cells(asset, reader))


def harmless(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(RUNS) else text


def _heads() -> list[str]:
    return [
        _("Number"), _("Name"), _("Sync status"), _("Lifecycle"), _("Product"), _("Customer"), _("Billed to"),
        _("Licences"), _("Purchased"), _("Redeem by"), _("Coupon code"),
    ]  # fmt: skip


def _cells(asset: Asset, reader: User) -> list[object]:
    return [
        asset.number, asset.name, STATUS[asset.sync_status], _("Active") if asset.is_active else _("Cancelled"),
        asset.product.name, asset.account.name, payer_name(asset, reader), asset.quantity,
        asset.purchased_on.isoformat(), asset.redeem_by.isoformat(), f"…{asset.coupon.mask}" if asset.coupon else "",
    ]  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return text.getvalue()
