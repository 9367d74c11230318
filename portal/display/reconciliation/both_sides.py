"""Both sides of a difference in full, what differs, and what an act makes of it. Codes are masked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.wording.coupon_wording import coupon_status
from portal.display.wording.sync_words import STATUS
from portal.models import Coupon, CouponStanding, FindingAct, FindingKind, ReconciliationSource, SyncStatus
from portal.services.reconciliation.viewing.present import CurrentFinding
from portal.web.filters import day, instant, number

Act, Kind = FindingAct, FindingKind
Text = str | Markup | None


@dataclass(frozen=True)
class Line:
    name: str
    label: str
    here: Text
    there: Text
    differs: bool = False
    after: Text = None
    changes: bool = False


def lines(row: CurrentFinding, act: FindingAct | None = None) -> list[Line]:
    """`act`: what it would do. None: nothing is changed."""
    after = _after(row, act)
    found = [replace(each, after=after.get(each.name, each.here)) for each in _both(row)]
    found = [replace(each, changes=each.after != each.here) for each in found]
    if act is Act.RECORD and goes_to_surplus(row):
        found.append(Line("surplus", _("Surplus register"), None, None, False, _code(row.shown), True))
    return found


def goes_to_surplus(row: CurrentFinding) -> bool:
    """Its asset has its own code, or is not here."""
    return row.asset is None or row.asset.coupon is not None


def is_as_ordered(row: CurrentFinding) -> bool:
    """Otherwise it is kept with the asset until a person has reviewed it."""
    asset, shown = row.asset, row.shown
    pairs = (
        (asset.product.type.sku_id, shown.sku_id), (asset.quantity, shown.quantity),
        (asset.billed_account.organization_id, shown.organization_id),
    )  # fmt: skip
    return all(here == there or there is None for here, there in pairs)


def _both(row: CurrentFinding) -> Iterator[Line]:
    asset, record, shown = row.asset, row.record, row.shown
    yield _line(
        "reference",
        _("Reference"),
        asset.reference if asset else record and record.reference,
        shown and shown.reference,
    )
    yield from _contents(row)
    yield _line("status", _("Status"), _status_here(row), _status_there(row), is_compared=False)
    yield _line("code", _("Code"), _code(record), _code(shown))
    yield _line("id", _("Coupon Id"), record and record.bittitan_id, shown and shown.bittitan_id)
    if row.with_id is not None:
        yield Line("with_id", _("The same Id is on"), _holder(row.with_id), None)
    issued_at = record and record.issued_at
    yield _line(
        "issued", _("Issued"), issued_at and instant(issued_at), shown and shown.issued_at and instant(shown.issued_at)
    )
    there = shown and shown.expires_at and day(shown.expires_at)
    yield _line("expiry", _("Redeem by"), _redeem_by(row), there)


def _contents(row: CurrentFinding) -> Iterator[Line]:
    asset, record, shown = row.asset, row.record, row.shown
    product = shown and (row.names.products.get(shown.sku_id) or shown.sku_id)
    own = asset.product.type.name if asset else record and record.sku_id
    yield _line("product", _("Product"), own, product)
    quantity = asset.quantity if asset else record and record.quantity
    there = shown and shown.quantity and number(shown.quantity)
    yield _line("quantity", _("Licences"), quantity and number(quantity), there)
    organization = shown and (row.names.organizations.get(shown.organization_id) or shown.organization_id)
    payer = asset and asset.billed_account
    is_same = payer and shown and payer.organization_id == shown.organization_id
    line = _line("organisation", _("Billed to"), payer and payer.name, organization)
    yield replace(line, differs=line.differs and not is_same)
    bought = shown and shown.issued_at and day(shown.issued_at)
    yield _line("bought", _("Bought"), asset and day(asset.purchased_on), bought, is_compared=False)


def _line(name: str, label: str, here: Text, there: Text, *, is_compared: bool = True) -> Line:
    here, there = (None if each in (None, "", 0) else each for each in (here, there))
    return Line(name, label, here, there, is_compared and there is not None and here != there)


def _after(row: CurrentFinding, act: FindingAct | None) -> dict[str, Text]:
    """By line, what becomes of our side."""
    shown = row.shown
    if act is Act.RETRY:
        return {"status": str(STATUS[SyncStatus.SYNCHRONIZING])}
    if act is Act.WITHDRAW:
        status = SyncStatus.FAILED if row.is_unbought else SyncStatus.REVIEW
        return {"code": None, "id": None, "issued": None, "status": str(STATUS[status])}
    if shown is None or act is None:
        return {}
    if act is Act.CORRECT and row.finding.kind is Kind.TWO_RECORDS:
        return {"id": shown.bittitan_id, "with_id": None}
    there = {each.name: each.there for each in _both(row) if each.there is not None}
    if act is Act.CORRECT:
        return {name: text for name, text in there.items() if name in ("quantity", "expiry", "issued")}
    if act is Act.ATTACH or act is Act.RECORD and not goes_to_surplus(row):
        return _recorded(row, there, act)
    return {}


def _recorded(row: CurrentFinding, there: dict[str, Text], act: FindingAct) -> dict[str, Text]:
    if act is Act.RECORD and not is_as_ordered(row):
        return {"status": str(STATUS[SyncStatus.REVIEW])}
    taken = {name: text for name, text in there.items() if name in ("code", "id", "issued", "expiry")}
    return taken | {"status": str(STATUS[SyncStatus.SYNCHRONIZED])}


def _code(coupon: object) -> str | None:
    return None if coupon is None else f"•••• {coupon.mask}"


def _holder(coupon: Coupon) -> str:
    where = f"AS-{coupon.asset_id}" if coupon.asset_id else _("Surplus register")
    return f"{where}, •••• {coupon.mask}"


def _status_here(row: CurrentFinding) -> str | None:
    if row.asset is not None:
        return str(STATUS[row.asset.sync_status]) if row.asset.is_active else _("Cancelled")
    if row.record is None:
        return None
    return _("Surplus register") if row.record.standing is CouponStanding.SURPLUS else row.record.standing.value


def _status_there(row: CurrentFinding) -> str | None:
    kind, run = row.finding.kind, row.run
    if row.shown is not None:
        return row.shown.status and coupon_status(row.shown.status)
    if kind not in (Kind.NOT_LISTED, Kind.UNVERIFIED):
        return None
    return _("Not in the file") if run.source is ReconciliationSource.FILE else _("BitTitan knows no such coupon")


def _redeem_by(row: CurrentFinding) -> Text:
    asset, record = row.asset, row.record
    if asset is not None:
        text = day(asset.redeem_by)
        return text if asset.coupon is not None else Markup("{} {}").format(text, _("(computed)"))
    return record and record.expires_at and day(clock.day_of(record.expires_at))
