"""The differences of a comparison as a file. It holds the ends of codes alone."""

from collections.abc import Iterator, Sequence
from itertools import islice

from flask import Response
from flask_login import current_user

from portal.core import money
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.display.wording import STATUS
from portal.display.wording import reconciliation_wording as words
from portal.display.wording.finding_wording import kind_words
from portal.models import Finding, ReconciliationRun, User
from portal.services.reconciliation.viewing import finding_list, names
from portal.services.reconciliation.viewing.finding_list import AT_ONCE, Filters
from portal.services.reconciliation.viewing.names import Names
from portal.web.pages.downloads import Columns, csv_list


def as_csv(run: ReconciliationRun, filters: Filters) -> Response:
    """All that match, in order, streamed."""
    viewer = current_user._get_current_object()

    def read() -> Iterator[Columns]:
        rows = finding_list.each(viewer, run, filters)
        while some := list(islice(rows, AT_ONCE)):
            yield list(zip(*_lines(viewer, some), strict=True))

    return csv_list(_heads(), read, f"comparison-{run.id}", lambda total: _("End of export: %(total)s differences",
                                                                            total=total))  # fmt: skip


def _heads() -> list[str]:
    return [
        _("Difference"), _("Asset"), _("Name"), _("Account"), _("Billed to"), _("State here"), _("Reference"),
        _("Product"), _("Licences here"), _("Licences at BitTitan"), _("Issued"), _("Redeem by here"),
        _("Redeem by at BitTitan"), _("Code here"), _("Code at BitTitan"), _("What differs"), _("Worth"),
        _("Currency"), _("What is offered"), _("State"), _("Decided by"), _("Decided at"), _("Why"),
    ]  # fmt: skip


def _lines(viewer: User, rows: Sequence[Finding]) -> Iterator[tuple[str, ...]]:
    named = names.of(viewer, [row.shown for row in rows])
    for row in rows:
        yield tuple(map(_text, (kind_words(row.kind), *_here(row, named), *_decided(row))))


def _here(row: Finding, named: Names) -> Cells:
    asset, shown, coupon = row.asset, row.shown, row.coupon
    own = coupon or (asset and asset.coupon)
    differences = "; ".join(f"{words.FIELDS[name]}: {here} / {there}" for name, here, there in row.differences)
    return (
        asset and asset.number, asset and asset.name, asset and asset.account.name, asset and asset.billed_account.name,
        asset and str(STATUS[asset.sync_status]), (shown and shown.reference) or (asset and asset.reference),
        _product(row, named), asset and asset.quantity, shown and shown.quantity, shown and shown.issued_at,
        asset and asset.redeem_by, shown and shown.expires_at, _mask(own), _mask(shown), differences,
        money.major_units(asset.total, asset.currency) if asset and asset.total is not None else "",
        asset and asset.currency,
    )  # fmt: skip


def _product(row: Finding, named: Names) -> str | None:
    if row.shown is not None and row.shown.sku_id in named.products:
        return named.products[row.shown.sku_id]
    return row.asset and row.asset.product.name


def _decided(row: Finding) -> Cells:
    who = row.decided_by and row.decided_by.name
    return words.offered(row), words.decision_words(row), who, row.decided_at, row.why


def _mask(coupon) -> str:
    return f"…{coupon.mask}" if coupon is not None else ""


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
