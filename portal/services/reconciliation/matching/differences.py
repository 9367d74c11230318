"""How a coupon differs from its record and from its asset. What a file does not tell is no difference."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Row

from portal.core import clock
from portal.models import CouponStanding
from portal.models.coupon import mask

CORRECTABLE = frozenset({"quantity", "expiry"})
"""A person may have the record follow BitTitan in these. The others are decided by look-ups, or a case at BitTitan."""
MARKS = frozenset({"code", "id", "reference", "product", "organisation", "quantity"})
"""By which BitTitan knows a coupon. One that differs may be another asset's."""
Difference = list[str | None]


def between(row: Row, asset: Row | None, shown: Row) -> list[Difference]:
    """`shown`: a row of ShownCoupon."""
    if _agree(row, asset, shown):
        return []
    found = list(_marks(row, shown))
    if row.standing is not CouponStanding.REVIEW:  # kept because it is not as ordered
        found += _contents(row, shown)
    if row.standing is CouponStanding.RECORDED and asset is not None:
        found += _from_asset(asset, shown)
    by_field = {field: [field, here, there] for field, here, there in reversed(found)}
    return list(by_field.values())[::-1]


def _agree(row: Row, asset: Row | None, shown: Row) -> bool:
    """The usual case, in few steps."""
    if asset is None or row.standing is not CouponStanding.RECORDED:
        return False
    day = _day(shown.expires_at)
    here = (row.code, row.bittitan_id, row.reference, row.sku_id, row.organization_id, row.quantity, asset.sku_id,
            asset.quantity, asset.redeem_by)  # fmt: skip
    there = (shown.code, shown.bittitan_id, shown.reference, shown.sku_id, shown.organization_id, shown.quantity,
             shown.sku_id, shown.quantity, day)  # fmt: skip
    for known, said in zip(here, there, strict=True):
        if said is not None and said != known:
            return False
    return row.expires_at == shown.expires_at or day is None or _day(row.expires_at) == day


def _marks(row: Row, shown: Row) -> Iterator[Difference]:
    if row.code != shown.code:
        yield ["code", f"•••• {mask(row.code)}", f"•••• {mask(shown.code)}"]
    if _differ(row.bittitan_id, shown.bittitan_id):
        yield ["id", row.bittitan_id, shown.bittitan_id]
    if _differ(row.reference, shown.reference):
        yield ["reference", row.reference, shown.reference]


def _contents(row: Row, shown: Row) -> Iterator[Difference]:
    """Product, payer and licences of a code that was typed or imported are not known."""
    if row.reference:
        yield from _compared("product", row.sku_id, shown.sku_id)
        yield from _compared("organisation", row.organization_id, shown.organization_id)
        yield from _compared("quantity", row.quantity, shown.quantity)
    yield from _compared("expiry", _day(row.expires_at), _day(shown.expires_at))


def _from_asset(asset: Row, shown: Row) -> Iterator[Difference]:
    yield from _compared("product", asset.sku_id, shown.sku_id)
    yield from _compared("quantity", asset.quantity, shown.quantity)
    yield from _compared("expiry", asset.redeem_by, _day(shown.expires_at))


def _compared(field: str, here: object, there: object) -> Iterator[Difference]:
    if _differ(here, there):
        yield [field, str(here), str(there)]


def _differ(here: object, there: object) -> bool:
    return here not in (None, "") and there not in (None, "") and here != there


def _day(instant: datetime | None) -> date | None:
    return None if instant is None else clock.day_of(instant)
