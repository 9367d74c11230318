"""Asks BitTitan to revoke a coupon. The request is committed first, then BitTitan is asked until it answers: asking
again is harmless. No coupon counts as revoked, and no asset as cancelled, before BitTitan has said yes.
"""

from datetime import datetime, timedelta

from sqlalchemy import Row, select, update

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    REDEEMED,
    REVOKED,
    Alert,
    Asset,
    Coupon,
    CouponStanding,
    JobKind,
    Lifecycle,
    Revocation,
    RevocationState,
    User,
)
from portal.providers.base import CouponProvider, IssuedCoupon, NotRevoked, Revoked, Trace, Unanswered
from portal.providers.causes import Cause
from portal.services import credit, jobs, transitions, vendor
from portal.services.coupons import identity
from portal.services.coupons.coupon_rows import note_reading, note_status

BACK_OFF = (5, 15, 60, 300, 900, 3600)
"""Seconds until BitTitan is asked again; the last value repeats."""
PATIENCE = timedelta(days=7)
NOT_CONFIRMED = identity.NOT_CONFIRMED
_MARKS = (
    Coupon.bittitan_id, Coupon.code, Coupon.reference, Coupon.standing, Coupon.confirmed_at, Coupon.confirm_at,
)  # fmt: skip


def request_revocation(coupon: Coupon, *, by: User, reason: str) -> None:
    """For a coupon in the surplus register. Raises Conflict, and changes nothing, if it is already revoked or that was
    requested."""
    with transaction():
        _lock_asset(coupon.asset_id)
        row = lock(Coupon, coupon.id)
        if row.standing is not CouponStanding.SURPLUS:
            raise errors.Conflict(_("This coupon is not in the surplus register any more. Nothing was changed."))
        _open(row, cancels=False, by=by, reason=reason)


