"""Reopens an asset whose recorded code proves false or is claimed by another asset. A look-up decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from portal.core import audit
from portal.core.audit import Actor
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AttemptState,
    Coupon,
    CouponStanding,
    JobKind,
    Lifecycle,
    SyncStatus,
)
from portal.models.asset_rules import DAYS
from portal.models.attempt import DEFINITE_STATES
from portal.providers.base import IssuedCoupon
from portal.providers.causes import Cause
from portal.services import jobs, transitions, vendor_settings
from portal.services.coupons import identity, recording

CAUSE, CODE_KNOWN = Cause.CODE_NOT_CONFIRMED, Cause.CODE_KNOWN
"""Causes of an attempt that BitTitan answered with a code that it does not list, or that is another asset's."""
_ALERT = (
    "The code in BitTitan’s answer to the purchase is not what it lists for the asset. The asset is looked up again; "
    "until that is done, the code is not shown."
)


def reopen(asset: Asset, row: Coupon, *, by: Actor, now: datetime) -> None:
    """Inside a transaction that holds both. The asset's own look-ups decide; nothing is bought for it meanwhile.

    A code that we did not purchase goes to the register, and the asset returns to the status that it has without it.
    """
    is_active = asset.lifecycle is Lifecycle.ACTIVE
    is_looked_up = is_active and was_bought(asset, row)
    row.standing = CouponStanding.REVIEW if is_looked_up else CouponStanding.SURPLUS
    row.why, row.confirm_at, row.disputed_at = identity.UNCONFIRMED, now, None
    db.session.flush()
    recording.reset_issue_dates(asset, by=by, act="confirm")
    transitions.raise_alert("code", asset, _ALERT, now)
    audit.record("asset", asset.id, "confirm", by=by, field="code", before=f"•••• {row.mask}", why=row.why)
    if is_looked_up:
        _look_again(asset, transitions.newest_attempt(asset), by=by, now=now)
    elif is_active:
        row.asset_id = None
        _give_back(asset, by=by, now=now)


def _give_back(asset: Asset, *, by: Actor, now: datetime) -> None:
    """The asset was failed before it got the code. For an imported one, the outcome is unknown."""
    attempt = transitions.newest_attempt(asset)
    is_known = attempt is not None and attempt.state in DEFINITE_STATES
    status = SyncStatus.FAILED if is_known else SyncStatus.REVIEW
    transitions.set_status(asset, status, by=by, act="confirm", why=identity.UNCONFIRMED)
    if not is_known:
        transitions.move_to_review(asset, CAUSE, by=by, now=now)


def was_bought(asset: Asset, row: Coupon) -> bool:
    """Whether we purchased the code, or it ended the review of a purchase. Not if it was attached after a definite no,
    or imported."""
    attempt = transitions.newest_attempt(asset)
    if attempt is None or _last_sent_at(asset) is None:
        return False
    return row.reference == asset.reference[:80] or attempt.state is AttemptState.SUCCEEDED


def must_confirm_first(
    asset: Asset, coupons: Sequence[IssuedCoupon], *, is_complete: bool, by: Actor, now: datetime
) -> bool:  # fmt: skip
    """Inside a transaction. BitTitan shows coupons under the asset's reference, but not the recorded one, which was
    never confirmed. If they are all that it lists and one has the recorded Id, the recorded code is false: reopens the
    asset at once and returns False. Otherwise returns True: the recorded code is checked first, as it may have been
    redeemed, and redeemed coupons are not listed."""
    row = _unconfirmed(asset) if asset.sync_status is SyncStatus.SYNCHRONIZED and coupons else None
    if row is None or row.is_spent or row.code in {coupon.code for coupon in coupons}:
        return False
    if is_complete and row.bittitan_id in {coupon.id for coupon in coupons}:
        reopen(asset, row, by=by, now=now)
        return False
    row.confirm_at = now
    jobs.schedule(JobKind.CONFIRM, 0, now)
    return True


def _unconfirmed(asset: Asset) -> Coupon | None:
    recorded = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
    rows = select(Coupon).where(*recorded, Coupon.confirmed_at.is_(None), Coupon.reference == asset.reference)
    return db.session.scalar(rows.with_for_update(of=Coupon).execution_options(populate_existing=True))


def _look_again(asset: Asset, attempt: Attempt, *, by: Actor, now: datetime) -> None:
    """The false code may be the late answer to an earlier attempt, so look-ups count from the last request."""
    attempt.last_sent_at = attempt.last_sent_at or _last_sent_at(asset)
    attempt.first_sent_at = attempt.first_sent_at or attempt.last_sent_at
    attempt.state, attempt.settled_at, attempt.absent_at = AttemptState.UNKNOWN, None, None
    attempt.is_tainted = attempt.sends_no_more = True
    attempt.cause, attempt.next_at = CAUSE, now
    # Name and note were already written together with the false code, and may have been changed since.
    attempt.staged = {name: value for name, value in attempt.staged.items() if name in DAYS}
    transitions.set_status(asset, SyncStatus.UNCONFIRMED, by=by, act="confirm", why=identity.UNCONFIRMED)
    if vendor_settings.current().is_searchable:
        jobs.schedule(JobKind.ADVANCE, attempt.id, now)
    else:
        attempt.next_at = None
        transitions.move_to_review(asset, CAUSE, by=by, now=now)


def _last_sent_at(asset: Asset) -> datetime | None:
    return db.session.scalar(select(func.max(Attempt.last_sent_at)).where(Attempt.asset_id == asset.id))
