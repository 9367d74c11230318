"""Corrects a code that was recorded without being verified and is wrong: replaces or withdraws it.

Both codes stay on record. A verified code cannot be changed; the database itself refuses that (promise 6).
"""

from collections.abc import Collection

from sqlalchemy import case, func, select

from portal.core import audit, clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, Attempt, Coupon, CouponStanding, SyncStatus, Trigger, User
from portal.models.attempt import DEFINITE_STATES
from portal.services import assets, transitions
from portal.services.coupons import attachments, recording
from portal.services.coupons.attachments import CodeCheck


def withdraw(asset: Asset, *, version: int, by: User, reason: str) -> SyncStatus:
    """The asset loses its code. It is failed if it is certain that nothing was bought for it; otherwise a person must
    find that out. Raises StaleVersion or Conflict."""
    with transaction("withdraw"):
        row, now = lock(Asset, asset.id), clock.now()
        coupon = _unverified(row, version)
        _take_back(row, coupon, by=by, reason=reason)
        if without_purchase([row.id]):
            transitions.set_status(row, SyncStatus.FAILED, by=by, act="withdraw", why=reason)
            return SyncStatus.FAILED
        transitions.set_status(row, SyncStatus.REVIEW, by=by, act="withdraw", why=reason)
        transitions.move_to_review(row, "", by=by, now=now)
        return SyncStatus.REVIEW


def replace(asset: Asset, *, version: int, by: User, code: str, reason: str, unverified: bool = False) -> None:
    """The new code is checked like one that is attached. Raises InvalidInput, StaleVersion or Conflict."""
    code = assets.entered_code(code, by=by)
    if asset.coupon is not None and asset.coupon.code == code:
        raise errors.InvalidInput("code", _("This is the recorded code. Enter the code that should replace it."))
    _check_may_correct(asset, asset.coupon, version)
    checked = assets.fitting_code(asset, code, unverified=unverified)
    with attachments.refusing_duplicates(), transaction("replace"):
        row, now = lock(Asset, asset.id), clock.now()
        coupon = _unverified(row, version)
        _take_back(row, coupon, by=by, reason=reason)
        row.version += 1
        attachments.record_locked(row, checked.code, checked.coupon, by=by, now=now, act="attach", reason=reason)


def without_purchase(asset_ids: Collection[int]) -> set[int]:
    """Those for which it is certain that nothing was bought: there were attempts here, and each ended with a definite
    no."""
    is_open = case((Attempt.state.in_(DEFINITE_STATES), 0), else_=1)
    of_each = select(Attempt.asset_id).where(Attempt.asset_id.in_(asset_ids), Attempt.trigger != Trigger.ATTACH)
    return set(db.session.scalars(of_each.group_by(Attempt.asset_id).having(func.sum(is_open) == 0)))


def check_code(asset: Asset, code: str, *, version: int, by: User) -> CodeCheck:
    """What BitTitan says about the code that is to replace the recorded one."""
    _check_may_correct(asset, asset.coupon, version)
    return attachments.check(asset, assets.entered_code(code, by=by))


def _unverified(row: Asset, version: int) -> Coupon:
    """Inside a transaction that holds the asset: its unverified code, locked."""
    query = select(Coupon).where(Coupon.asset_id == row.id, Coupon.standing == CouponStanding.RECORDED)
    coupon = db.session.scalar(query.with_for_update(of=Coupon).execution_options(populate_existing=True))
    _check_may_correct(row, coupon, version)
    return coupon


def _check_may_correct(asset: Asset, coupon: Coupon | None, version: int) -> None:
    if asset.sync_status is not SyncStatus.SYNCHRONIZED or coupon is None or not asset.is_active:
        raise errors.Conflict(_("This asset has no code that could be corrected. Nothing was changed."))
    if asset.version != version:
        raise errors.StaleVersion(_("Somebody changed this asset while you were typing. Nothing was changed."))
    if coupon.is_verified:
        raise errors.Conflict(_("BitTitan has verified this code, so it stays. Nothing was changed."))


def _take_back(row: Asset, coupon: Coupon, *, by: User, reason: str) -> None:
    coupon.standing, coupon.why, coupon.confirm_at, coupon.disputed_at = CouponStanding.WITHDRAWN, reason, None, None
    recording.reset_issue_dates(row, by=by, act="withdraw")
    for subject, subject_id in (("asset", row.id), ("coupon", coupon.id)):
        audit.record(subject, subject_id, "withdraw", by=by, field="code", before=f"•••• {coupon.mask}", why=reason)
    db.session.flush()  # before another is recorded: an asset has only one recorded code