def request_for_cancellation(asset: Asset, *, by: Actor, reason: str) -> None:
    """Inside a transaction that holds the asset. Raises Conflict."""
    query = select(Coupon).where(Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
    row = db.session.scalar(query.with_for_update(of=Coupon).execution_options(populate_existing=True))
    if row.is_revoked and row.stated is None:  # somebody revoked it at BitTitan
        _cancel(asset, by=by, reason=reason)
        return
    _open(row, cancels=True, by=by, reason=reason)


def check_not_revoked(coupon: Coupon, status: str | None) -> None:
    """Inside the transaction that holds the coupon and records it for an asset. `status`: what BitTitan said last; a
    revocation that it has confirmed counts whatever else it was heard to say. Raises Conflict."""
    state = db.session.scalar(select(Revocation.state).where(Revocation.coupon_id == coupon.id))
    if state is RevocationState.ASKED:
        raise errors.Conflict(
            _(
                "BitTitan is being asked to revoke this coupon. Wait for its answer, or take another. Nothing was "
                "changed."
            )
        )
    if state is RevocationState.REVOKED or status == REVOKED:
        raise errors.Conflict(
            _(
                "BitTitan has revoked this coupon: it holds nothing any more. Take another, or synchronize the asset "
                "again. Nothing was changed."
            )
        )


def advance(revocation_id: int, provider: CouponProvider) -> datetime | None:
    """Asks once. Returns when to ask again, or None if the revocation is settled."""
    db.session.commit()
    query = select(*_MARKS).join(Revocation, Revocation.coupon_id == Coupon.id).where(Revocation.id == revocation_id)
    coupon = db.session.execute(query).one_or_none()  # read first: if the coupon moves, the request ends
    row = db.session.get(Revocation, revocation_id, populate_existing=True)
    if coupon is None or row is None or not row.is_open:
        return None
    coupon_id, standing = coupon.bittitan_id, CouponStanding.RECORDED if row.cancels else CouponStanding.SURPLUS
    seller_id, now = vendor.seller_id(), clock.now()
    db.session.commit()  # hold no transaction while BitTitan is asked
    if row.next_at is not None and row.next_at > now:
        return row.next_at
    answer = _doubt(coupon, standing, provider, seller_id) or provider.revoke_coupon(coupon_id, seller_id=seller_id)
    is_redeemed = isinstance(answer, NotRevoked) and answer.cause == Cause.COUPON_REDEEMED
    reading = provider.read_coupon(coupon_id, seller_id=seller_id) if is_redeemed else None
    with transaction():
        return _record(revocation_id, answer, reading)


def _doubt(
    coupon: Row, standing: CouponStanding, provider: CouponProvider, seller_id: str | None
) -> NotRevoked | Unanswered | None:
    """An Id that only the answer to a purchase gave may be another asset's. Before it is revoked, BitTitan must show it
    with this code and reference; until the first confirmation (provisioning/confirmation.py) has decided, it is asked
    again. A coupon that has become another asset's meanwhile is not revoked."""
    if coupon.standing is not standing:
        return NotRevoked(NOT_CONFIRMED, Trace("", "", None, 0))
    if coupon.confirmed_at is not None:
        return None
    checked = provider.check_code(coupon.code, seller_id=seller_id)
    if isinstance(checked, Unanswered):
        return checked
    is_being_confirmed = coupon.confirm_at is not None
    if checked.coupon is None and not checked.is_no_code and not is_being_confirmed:
        return None  # BitTitan does not say what the code holds
    if checked.coupon is not None and checked.coupon.id == coupon.bittitan_id:
        if coupon.reference in (None, checked.coupon.reference[:80]):
            return None
    return (Unanswered if is_being_confirmed else NotRevoked)(NOT_CONFIRMED, checked.trace)


def wake_pending(now: datetime) -> None:
    """A person has connected: pending revocations are sent at once, not in an hour."""
    with transaction():
        waiting = (Revocation.state == RevocationState.ASKED, Revocation.next_at > now)
        for revocation_id in db.session.scalars(select(Revocation.id).where(*waiting)).all():
            db.session.execute(update(Revocation).where(Revocation.id == revocation_id).values(next_at=now))
            jobs.schedule(JobKind.REVOKE, revocation_id, now)


def _open(coupon: Coupon, *, cancels: bool, by: Actor, reason: str) -> None:
    now = clock.now()
    _check_may_be_revoked(coupon)
    row = _of(coupon)
    if row is not None and row.is_open:
        raise errors.Conflict(_("BitTitan is being asked to revoke it already."))
    if row is None:
        row = Revocation(coupon_id=coupon.id)
        db.session.add(row)
    row.state, row.cancels, row.asked_at, row.asked_by_id = RevocationState.ASKED, cancels, now, getattr(by, "id", None)
    row.reason, row.tries, row.next_at, row.cause, row.settled_at = reason, 0, now, None, None
    row.request = row.response = ""
    db.session.flush()
    _audit(coupon, "revoke", by=by, why=reason)
    jobs.schedule(JobKind.REVOKE, row.id, now)


def _check_may_be_revoked(coupon: Coupon) -> None:
    if not coupon.is_verified and coupon.standing is CouponStanding.RECORDED:
        raise errors.Conflict(
            _("BitTitan never verified this code, so it cannot be revoked. Withdraw it first. Nothing was changed.")
        )
    if coupon.bittitan_id is None:
        raise errors.Conflict(
            _(
                "BitTitan never gave the Id of this coupon, so it cannot be revoked from here. Revoke it in "
                "BitTitan’s own portal. Nothing was changed."
            )
        )
    if coupon.stated is not None:
        return  # a person says what became of it; now BitTitan is asked
    if coupon.status == REVOKED:
        raise errors.Conflict(_("This coupon is revoked already. Nothing was changed."))
    if coupon.status == REDEEMED:
        raise errors.Conflict(_("This coupon has been redeemed: BitTitan does not take it back. Nothing was changed."))


def _record(revocation_id: int, answer: Revoked | NotRevoked | Unanswered, reading) -> datetime | None:
    """Inside a transaction. A yes counts in any state; anything else counts only while the request is open."""
    coupon_id = db.session.scalar(select(Revocation.coupon_id).where(Revocation.id == revocation_id))
    asset_id = db.session.scalar(select(Coupon.asset_id).where(Coupon.id == coupon_id))
    if asset_id is not None:
        credit.lock_payer(asset_id)
    asset, coupon = _lock_asset(asset_id), lock(Coupon, coupon_id)
    row, now = lock(Revocation, revocation_id), clock.now()
    if row.state is RevocationState.REVOKED or not (row.is_open or isinstance(answer, Revoked)):
        return None
    row.tries, row.request, row.response = row.tries + 1, answer.trace.request, answer.trace.response
    if isinstance(answer, Revoked):
        _settle(row, RevocationState.REVOKED, None, now)
        note_reading(coupon, answer.coupon, now)
        coupon.status = REVOKED
        by = audit.process_for(row.asked_by_id)
        _audit(coupon, "revoked", by=by, why=row.reason)
        if row.cancels and coupon.standing is CouponStanding.RECORDED:
            _cancel(asset, by=by, reason=row.reason)
        return None
    if isinstance(answer, Unanswered) and now - row.asked_at < PATIENCE:
        row.cause = answer.cause
        row.next_at = now + timedelta(seconds=BACK_OFF[min(row.tries, len(BACK_OFF)) - 1])
        return row.next_at
    _refused(row, coupon, answer, reading, now)
    return None


def _refused(row: Revocation, coupon: Coupon, answer: NotRevoked | Unanswered, reading, now: datetime) -> None:
    """The coupon and its asset stay as they are, and an alert tells the staff."""
    is_refusal = isinstance(answer, NotRevoked)
    _settle(row, RevocationState.REFUSED if is_refusal else RevocationState.UNANSWERED, answer.cause, now)
    if isinstance(reading, IssuedCoupon):
        note_reading(coupon, reading, now)
    elif answer.cause == Cause.COUPON_REDEEMED:
        note_status(coupon, REDEEMED, now)
    _audit(coupon, "not revoked", by=audit.process_for(row.asked_by_id), why=answer.cause)
    ending = "refused to revoke" if is_refusal else "gave no clear answer for a week about revoking"
    if answer.cause == NOT_CONFIRMED and is_refusal:
        ending = "was not asked to revoke"
    is_surplus = coupon.standing is CouponStanding.SURPLUS
    consequence = "It stands in the surplus register." if is_surplus else "Look at what became of it."
    consequence = "The asset was not cancelled." if row.cancels else consequence
    text = f"BitTitan {ending} the coupon •••• {coupon.mask} ({answer.cause}). {consequence}"
    db.session.add(Alert(kind="revoke", asset_id=coupon.asset_id, text=text, raised_at=now))


def _cancel(asset: Asset, *, by: Actor, reason: str) -> None:
    if asset.lifecycle is not Lifecycle.CANCELLED:
        transitions.cancel(asset, by=by, reason=reason)


def _settle(row: Revocation, state: RevocationState, cause: str | None, now: datetime) -> None:
    row.state, row.cause, row.settled_at, row.next_at = state, cause, now, None


def _audit(coupon: Coupon, act: str, *, by: Actor, why: str | None) -> None:
    """Records it in the audit log of the asset and of the coupon."""
    for subject, subject_id in (("asset", coupon.asset_id), ("coupon", coupon.id)):
        if subject_id is not None:
            audit.record(subject, subject_id, act, by=by, field="code", after=f"•••• {coupon.mask}", why=why)


def _lock_asset(asset_id: int | None) -> Asset | None:
    """The asset is locked first, as everywhere. A stray coupon has none."""
    return None if asset_id is None else lock(Asset, asset_id)


def _of(coupon: Coupon) -> Revocation | None:
    rows = select(Revocation).where(Revocation.coupon_id == coupon.id).with_for_update(of=Revocation)
    return db.session.scalar(rows.execution_options(populate_existing=True))
