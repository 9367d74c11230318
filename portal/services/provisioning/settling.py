"""How a coupon is recorded (T3), whoever found it: the sender, a look-up, or a person.

A valid coupon is taken in any state. What cannot be recorded is kept: as surplus, or as evidence for a review.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, or_, select, update

from portal.extensions import db
from portal.models import (
    MAX_DAYS,
    OPEN_STATES,
    Alert,
    Asset,
    Attempt,
    AttemptState,
    Coupon,
    CouponStanding,
    Lifecycle,
    SyncStatus,
    User,
)
from portal.providers.base import IssuedCoupon
from portal.services import audit, clock, errors, unit
from portal.services.audit import Actor
from portal.services.monitoring import tallies

# For the staff; English like the rest of the record, whoever reads it.
_REVIEWS = {
    "": "It could not be found out whether BitTitan issued a coupon.",
    "CodeKnown": "BitTitan shows a coupon under the asset’s reference that is recorded with another asset.",
    "NotAsAsked": "BitTitan issued a coupon that is not what was asked for.",
}
DAYS = ("expire_days", "validity_days")
CANCELLED, BEYOND, NOT_AS_ASKED, STRAY = (
    "cancelled",
    "beyond the one recorded",
    "not as asked",
    "for an order that is not here",
)
"""Why a coupon is not the one of an asset."""


@dataclass(frozen=True)
class Known:
    """Where a code stands already."""

    asset_id: int | None
    standing: CouponStanding
    moved_from_id: int | None

    def is_of(self, asset: Asset) -> bool:
        return self.asset_id == asset.id and self.standing is CouponStanding.RECORDED


def hold(attempt: Attempt | Row) -> Attempt:
    """Inside a unit: the attempt as it is now. Its asset is locked first, as everywhere: nobody locks crosswise.

    Raises NotVisible where it is gone: under a restore another one may have taken its number.
    """
    asset_id, payload = attempt.asset_id, attempt.payload
    unit.fresh(Asset, asset_id)
    row = unit.fresh(Attempt, attempt.id)
    if (row.asset_id, row.payload) != (asset_id, payload):
        raise errors.NotVisible
    return row


def known(coupon: IssuedCoupon) -> Known | None:
    """By its code, or by BitTitan's Id of it. One that was withdrawn is nobody's: it is news when BitTitan shows it."""
    is_it = or_(Coupon.code == coupon.code, Coupon.bittitan_id == coupon.id)
    is_it &= Coupon.standing != CouponStanding.WITHDRAWN
    rows = select(Coupon.asset_id, Coupon.standing, Coupon.moved_from_id).where(is_it).limit(1)
    found = db.session.execute(rows).first()
    return Known(*found) if found else None


def take(asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> SyncStatus:
    """Inside a unit. Records the coupon for its asset, or keeps it where that cannot be. Returns the asset's status."""
    asset = unit.fresh(Asset, asset_id)
    before = known(coupon)
    if before is not None:
        if before.is_of(asset) or before.asset_id == asset.id and asset.sync_status is SyncStatus.SYNCHRONIZED:
            return asset.sync_status
        if before.moved_from_id == asset.id:  # a person gave it to another asset
            return asset.sync_status
        if before.asset_id not in (None, asset.id):
            return review(asset, "CodeKnown", by=by, now=now)
        return _promote(asset, coupon, by=by, now=now)
    if asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED:
        keep_surplus(asset, coupon, by=by, now=now)
        return asset.sync_status
    return record(asset, row_of(asset, coupon, CouponStanding.RECORDED, now), by=by, now=now)


def record(
    asset: Asset, row: Coupon, *, by: Actor, now: datetime, act: str = "sync", why: str | None = None,
    takes_staged: bool = True,
) -> SyncStatus:  # fmt: skip
    """Inside a unit: the coupon's row, staged values, the coupon's own days, and the status, together."""
    row.standing = CouponStanding.RECORDED
    db.session.add(row)
    attempt = newest_attempt(asset)
    typed = attempt.staged if attempt and takes_staged else {}
    staged = {name: value for name, value in typed.items() if name not in DAYS}
    if staged:
        audit.changes("asset", asset, staged, act="save", by=_who_asked(attempt) or by)
    audit.changes("asset", asset, days_of(row.issued_at, row.expires_at, row.validity_days), act="save", by=by)
    if row.expires_at is not None:
        audit.changes("asset", asset, {"redeem_by": clock.day_of(row.expires_at)}, act=act, by=by)
    asset.issued_at = row.issued_at
    audit.record("asset", asset.id, act, by=by, field="code", after=f"•••• {row.mask}", why=why)
    set_status(asset, SyncStatus.SYNCHRONIZED, by=by, act=act, why=why)
    if attempt is not None and attempt.state in OPEN_STATES:
        close(attempt, AttemptState.SUCCEEDED, now=now)
        if isinstance(by, User):
            attempt.settled_by_id, attempt.reason = by.id, why
    shelve(asset, by=by, now=now)
    db.session.flush()  # a violated constraint shows here, while there is still a choice
    return asset.sync_status


