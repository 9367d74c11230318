"""The assets of a file that the portal has already: how they are found, and how they differ."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from sqlalchemy import Row, select

from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Lifecycle, SyncStatus
from portal.models.coupon import mask
from portal.services.imports.reading.refusals import shown


def existing(keys: set[str], ids: set[int]) -> tuple[dict[str, Row], dict[int, Row]]:
    """By Asset ID, and by number."""
    is_recorded = (Coupon.asset_id == Asset.id) & (Coupon.standing == CouponStanding.RECORDED)
    columns = (
        Asset.id, Asset.external_key, Asset.name, Asset.product_id, Asset.account_id, Asset.billed_account_id,
        Asset.quantity, Asset.sync_status, Asset.purchased_on, Asset.expire_days, Asset.validity_days, Coupon.code,
        Coupon.disputed_at, Asset.lifecycle,
    )  # fmt: skip
    rows = select(*columns).outerjoin(Coupon, is_recorded)
    by_key = db.session.execute(rows.where(Asset.external_key.in_(keys)))
    by_id = db.session.execute(rows.where(Asset.id.in_(ids))) if ids else ()
    return {row.external_key: row for row in by_key}, {row.id: row for row in by_id}


def recorded(row: Row, known: Row | None) -> Iterator[str]:
    """The fields of which nothing but a difference is told: what is there may come back as it is."""
    if known is None:
        return
    yield "external_id"
    if row.sync_status is not None:
        yield "sync_status"
    if row.name == known.name:
        yield "name"
    if _is_masked(row) or _has_recorded_code(row, known):
        yield "code"


def _is_masked(row: Row) -> bool:
    return row.code is None and row.mask is not None


def _has_recorded_code(row: Row, known: Row) -> bool:
    """Of a masked code the end is compared. A disputed one is in no export."""
    if _is_masked(row):
        return known.code is not None and row.mask == mask(known.code)
    return row.code == known.code or (row.code is None and known.disputed_at is not None)


_ALIKE = ("name", "quantity", "sync_status", "purchased_on", "expire_days", "validity_days")
_RESOLVED = (("product_name", "product_id"), ("customer_code", "account_id"), ("billed_code", "billed_account_id"))


def is_code_for(row: Row, known: Row, different: Iterable[str]) -> bool:
    """Whether the row brings nothing new but the code of an asset that failed."""
    may_take = known.sync_status is SyncStatus.FAILED and known.lifecycle is Lifecycle.ACTIVE and known.code is None
    is_final = row.sync_status in (None, SyncStatus.SYNCHRONIZED, SyncStatus.FAILED)
    return bool(row.code) and may_take and is_final and set(different) <= {"code", "sync_status"}


def differences(row: Row, columns: dict[str, Any], known: Row, in_file: Container[str]) -> Iterator[tuple[str, str]]:
    """The fields of the file that have another value in the portal. Never shows the value of a code."""
    here = _("AS-%(id)s in the portal", id=known.id)
    for name in _ALIKE:
        now = getattr(known, name)
        if name in in_file and getattr(row, name) != now:
            yield name, here if now is None else f"{here}: {shown(str(getattr(now, 'value', now)))}"
    if not _has_recorded_code(row, known):
        yield "code", here
    for name, column in _RESOLVED:
        if name in in_file and columns[column] != getattr(known, column):
            yield name, here
