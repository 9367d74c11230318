"""The coupons that BitTitan, or a file, showed in a run: in a table, however many there are."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Row, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import clock
from portal.extensions import db
from portal.models import Finding, ReconciliationRun, ShownCoupon
from portal.providers.base import IssuedCoupon

DAY = timedelta(days=1)
CLEARED_AT_ONCE = 2000
_ADD = {
    name: dialect.insert(ShownCoupon.__table__)
    .on_conflict_do_nothing(index_elements=["run_id", "key"])
    .execution_options(preserve_rowcount=True)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
"""Leaves out those that are there, without a look for them first."""
_COUNTED_AT = (1_000, 10_000, 100_000)
"""Coupons of a run at which PostgreSQL counts its table again. By itself it does so a minute later; until then it takes
the run for a small one, and reads all of it for each page or part."""


def add(run: ReconciliationRun, coupons: Iterable[dict]) -> int:
    """Inside a transaction that holds the run. Returns how many of them are new in it."""
    by_key = {each["key"]: {"run_id": run.id, **each} for each in coupons}
    if not by_key:
        return 0
    connection, before = db.session.connection(), run.count("listed")
    new = connection.execute(_ADD[connection.dialect.name], list(by_key.values())).rowcount
    if connection.dialect.name == "postgresql" and any(before < number <= before + new for number in _COUNTED_AT):
        connection.execute(text("ANALYZE reconciliation_coupons"))
    return new


def of_issued(coupon: IssuedCoupon, *, is_listed: bool = True) -> dict:
    issued_on = clock.day_of(coupon.created)
    return {
        "key": coupon.id, "is_listed": is_listed, "bittitan_id": coupon.id, "code": coupon.code,
        "reference": coupon.reference[:80], "sku_id": coupon.sku_id, "organization_id": coupon.organization_id,
        "quantity": coupon.quantity, "status": coupon.status, "issued_at": coupon.created,
        "fits_from": issued_on - DAY, "fits_until": issued_on + DAY, "expires_at": coupon.expires,
        "validity_days": coupon.validity_days, "redeemed_at": coupon.redeemed,
    }  # fmt: skip


def issued(shown: Row) -> IssuedCoupon:
    """As BitTitan showed it live; a file does not tell so much."""
    return IssuedCoupon(
        id=shown.bittitan_id, code=shown.code, reference=shown.reference, sku_id=shown.sku_id,
        organization_id=shown.organization_id, quantity=shown.quantity, status=shown.status, created=shown.issued_at,
        expires=shown.expires_at, validity_days=shown.validity_days, redeemed=shown.redeemed_at,
    )  # fmt: skip


def clear_agreeing(run_id: int) -> bool:
    """Inside a transaction. Deletes some of the coupons without a finding. Returns whether there may be more."""
    has_finding = select(Finding.id).where(Finding.shown_id == ShownCoupon.id).exists()
    rows = select(ShownCoupon.id).where(ShownCoupon.run_id == run_id, ~has_finding).limit(CLEARED_AT_ONCE)
    ids = list(db.session.scalars(rows))
    db.session.execute(delete(ShownCoupon).where(ShownCoupon.id.in_(ids)))
    return len(ids) == CLEARED_AT_ONCE
