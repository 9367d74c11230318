"""Records a coupon, whoever found it: the sender, a look-up, or a person.

A valid coupon is accepted in any state. What cannot be recorded is kept, as surplus or as evidence for a review.
identity.py decides which coupon it is, and who gives way if marks disagree.
"""

from datetime import datetime, timedelta

from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import (
    OPEN_STATES,
    Asset,
    Attempt,
    AttemptState,
    Coupon,
    CouponStanding,
    SyncStatus,
    User,
)
from portal.models.asset_rules import DAYS
from portal.providers.base import IssuedCoupon
from portal.providers.causes import Cause
from portal.services import transitions
from portal.services.asset_requests import settling
from portal.services.coupons import evidence, identity
from portal.services.coupons.coupon_rows import days_of, new_row, refresh, row_of
from portal.services.mail.telling import welcome


def apply_coupon(
    asset_id: int, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool = True
) -> SyncStatus:  # fmt: skip
    """Inside a transaction. Records the coupon for its asset, or keeps it if that is impossible. Returns the asset's
    status.

    If another asset holds the code and BitTitan never confirmed that, nothing is recorded yet: the other asset is
    looked up first (identity.dispute), and the caller asks again soon.
    """
    asset, row = lock(Asset, asset_id), identity.find_by_code(coupon)
    is_others = row is not None and row.asset_id != asset.id
    if transitions.is_settled(asset) and (row is None or is_listed and is_others and identity.may_be_reassigned(row)):
        evidence.keep_surplus(asset, coupon, by=by, now=now, is_listed=is_listed)
        return asset.sync_status
    if row is None:
        recorded = row_of(asset, coupon, CouponStanding.RECORDED, now, is_listed=is_listed)
        return record(asset, recorded, by=by, now=now)
    return _take_known(asset, row, coupon, by=by, now=now, is_listed=is_listed)


def _take_known(
    asset: Asset, row: Coupon, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool
) -> SyncStatus:  # fmt: skip
    """The code is on record already: with this asset, with another, or with none."""
    if row.asset_id == asset.id and (row.standing is CouponStanding.RECORDED or transitions.is_settled(asset)):
        if is_listed and row.bittitan_id in (None, coupon.id):
            identity.confirm(row, now)
        return asset.sync_status
    if row.moved_from_id == asset.id:  # a person has given it to another asset
        return asset.sync_status
    if row.asset_id not in (None, asset.id):
        if not is_listed or row.is_confirmed or row.moved_from_id is not None:
            return transitions.move_to_review(asset, Cause.CODE_KNOWN, by=by, now=now)
        if row.standing is CouponStanding.RECORDED:
            identity.dispute(row, now, is_shown=True)
            return asset.sync_status
    return _promote(asset, row, coupon, by=by, now=now, is_listed=is_listed)


def record_new(
    asset: Asset, coupon: IssuedCoupon, attempt: Attempt, *, by: Actor, now: datetime, has_evidence: bool
) -> None:  # fmt: skip
    """Inside a transaction that holds the asset and the attempt. Records the answer to a purchase whose marks are not
    on record (identity.marks_on_record). The unique constraints have the last word when this is flushed."""
    if transitions.is_settled(asset):
        evidence.keep_surplus(asset, coupon, by=by, now=now, is_listed=False)
        return
    newest = attempt if attempt.number == asset.attempts_made else transitions.newest_attempt(asset)
    _write(asset, new_row(asset, coupon, now), newest, by=by, now=now)
    if has_evidence:
        evidence.move_to_surplus(asset, by=by, now=now)


def record(
    asset: Asset, row: Coupon, *, by: Actor, now: datetime, act: str = "sync", why: str | None = None,
    takes_staged: bool = True,
) -> SyncStatus:  # fmt: skip
    """Inside a transaction. The coupon becomes the asset's code; everything else that was kept for it becomes
    surplus."""
    newest = transitions.newest_attempt(asset)
    _write(asset, row, newest, by=by, now=now, act=act, why=why, takes_staged=takes_staged)
    evidence.move_to_surplus(asset, by=by, now=now)
    db.session.flush()  # a violated constraint shows here, while there is still a choice
    return asset.sync_status


def _write(
    asset: Asset, row: Coupon, attempt: Attempt | None, *, by: Actor, now: datetime, act: str = "sync",
    why: str | None = None, takes_staged: bool = True,
) -> None:  # fmt: skip
    """Writes the coupon's row, the staged values, the coupon's own days, and the status together."""
    row.standing = CouponStanding.RECORDED
    db.session.add(row)
    typed = attempt.staged if attempt and takes_staged else {}
    staged = {name: value for name, value in typed.items() if name not in DAYS}
    if staged:
        audit.changes("asset", asset, staged, act="save", by=_who_asked(attempt) or by)
    audit.changes("asset", asset, days_of(row.issued_at, row.expires_at, row.validity_days), act="save", by=by)
    if row.expires_at is not None:
        audit.changes("asset", asset, {"redeem_by": clock.day_of(row.expires_at)}, act=act, by=by)
    asset.issued_at = row.issued_at
    audit.record("asset", asset.id, act, by=by, at=now, field="code", after=f"•••• {row.mask}", why=why)
    transitions.set_status(asset, SyncStatus.SYNCHRONIZED, by=by, at=now, act=act, why=why)
    welcome.tell(asset, row, now)
    if asset.asked_at is not None:
        settling.deliver(asset, by=by, at=now)
    if attempt is not None and attempt.state in OPEN_STATES:
        transitions.close_attempt(attempt, AttemptState.SUCCEEDED, now=now)
        if isinstance(by, User):
            attempt.settled_by_id, attempt.reason = by.id, why


def reset_issue_dates(asset: Asset, *, by: Actor, act: str) -> None:
    """Inside a transaction. The asset has lost its code, so the dates of that coupon no longer count."""
    asset.issued_at = None
    audit.changes("asset", asset, {"redeem_by": asset.purchased_on + timedelta(days=asset.expire_days)}, act=act, by=by)


def _promote(
    asset: Asset, row: Coupon, coupon: IssuedCoupon, *, by: Actor, now: datetime, is_listed: bool
) -> SyncStatus:  # fmt: skip
    """The coupon was kept for a review or as surplus and turns out to be the asset's code."""
    if transitions.is_settled(asset) or row.standing is CouponStanding.RECORDED:
        return asset.sync_status
    if row.asset_id != asset.id:
        evidence.detach(row, asset, by=by)
        row.asset_id = asset.id
        db.session.flush()
    refresh(row, coupon, now, is_listed=is_listed)
    return record(asset, row, by=by, now=now)


def _who_asked(attempt: Attempt) -> User | None:
    """Staged values are recorded under the name of the person who entered them."""
    return db.session.get(User, attempt.requested_by_id) if attempt.requested_by_id else None
