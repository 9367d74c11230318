"""How a coupon is recorded (T3), whoever found it: the sender, a look-up, or a person.

A valid coupon is taken in any state. What cannot be recorded is kept: as surplus, or as evidence for a review. Which
coupon it is, and who gives way where marks disagree, says identity.py.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, or_, select, update

from portal.extensions import db
from portal.models import (
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
from portal.services.provisioning import identity
from portal.services.provisioning.coupon_rows import days_of, refresh, row_of

# For the staff; English like the rest of the record, whoever reads it.
_REVIEWS = {
    "": "It could not be found out whether BitTitan issued a coupon.",
    "CodeKnown": "BitTitan shows a coupon under the asset’s reference that is recorded with another asset.",
    "CodeNotConfirmed": "BitTitan does not confirm the code that it answered the purchase with.",
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


def take(
    asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool = True
) -> SyncStatus:  # fmt: skip
    """Inside a unit. Records the coupon for its asset, or keeps it where that cannot be. Returns the asset's status.

    Where another asset holds the code and BitTitan has never confirmed that, nothing is recorded yet: the other is
    looked up first (identity.dispute), and whoever called asks again soon.
    """
    asset, row = unit.fresh(Asset, asset_id), identity.find_by_code(coupon)
    if row is None:
        if asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED:
            keep_surplus(asset, coupon, by=by, now=now, is_listed=is_listed)
            return asset.sync_status
        recorded = row_of(asset, coupon, CouponStanding.RECORDED, now, is_listed=is_listed)
        return record(asset, recorded, by=by, now=now)
    return _take_known(asset, row, coupon, by=by, now=now, is_listed=is_listed)


def _take_known(
    asset: Asset, row: Coupon, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool
) -> SyncStatus:  # fmt: skip
    """Its code is on record: with this asset, with another, or with none."""
    if row.asset_id == asset.id and (row.standing is CouponStanding.RECORDED or _is_settled(asset)):
        if is_listed and row.bittitan_id in (None, coupon.id):
            identity.confirm(row, now)
        return asset.sync_status
    if row.moved_from_id == asset.id:  # a person gave it to another asset
        return asset.sync_status
    if row.asset_id not in (None, asset.id):
        if not is_listed or row.is_confirmed or row.moved_from_id is not None:
            return review(asset, "CodeKnown", by=by, now=now)
        if row.standing is CouponStanding.RECORDED:
            identity.dispute(row, now)
            return asset.sync_status
    return _promote(asset, row, coupon, by=by, now=now, is_listed=is_listed)


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


def reset_issue_dates(asset: Asset, *, by: Actor, act: str) -> None:
    """Inside a unit: its code is not its code any more, so what that one said of its dates does not count."""
    asset.issued_at = None
    audit.changes("asset", asset, {"redeem_by": asset.purchased_on + timedelta(days=asset.expire_days)}, act=act, by=by)


def keep_surplus(
    asset: Asset, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool = True
) -> None:  # fmt: skip
    """Inside a unit. Nothing that BitTitan issued is ever dropped."""
    if not identity.is_news(coupon, asset.id, now, is_listed=is_listed):
        return
    why = CANCELLED if asset.lifecycle is Lifecycle.CANCELLED else BEYOND
    surplus = _keep(asset, coupon, CouponStanding.SURPLUS, why, by=by, now=now, is_listed=is_listed)
    alert("surplus", asset, f"BitTitan issued a coupon that the asset cannot hold: {why}.", now)
    audit.record("asset", asset.id, "surplus", by=by, field="code", after=f"•••• {surplus.mask}", why=why)


def keep_for_review(
    asset: Asset, coupons: Sequence[IssuedCoupon], *, by: Actor, now: datetime, is_listed: bool = True
) -> SyncStatus:  # fmt: skip
    """Found under the asset's reference, but not as asked. Seen again, it is no news to whoever has decided since."""
    if _is_settled(asset):
        for coupon in coupons:
            keep_surplus(asset, coupon, by=by, now=now, is_listed=is_listed)
        return asset.sync_status
    news = [coupon for coupon in coupons if identity.is_news(coupon, asset.id, now, is_listed=is_listed)]
    if is_listed:
        _refresh_evidence(asset, coupons, now)
    if not news and asset.sync_status in (SyncStatus.REVIEW, SyncStatus.FAILED):
        return asset.sync_status
    for coupon in news:
        _keep(asset, coupon, CouponStanding.REVIEW, NOT_AS_ASKED, by=by, now=now, is_listed=is_listed)
    return review(asset, "NotAsAsked", by=by, now=now)


