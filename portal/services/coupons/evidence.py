"""Coupons that BitTitan issued and no asset can hold as its code: in the surplus register, or as evidence for a
review.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from portal.core import audit
from portal.core.audit import Actor
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Lifecycle, SyncStatus
from portal.providers.base import IssuedCoupon
from portal.providers.causes import Cause
from portal.services import transitions
from portal.services.coupons import identity
from portal.services.coupons.coupon_rows import refresh, row_of

CANCELLED, BEYOND, NOT_AS_ASKED, STRAY = (
    "cancelled",
    "beyond the one recorded",
    "not as asked",
    "for an order that is not here",
)
"""Why a coupon does not become the asset's code."""


def keep_surplus(
    asset: Asset, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool = True
) -> None:  # fmt: skip
    """Inside a transaction. Nothing that BitTitan issued is ever dropped."""
    if not identity.is_unrecorded(coupon, asset.id, now, is_listed=is_listed):
        return
    why = CANCELLED if asset.lifecycle is Lifecycle.CANCELLED else BEYOND
    surplus = _keep(asset, coupon, CouponStanding.SURPLUS, why, by=by, now=now, is_listed=is_listed)
    transitions.raise_alert("surplus", asset, f"BitTitan issued a coupon that the asset cannot hold: {why}.", now)
    audit.record("asset", asset.id, "surplus", by=by, field="code", after=f"•••• {surplus.mask}", why=why)


def keep_for_review(
    asset: Asset, coupons: Sequence[IssuedCoupon], *, by: Actor, now: datetime, is_listed: bool = True
) -> SyncStatus:  # fmt: skip
    """Keeps coupons that were found under the asset's reference but are not as ordered. A coupon that has been decided
    before is not new and reopens nothing."""
    if transitions.is_settled(asset):
        for coupon in coupons:
            keep_surplus(asset, coupon, by=by, now=now, is_listed=is_listed)
        return asset.sync_status
    news = [coupon for coupon in coupons if identity.is_unrecorded(coupon, asset.id, now, is_listed=is_listed)]
    if is_listed:
        _refresh_evidence(asset, coupons, now)
    if not news and asset.sync_status in (SyncStatus.REVIEW, SyncStatus.FAILED):
        return asset.sync_status
    for coupon in news:
        _keep(asset, coupon, CouponStanding.REVIEW, NOT_AS_ASKED, by=by, now=now, is_listed=is_listed)
    return transitions.move_to_review(asset, Cause.NOT_AS_ASKED, by=by, now=now)


def _refresh_evidence(asset: Asset, coupons: Sequence[IssuedCoupon], now: datetime) -> None:
    """BitTitan now lists what was so far only claimed: writes down its true content."""
    for coupon in coupons:
        row = identity.find_by_code(coupon)
        is_own_evidence = row is not None and (row.asset_id, row.standing) == (asset.id, CouponStanding.REVIEW)
        if is_own_evidence and not row.is_confirmed:
            refresh(row, coupon, now)
            row.why = NOT_AS_ASKED


def keep_evidence(asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> None:
    """Inside a transaction. The answer to a purchase holds a coupon that is not as ordered or has a mark that is on
    record elsewhere. It must be kept now, as no look-up may ever show it again."""
    asset = lock(Asset, asset_id)
    identity.dispute_all(coupon, now, asset_id=asset_id)
    row = identity.find_by_code(coupon)
    if row is not None:
        if not asset.is_locked and asset_id not in (row.asset_id, row.moved_from_id) and row.asset_id is not None:
            # BitTitan answered with a coupon: nothing more is bought, and a person is told if the asset is settled.
            transitions.move_to_review(asset, Cause.CODE_KNOWN, by=by, now=now)
        return
    if asset.is_locked:
        _keep(asset, coupon, CouponStanding.REVIEW, NOT_AS_ASKED, by=by, now=now, is_listed=False)
    else:
        keep_for_review(asset, [coupon], by=by, now=now, is_listed=False)


def has_evidence(asset: Asset) -> bool:
    is_evidence = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    return db.session.scalar(select(Coupon.id).where(*is_evidence).limit(1)) is not None


def assets_with_evidence(asset_ids: Sequence[int]) -> set[int]:
    """Inside a transaction. Which of these assets have coupons kept for a review."""
    return set(db.session.scalars(_WITH_EVIDENCE, {"ids": list(asset_ids)}))


_WITH_EVIDENCE = select(Coupon.asset_id).where(
    Coupon.asset_id.in_(bindparam("ids", expanding=True)), Coupon.standing == CouponStanding.REVIEW
)


def move_to_surplus(asset: Asset, *, by: Actor, now: datetime) -> int:
    """Moves the coupons of a review that ends now to the surplus register. Returns how many there were.

    Coupons that BitTitan never showed are checked first: they may belong to another asset, or not exist.
    """
    db.session.flush()
    query = select(Coupon).where(Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    rows = list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    for row in rows:
        row.standing = CouponStanding.SURPLUS
        if not row.is_confirmed:
            row.confirm_at = now
            if row.why == identity.UNCONFIRMED:
                row.asset_id = None
        transitions.raise_alert(
            "surplus", asset, f"BitTitan issued a coupon that the asset cannot hold: {row.why or NOT_AS_ASKED}.", now
        )
        audit.record("asset", asset.id, "surplus", by=by, field="code", after=f"•••• {row.mask}", why=row.why)
    return len(rows)


def exclude_decided(asset: Asset, coupons: Sequence[IssuedCoupon]) -> list[IssuedCoupon]:
    """Leaves out coupons that are in the surplus register or were given from there to another asset."""
    is_decided = or_(
        Coupon.moved_from_id == asset.id,
        (Coupon.asset_id == asset.id) & (Coupon.standing == CouponStanding.SURPLUS),
    )
    decided = set(db.session.scalars(select(Coupon.code).where(is_decided)))
    return [coupon for coupon in coupons if coupon.code not in decided]


def _keep(
    asset: Asset, coupon: IssuedCoupon, standing: CouponStanding, why: str, *, by: Actor, now: datetime,
    is_listed: bool,
) -> Coupon:  # fmt: skip
    claim = identity.find_by_code(coupon)
    if claim is not None:
        detach(claim, asset, by=by)
    row = row_of(asset, coupon, standing, now, why=why, is_listed=is_listed)
    db.session.add(row)
    db.session.flush()
    return row


def detach(row: Coupon, asset: Asset, *, by: Actor) -> None:
    """The coupon belongs to `asset`, not to the asset that claimed it or the register: ends a revocation that was
    requested there."""
    if row.asset_id != asset.id:
        identity.end_revocation(row)
    if row.asset_id not in (None, asset.id):
        audit.record("asset", row.asset_id, "give", by=by, field="code", before=f"•••• {row.mask}", after=asset.number)
