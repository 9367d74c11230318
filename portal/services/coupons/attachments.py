"""A code that a person enters: what BitTitan says about it, and how it is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    REVOKED,
    Asset,
    Coupon,
    CouponStanding,
    SyncStatus,
)
from portal.models.coupon import mask
from portal.providers.base import Checked, IssuedCoupon, Unanswered
from portal.services import vendor
from portal.services.coupons import compare, evidence, identity, owners, recording, revocations


@dataclass(frozen=True)
class CodeCheck:
    code: str
    verdict: Literal["match", "mismatch", "spent", "unverifiable", "not_yet"]
    sentences: tuple[str, ...]
    coupon: IssuedCoupon | None

    @property
    def mask(self) -> str:
        return mask(self.code)

    @property
    def can_be_recorded(self) -> bool:
        return self.verdict not in ("mismatch", "not_yet")


def check(asset: Asset, code: str) -> CodeCheck:
    """Asks BitTitan about the code. Raises InvalidInput if it is recorded elsewhere, was issued for another asset, or
    BitTitan does not know it; Conflict if its coupon is being revoked, or was."""
    _check_elsewhere(asset, code, is_asked=False)
    seller_id = vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    code, checked = _asked(code, seller_id)
    _check_elsewhere(asset, code, None if isinstance(checked, Unanswered) else checked.coupon)
    if isinstance(checked, Unanswered):
        sentences = (_("BitTitan could not be asked about this code."),)
        if _is_allowed(asset, None):
            return CodeCheck(code, "unverifiable", sentences, None)
        advice = _("BitTitan has to show that it was issued for this asset. Check it again when BitTitan answers.")
        return CodeCheck(code, "not_yet", (*sentences, advice), None)
    owners.check_owner(asset, checked.coupon)
    if checked.is_no_code:
        raise errors.InvalidInput("code", _("BitTitan knows no such code. Compare it with where it comes from."))
    if not _is_allowed(asset, checked.coupon, code):
        return CodeCheck(code, "not_yet", (_not_issued_for_it(),), checked.coupon)
    if checked.coupon is None:
        reason = checked.reason or _("it gives no reason")
        return CodeCheck(code, "unverifiable", (_("BitTitan does not say what it holds: %(why)s.", why=reason),), None)
    differences = tuple(compare.differences(asset, checked.coupon))
    if checked.coupon.status == REVOKED:
        differences += (_("BitTitan has revoked it: it holds nothing any more."),)
    if not differences and not checked.is_valid:
        why = checked.reason or checked.coupon.status
        return CodeCheck(code, "spent", (_("BitTitan does not redeem it any more: %(why)s.", why=why),), checked.coupon)
    return CodeCheck(code, "mismatch" if differences else "match", differences, checked.coupon)


def _asked(code: str, seller_id: str | None) -> tuple[str, Checked | Unanswered]:
    """What BitTitan says about the code, which may have been typed in small letters."""
    checked = vendor.provider().check_code(code, seller_id=seller_id)
    if isinstance(checked, Unanswered) or not checked.is_no_code or not code.islower():
        return code, checked
    capitals = vendor.provider().check_code(code.upper(), seller_id=seller_id)
    if isinstance(capitals, Unanswered):
        return code, capitals
    return (code, checked) if capitals.is_no_code else (code.upper(), capitals)


def record(asset: Asset, code: str, coupon: IssuedCoupon | None, *, version: int, by: Actor, reason: str) -> None:
    """Records a code for a person. Compare-and-set: the asset must be failed or in review, without an open send."""
    with transaction("attach"):
        row, now = lock(Asset, asset.id), clock.now()
        check_may_attach(row, version, coupon, code)
        record_locked(row, code, coupon, by=by, now=now, act="attach", reason=reason)


def record_locked(
    asset: Asset, code: str, coupon: IssuedCoupon | None, *, by: Actor, now: datetime, act: str, reason: str
) -> None:  # fmt: skip
    """Inside a transaction that has checked that the asset takes a code. What was true when BitTitan was asked is
    checked again. Raises InvalidInput if this code is not for it, or Conflict."""
    owners.check_owner(asset, coupon)
    query = select(Coupon).where(Coupon.code == code).with_for_update(of=Coupon)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    _check_elsewhere(asset, code, coupon)
    if coupon is not None:
        compare.check_fits(asset, coupon)
    if row is None or row.standing is CouponStanding.WITHDRAWN:
        row = _coupon(row or Coupon(code=code), asset, coupon, now)
    else:
        _take(row, asset, coupon, by=by, now=now)
    row.why = reason
    recording.record(asset, row, by=by, now=now, act=act, why=reason, takes_staged=False)


def _take(row: Coupon, asset: Asset, coupon: IssuedCoupon | None, *, by: Actor, now: datetime) -> None:
    """A coupon that was kept becomes the asset's own."""
    revocations.check_not_revoked(row, row.status if coupon is None else coupon.status)
    if coupon is None:
        row.is_verified = False
        return
    evidence.detach(row, asset, by=by)
    row.asset_id = asset.id
    recording.refresh(row, coupon, now)


