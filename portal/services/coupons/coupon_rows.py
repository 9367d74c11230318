"""Writes what BitTitan says about a coupon into its row."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from portal.core import audit
from portal.extensions import db
from portal.models import EXPIRED, MAX_DAYS, REDEEMED, REVOKED, Asset, ConfirmedState, Coupon, CouponStanding
from portal.providers.base import IssuedCoupon
from portal.services.coupons import identity

_STATUSES = {
    ConfirmedState.REDEEMED: REDEEMED, ConfirmedState.EXPIRED: EXPIRED, ConfirmedState.REVOKED: REVOKED,
}  # fmt: skip
CONFIRM_AFTER = timedelta(seconds=5)
"""Time after the answer to a purchase until BitTitan is asked whether it lists the coupon."""


def row_of(
    asset: Asset, coupon: IssuedCoupon, standing: CouponStanding, now: datetime, why: str | None = None,
    *, is_listed: bool = True,
) -> Coupon:  # fmt: skip
    """Inside a transaction. `is_listed`: BitTitan was asked and showed the coupon; it is not only the answer to a
    purchase."""
    return _row(coupon, asset, standing, now, why, is_listed)


def new_row(asset: Asset, coupon: IssuedCoupon, now: datetime) -> Coupon:
    """Inside a transaction. For the answer to a purchase whose code and Id are not on record anywhere."""
    return _filled(Coupon(code=coupon.code), coupon, asset, CouponStanding.RECORDED, now, bittitan_id=coupon.id)


def unmatched_row(coupon: IssuedCoupon, now: datetime, why: str) -> Coupon:
    """Inside a transaction. For a coupon that BitTitan shows and that belongs to no asset here."""
    return _row(coupon, None, CouponStanding.SURPLUS, now, why, is_listed=True)


def refresh(row: Coupon, coupon: IssuedCoupon, now: datetime, *, is_listed: bool = True) -> None:
    """Inside a transaction. Writes what BitTitan says now; its first answer may have been wrong."""
    _write(row, coupon, _free_id(coupon, now, is_listed), now, is_listed)


def is_read_since(row: Coupon, asked_at: datetime) -> bool:
    """Whether another answer was written down after this one was asked for. The older one then changes no status, as
    BitTitan may have revoked the coupon meanwhile."""
    return row.read_at is not None and row.read_at > asked_at


def note_reading(row: Coupon, reading: IssuedCoupon, now: datetime) -> None:
    """Inside a transaction. A new reading does not change the asset's version."""
    note_status(row, reading.status, now)
    row.redeemed_at = reading.redeemed


def note_status(row: Coupon, status: str | None, now: datetime) -> None:
    """Inside a transaction. BitTitan knows the coupon."""
    overrule(row, status)
    row.status, row.read_at, row.absent_at = status, now, None


def note_absent(row: Coupon, now: datetime) -> None:
    """Inside a transaction. Asked singly, BitTitan knows no such coupon."""
    row.read_at, row.absent_at = now, row.absent_at or now


def note_all_absent(ids: list[int], now: datetime) -> None:
    """Inside a transaction. As `note_absent`, except for those whose first look-up or dispute decides that."""
    is_settled = (Coupon.id.in_(ids), Coupon.confirm_at.is_(None), Coupon.disputed_at.is_(None))
    values = {"read_at": now, "absent_at": func.coalesce(Coupon.absent_at, now, type_=Coupon.absent_at.type)}
    db.session.execute(update(Coupon).where(*is_settled).values(values))


def confirm_state(row: Coupon, state: ConfirmedState, *, by: audit.Actor, why: str, now: datetime) -> None:
    """Inside a transaction. BitTitan does not list it, and a person says what became of it."""
    was_stated, known = row.stated, None if row.stated else row.status
    row.status = _STATUSES.get(state, known)
    row.absent_at = row.absent_at or now
    row.stated, row.stated_at, row.stated_by, row.stated_why = state.value, now, getattr(by, "name", by), why
    _audit_state(row, "state", by=by, before=was_stated, after=state.value, why=why)


def overrule(row: Coupon, status: str | None) -> None:
    """Inside a transaction. BitTitan shows a coupon again of which a person said what became of it."""
    if row.stated is None:
        return
    _audit_state(row, "overrule", by=audit.WORKER, before=row.stated, after=status, why=row.stated_why)
    row.stated = row.stated_at = row.stated_by = row.stated_why = None


def _audit_state(row: Coupon, act: str, **columns) -> None:
    """In the audit log of its asset; of the coupon if it has none."""
    subject, subject_id = ("coupon", row.id) if row.asset_id is None else ("asset", row.asset_id)
    audit.record(subject, subject_id, act, field="at_bittitan", **columns)


def _row(
    coupon: IssuedCoupon, asset: Asset | None, standing: CouponStanding, now: datetime, why: str | None, is_listed: bool
) -> Coupon:
    """Returns a new row, or reuses the row of a code that was withdrawn or only claimed, as a code is on record only
    once. Flushes nothing while the row is half changed."""
    bittitan_id = _free_id(coupon, now, is_listed)
    query = select(Coupon).where(Coupon.code == coupon.code)
    with db.session.no_autoflush:
        row = db.session.scalar(query.with_for_update(of=Coupon)) or Coupon(code=coupon.code)
    return _filled(row, coupon, asset, standing, now, why, is_listed, bittitan_id)


def _filled(
    row: Coupon, coupon: IssuedCoupon, asset: Asset | None, standing: CouponStanding, now: datetime,
    why: str | None = None, is_listed: bool = False, bittitan_id: str | None = None,
) -> Coupon:  # fmt: skip
    row.asset_id, row.attempt_number = (asset.id, asset.attempts_made or None) if asset else (None, None)
    row.standing, row.why, row.recorded_at, row.is_verified = standing, why, now, True
    row.confirmed_at = row.moved_from_id = None
    _write(row, coupon, bittitan_id, now, is_listed)
    return row


def _free_id(coupon: IssuedCoupon, now: datetime, is_listed: bool) -> str | None:
    with db.session.no_autoflush:
        return identity.id_to_record(coupon, now, is_listed=is_listed)


def _write(row: Coupon, coupon: IssuedCoupon, bittitan_id: str | None, now: datetime, is_listed: bool) -> None:
    overrule(row, coupon.status)
    for name, value in (facts(coupon, now) | {"bittitan_id": bittitan_id}).items():
        setattr(row, name, value)
    if is_listed:
        identity.confirm(row, now)
    else:
        row.confirm_at = now + CONFIRM_AFTER


def facts(coupon: IssuedCoupon, now: datetime) -> dict[str, object]:
    return {
        "bittitan_id": coupon.id, "reference": coupon.reference[:80], "sku_id": coupon.sku_id,
        "organization_id": coupon.organization_id, "quantity": coupon.quantity,
        "validity_days": coupon.validity_days, "issued_at": coupon.created, "expires_at": coupon.expires,
        "status": coupon.status, "redeemed_at": coupon.redeemed, "read_at": now, "absent_at": None,
    }  # fmt: skip


def days_of(issued_at: datetime | None, expires_at: datetime | None, validity_days: int | None) -> dict[str, int]:
    """The coupon's own days, limited to what an asset can hold. Empty if BitTitan did not give them."""
    if issued_at is None or expires_at is None:
        return {}
    days = {"expire_days": round((expires_at - issued_at).total_seconds() / 86400), "validity_days": validity_days}
    return {name: min(max(value, 1), MAX_DAYS) for name, value in days.items()}