def _refresh_evidence(asset: Asset, coupons: Sequence[IssuedCoupon], now: datetime) -> None:
    """What an answer claimed is listed: with what it holds in truth."""
    for coupon in coupons:
        row = identity.find_by_code(coupon)
        is_its = row is not None and (row.asset_id, row.standing) == (asset.id, CouponStanding.REVIEW)
        if is_its and not row.is_confirmed:
            refresh(row, coupon, now)
            row.why = NOT_AS_ASKED


def keep_evidence(asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime) -> None:
    """Inside a unit. The answer to a purchase holds a coupon that is not as asked, or has a mark that stands elsewhere:
    no look-up may ever show it again."""
    asset = unit.fresh(Asset, asset_id)
    identity.dispute_all(coupon, now, asset_id=asset_id)
    row = identity.find_by_code(coupon)
    if row is not None:
        if asset.may_sync and asset_id not in (row.asset_id, row.moved_from_id) and row.asset_id is not None:
            review(asset, "CodeKnown", by=by, now=now)  # it was answered, whatever was known: nothing more is bought
        return
    if asset.is_locked:
        _keep(asset, coupon, CouponStanding.REVIEW, NOT_AS_ASKED, by=by, now=now, is_listed=False)
    else:
        keep_for_review(asset, [coupon], by=by, now=now, is_listed=False)


def has_evidence(asset: Asset) -> bool:
    is_it = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    return db.session.scalar(select(Coupon.id).where(*is_it).limit(1)) is not None


def shelve(asset: Asset, *, by: Actor, now: datetime) -> int:
    """What was kept for a review that ends now goes to the surplus register. Returns how many coupons that were.

    What BitTitan never showed by itself is asked about first: it may be another asset's, or none at all.
    """
    db.session.flush()
    kept = select(Coupon).where(Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW)
    rows = list(db.session.scalars(kept.with_for_update().execution_options(populate_existing=True)))
    for row in rows:
        row.standing = CouponStanding.SURPLUS
        if not row.is_confirmed:
            row.confirm_at = now
            if row.why == identity.UNCONFIRMED:
                row.asset_id = None
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
    if _is_settled(asset):
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


def newest_attempt(asset: Asset) -> Attempt | None:
    is_it = (Attempt.asset_id == asset.id, Attempt.number == asset.attempts_made)
    return db.session.scalar(select(Attempt).where(*is_it).with_for_update(of=Attempt))


def _is_settled(asset: Asset) -> bool:
    return asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED


def _keep(
    asset: Asset, coupon: IssuedCoupon, standing: CouponStanding, why: str, *, by: Actor, now: datetime,
    is_listed: bool,
) -> Coupon:  # fmt: skip
    claim = identity.find_by_code(coupon)
    if claim is not None:
        _take_from(claim, asset, by=by)
    row = row_of(asset, coupon, standing, now, why=why, is_listed=is_listed)
    db.session.add(row)
    db.session.flush()
    return row


def _take_from(row: Coupon, asset: Asset, *, by: Actor) -> None:
    """What another asset claimed, or the register held, is this one's."""
    if row.asset_id not in (None, asset.id):
        audit.record("asset", row.asset_id, "give", by=by, field="code", before=f"•••• {row.mask}", after=asset.number)


def _promote(
    asset: Asset, row: Coupon, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool
) -> SyncStatus:  # fmt: skip
    """It was kept for a review or as surplus, with this asset, another or none, and turns out to be the one."""
    if _is_settled(asset) or row.standing is CouponStanding.RECORDED:
        return asset.sync_status
    if row.asset_id != asset.id:
        _take_from(row, asset, by=by)
        row.asset_id = asset.id
        db.session.flush()
    refresh(row, coupon, now, is_listed=is_listed)
    return record(asset, row, by=by, now=now)


def _who_asked(attempt: Attempt) -> User | None:
    """What was staged with an attempt is the word of the person who typed it, whoever writes it down."""
    return db.session.get(User, attempt.requested_by_id) if attempt.requested_by_id else None