@contextmanager
def refusing_duplicates() -> Iterator[None]:
    """If two people record the same code at once, the constraint decides; the loser gets InvalidInput."""
    try:
        yield
    except IntegrityError as clash:
        raise errors.InvalidInput("code", _("This code was recorded a moment ago.")) from clash


def check_may_attach(asset: Asset, version: int, coupon: IssuedCoupon | None, code: str | None = None) -> None:
    if asset.is_unsettled:
        raise errors.AttemptOpen(_("An attempt is open; wait until it has ended. Nothing was recorded."))
    if not asset.may_attach:
        raise errors.Conflict(_("This asset takes no code now. Nothing was recorded."))
    if asset.version != version:
        raise errors.StaleVersion(_("Somebody changed this asset while you were typing. Nothing was recorded."))
    if not _is_allowed(asset, coupon, code):
        raise errors.Conflict(_not_issued_for_it())


def _is_allowed(asset: Asset, coupon: IssuedCoupon | None, code: str | None = None) -> bool:
    """While the result of a purchase is uncertain, an asset accepts only a coupon that BitTitan shows under its own
    reference. If BitTitan knows the code but tells no more, the code must be the one in its answer to the asset's own
    purchase. If nothing was ever sent for the asset, nothing can be under its reference, so any code is allowed."""
    if asset.sync_status is not SyncStatus.REVIEW or not asset.attempts_made:
        return True
    if coupon is not None:
        return coupon.reference == asset.reference
    is_evidence = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.REVIEW, Coupon.code == code)
    rows = select(Coupon.id).where(*is_evidence, Coupon.reference == asset.reference[:80])
    return code is not None and db.session.scalar(rows) is not None


def _not_issued_for_it() -> str:
    return _("This code was not issued for this asset’s request. Attest first that nothing was bought for it.")


def _check_elsewhere(asset: Asset, code: str, coupon: IssuedCoupon | None = None, *, is_asked: bool = True) -> None:
    """Raises InvalidInput if the code is on record with another asset, or already recorded for this one; Conflict if
    its coupon is being revoked, or was. A mere claim of another asset gives way once BitTitan has shown the code under
    this asset's reference."""
    row = db.session.scalar(select(Coupon).where(Coupon.code == code))
    if row is None or row.standing is CouponStanding.WITHDRAWN:
        return
    if row.asset_id == asset.id and row.standing is not CouponStanding.RECORDED:
        revocations.check_not_revoked(row, row.status)
        return
    is_shown = coupon is not None and coupon.reference == asset.reference
    if not identity.may_be_reassigned(row) or (is_asked and not is_shown):
        raise _recorded_elsewhere(row)


def _recorded_elsewhere(row: Coupon) -> errors.InvalidInput:
    if row.asset_id is None:
        sentence = _("This code is in the surplus register, without an asset. Attach it from there.")
        return errors.InvalidInput("code", sentence, link=("surplus", row.id))
    sentence = _("This code is already recorded with AS-%(id)s.", id=row.asset_id)
    return errors.InvalidInput("code", sentence, link=("asset", row.asset_id))


_CLAIMED = (
    "bittitan_id", "reference", "sku_id", "organization_id", "validity_days", "issued_at", "expires_at", "status",
    "redeemed_at", "read_at", "absent_at", "stated", "stated_at", "stated_by", "stated_why", "confirmed_at",
    "confirm_at", "disputed_at", "moved_from_id",
)  # fmt: skip
"""Cleared when a withdrawn code is entered again: what was said about it before no longer counts."""


def _coupon(row: Coupon, asset: Asset, coupon: IssuedCoupon | None, now: datetime) -> Coupon:
    """Fills a new row, or reuses that of a withdrawn code."""
    for name in _CLAIMED:
        setattr(row, name, None)
    row.asset_id, row.standing, row.recorded_at = asset.id, CouponStanding.RECORDED, now
    row.quantity, row.is_verified = asset.quantity, coupon is not None
    row.attempt_number = asset.attempts_made or None if coupon is not None else None
    if coupon is not None:
        recording.refresh(row, coupon, now)
    return row