def keep_surplus(asset: Asset, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> None:
    """Nothing that BitTitan issued is ever dropped."""
    if known(coupon) is not None:
        return
    why = CANCELLED if asset.lifecycle is Lifecycle.CANCELLED else BEYOND
    surplus = row_of(asset, coupon, CouponStanding.SURPLUS, now, why=why)
    db.session.add(surplus)
    alert("surplus", asset, f"BitTitan issued a coupon that the asset cannot hold: {why}.", now)
    audit.record("asset", asset.id, "surplus", by=by, field="code", after=f"•••• {surplus.mask}", why=why)


def keep_for_review(asset: Asset, coupons: list[IssuedCoupon], *, by: Actor, now: datetime) -> SyncStatus:
    """Found under the asset's reference, but not as asked. Seen again, it is no news to whoever has decided since."""
    if asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED:
        for coupon in coupons:
            keep_surplus(asset, coupon, by=by, now=now)
        return asset.sync_status
    news = [coupon for coupon in coupons if known(coupon) is None]
    if not news and asset.sync_status in (SyncStatus.REVIEW, SyncStatus.FAILED):
        return asset.sync_status
    for coupon in news:
        db.session.add(row_of(asset, coupon, CouponStanding.REVIEW, now, why=NOT_AS_ASKED))
    return review(asset, "NotAsAsked", by=by, now=now)


def keep_evidence(asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> None:
    """The answer to a purchase holds a coupon that is not as asked: no look-up may ever show it again."""
    asset = unit.fresh(Asset, asset_id)
    if known(coupon) is not None:
        return
    if asset.is_locked:
        db.session.add(row_of(asset, coupon, CouponStanding.REVIEW, now, why=NOT_AS_ASKED))
        db.session.flush()
    else:
        keep_for_review(asset, [coupon], by=by, now=now)


def has_evidence(asset: Asset) -> bool:
    is_it = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    return db.session.scalar(select(Coupon.id).where(*is_it).limit(1)) is not None


def shelve(asset: Asset, *, by: Actor, now: datetime) -> int:
    """What was kept for a review that ends now goes to the surplus register. Returns how many coupons that were."""
    db.session.flush()
    kept = select(Coupon).where(Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    rows = list(db.session.scalars(kept.with_for_update().execution_options(populate_existing=True)))
    for row in rows:
        row.standing = CouponStanding.SURPLUS
        alert("surplus", asset, f"BitTitan issued a coupon that the asset cannot hold: {row.why or NOT_AS_ASKED}.", now)
        audit.record("asset", asset.id, "surplus", by=by, field="code", after=f"•••• {row.mask}", why=row.why)
    return len(rows)


def undecided(asset: Asset, coupons: Sequence[IssuedCoupon]) -> list[IssuedCoupon]:
    """Without those that stand in the surplus register, or were given to another asset from there."""
    is_decided = or_(
        Coupon.moved_from_id == asset.id,
        (Coupon.asset_id == asset.id) & (Coupon.standing == CouponStanding.SURPLUS),
    )
    decided = set(db.session.scalars(select(Coupon.code).where(is_decided)))
    return [coupon for coupon in coupons if coupon.code not in decided]


def review(asset: Asset, cause: str, *, by: Actor, now: datetime) -> SyncStatus:
    """Inside a unit: a person must look. An asset that is settled well stays as it is, with an alert beside it."""
    alert("review", asset, _REVIEWS.get(cause, _REVIEWS[""]), now)
    attempt = newest_attempt(asset)
    if asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED:
        return asset.sync_status
    if attempt is not None:
        if attempt.state is not AttemptState.REVIEW:
            tallies.add("attempt", AttemptState.REVIEW.value)
        attempt.state, attempt.cause, attempt.settled_at, attempt.lease_until = AttemptState.REVIEW, cause, None, None
    set_status(asset, SyncStatus.REVIEW, by=by)
    return asset.sync_status


def set_status(
    asset: Asset, status: SyncStatus, *, by: Actor, act: str = "sync", why: str | None = None, **beside: object
) -> None:  # fmt: skip
    """Compare-and-set on the row as it was read; moves the version. `beside`: what else changes with it."""
    before = asset.sync_status
    if before is status:
        return
    db.session.flush()
    seen = (Asset.id == asset.id, Asset.version == asset.version, Asset.sync_status == before)
    values = {"sync_status": status, "version": asset.version + 1, **beside}
    moved = db.session.execute(
        update(Asset).where(*seen).values(values).execution_options(synchronize_session="fetch")
    ).rowcount
    if not moved:
        raise RuntimeError(f"asset {asset.id} moved under a lock")
    audit.record("asset", asset.id, act, by=by, field="sync_status", before=before, after=status, why=why)


def close(attempt: Attempt, state: AttemptState, *, now: datetime, cause: str | None = None, message: str = "") -> None:
    attempt.state, attempt.settled_at, attempt.lease_until = state, now, None
    attempt.cause, attempt.message = cause, message or None
    tallies.add("attempt", state.value)
    if state is AttemptState.SUCCEEDED:
        attempt.next_at = None


def alert(kind: str, asset: Asset, text: str, now: datetime) -> None:
    """Once for each sort of trouble with an asset, until somebody has seen it."""
    is_same = (Alert.kind == kind, Alert.asset_id == asset.id, Alert.text == text, Alert.seen_at.is_(None))
    if db.session.scalar(select(Alert.id).where(*is_same).limit(1)) is None:
        db.session.add(Alert(kind=kind, asset_id=asset.id, text=text, raised_at=now))


def row_of(
    asset: Asset, coupon: IssuedCoupon, standing: CouponStanding, now: datetime, why: str | None = None
) -> Coupon:
    row = row_for(coupon, standing, now, why)
    row.asset_id, row.attempt_number = asset.id, asset.attempts_made or None
    return row


def row_for(coupon: IssuedCoupon, standing: CouponStanding, now: datetime, why: str | None = None) -> Coupon:
    """A new one; of a code that a person withdrew the one there is, for a code stands once."""
    withdrawn = select(Coupon).where(Coupon.code == coupon.code, Coupon.standing == CouponStanding.WITHDRAWN)
    with db.session.no_autoflush:
        row = db.session.scalar(withdrawn.with_for_update(of=Coupon)) or Coupon(code=coupon.code)
    row.standing, row.why, row.recorded_at, row.is_verified = standing, why, now, True
    refresh(row, coupon, now)
    return row


def refresh(row: Coupon, coupon: IssuedCoupon, now: datetime) -> None:
    """What BitTitan says of it now; the first answer may have been wrong."""
    for name, value in facts(coupon, now).items():
        setattr(row, name, value)


def facts(coupon: IssuedCoupon, now: datetime) -> dict[str, object]:
    return {
        "bittitan_id": coupon.id, "reference": coupon.reference[:80], "sku_id": coupon.sku_id,
        "organization_id": coupon.organization_id, "quantity": coupon.quantity,
        "validity_days": coupon.validity_days, "issued_at": coupon.created, "expires_at": coupon.expires,
        "status": coupon.status, "redeemed_at": coupon.redeemed, "read_at": now,
    }  # fmt: skip


def _promote(asset: Asset, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> SyncStatus:
    """It was kept for a review or as surplus, with this asset or with none, and turns out to be the one."""
    if asset.lifecycle is Lifecycle.CANCELLED:
        return asset.sync_status
    kept = select(Coupon).where(Coupon.code == coupon.code)
    row = db.session.scalar(kept.with_for_update().execution_options(populate_existing=True))
    is_free = row is not None and row.standing is not CouponStanding.RECORDED
    if not is_free or row.asset_id not in (None, asset.id):  # moved a moment ago
        return asset.sync_status
    refresh(row, coupon, now)
    row.asset_id = asset.id
    return record(asset, row, by=by, now=now)


def _who_asked(attempt: Attempt) -> User | None:
    """What was staged with an attempt is the word of the person who typed it, whoever writes it down."""
    return db.session.get(User, attempt.requested_by_id) if attempt.requested_by_id else None


def days_of(issued_at: datetime | None, expires_at: datetime | None, validity_days: int | None) -> dict[str, int]:
    """The coupon's own, within what an asset can hold; none where BitTitan did not tell."""
    if issued_at is None or expires_at is None:
        return {}
    days = {"expire_days": round((expires_at - issued_at).total_seconds() / 86400), "validity_days": validity_days}
    return {name: min(max(value, 1), MAX_DAYS) for name, value in days.items()}


def newest_attempt(asset: Asset) -> Attempt | None:
    is_it = (Attempt.asset_id == asset.id, Attempt.number == asset.attempts_made)
    return db.session.scalar(select(Attempt).where(*is_it).with_for_update(of=Attempt))
