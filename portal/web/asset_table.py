"""Assets as lines of a CSV file: the columns of the screen, codes masked, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from portal.models import Asset
from portal.web.wording import STATUS

RUNS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


def csv_lines(assets: Iterable[Asset]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _line(_heads())
    for asset in assets:
        yield _line(_cells(asset))


def harmless(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(RUNS) else text


def _heads() -> list[str]:
    return [
        _("Number"), _("Name"), _("Sync status"), _("Lifecycle"), _("Product"), _("Customer"), _("Billed to"),
        _("Licences"), _("Purchased"), _("Redeem by"), _("Coupon code"),
    ]  # fmt: skip


def _cells(asset: Asset) -> list[object]:
    return [
        asset.number, asset.name, STATUS[asset.sync_status], _("Active") if asset.is_active else _("Cancelled"),
        asset.product.name, asset.account.name, asset.billed_account.name, asset.quantity,
        asset.purchased_on.isoformat(), asset.redeem_by.isoformat(), f"…{asset.coupon.mask}" if asset.coupon else "",
    ]  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return text.getvalue()
