"""Which coupon is it? BitTitan identifies each by three marks: the reference of its order, its Id, and its code.

Usually all three lead to the same row. If they do not, one rule decides: what BitTitan lists under a reference is true;
the answer to a purchase is only a claim until a look-up has shown the same. So a look-up takes a mark away from a row
that was never confirmed. A claim takes nothing: it makes the other row disputed, and both assets are looked up.
docs/coupons.md has the table of all cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from portal.core import audit, clock
from portal.extensions import db
from portal.models import Alert, Coupon, CouponStanding, JobKind, Revocation, RevocationState
from portal.models.coupon import mask
from portal.providers.base import IssuedCoupon
from portal.providers.causes import Cause
from portal.services import jobs

OTHER_CODE = "BitTitan lists another code under its Id"
NOT_LISTED = "BitTitan does not know this code"
UNCONFIRMED = "not confirmed by BitTitan"
ANOTHERS = "listed by BitTitan for another asset"
"""Why a coupon is not, or no longer, the asset's."""
NOT_CONFIRMED = Cause.CODE_NOT_CONFIRMED
"""Why a coupon was not revoked."""
_NOT_REVOKED = (
    "BitTitan was not asked to revoke the coupon •••• {mask} (CodeNotConfirmed): it proved to be another asset’s, or "
    "none. What was to be cancelled with it was not cancelled."
)
_SAME_ID = (
    "BitTitan lists two codes under the same coupon Id. The code •••• {mask} is kept without an Id and cannot be "
    "revoked from here. Ask BitTitan which one is good."
)


def find_by_code(coupon: IssuedCoupon) -> Coupon | None:
    """Inside a transaction: the row with this code, locked. Ignores a withdrawn one, which belongs to nobody."""
    return _locked(Coupon.code == coupon.code, Coupon.standing != CouponStanding.WITHDRAWN)


def find_by_id(coupon: IssuedCoupon) -> Coupon | None:
    """Inside a transaction: the row with this coupon's Id but another code, locked."""
    return _locked(Coupon.bittitan_id == coupon.id, Coupon.code != coupon.code)


@dataclass(frozen=True)
class Marks:
    codes: frozenset[str]
    ids: frozenset[str | None]

    def has_any_of(self, coupon: IssuedCoupon) -> bool:
        return coupon.code in self.codes or coupon.id in self.ids


def marks_on_record(coupons: Sequence[IssuedCoupon]) -> Marks:
    """Which of these codes and Ids are on record, whatever the state of their coupons."""
    if not coupons:
        return Marks(frozenset(), frozenset())
    marks = {"codes": [coupon.code for coupon in coupons], "ids": [coupon.id for coupon in coupons]}
    rows = db.session.execute(_ON_RECORD, marks).all()
    return Marks(frozenset(row.code for row in rows), frozenset(row.bittitan_id for row in rows))


_ON_RECORD = select(Coupon.code, Coupon.bittitan_id).where(
    Coupon.code.in_(bindparam("codes", expanding=True)) | Coupon.bittitan_id.in_(bindparam("ids", expanding=True))
)


def is_known(coupon: IssuedCoupon) -> bool:
    """Its code is on record somewhere, and not withdrawn."""
    conditions = (Coupon.code == coupon.code, Coupon.standing != CouponStanding.WITHDRAWN)
    return db.session.scalar(select(Coupon.id).where(*conditions)) is not None


def is_unrecorded(coupon: IssuedCoupon, asset_id: int, now: datetime, *, is_listed: bool) -> bool:
    """Inside a transaction. Whether the coupon is not on record, or only as another asset's claim, which gives way to
    what BitTitan lists. A recorded claim becomes disputed and is looked up first."""
    row = find_by_code(coupon)
    if row is None or not is_listed or row.asset_id == asset_id:
        return row is None
    if row.moved_from_id is None:
        dispute(row, now, is_shown=True)
    return may_be_reassigned(row)


def may_be_reassigned(row: Coupon) -> bool:
    """It came with an answer that BitTitan never confirmed, and is no asset's code. An asset for which BitTitan shows
    it may take it."""
    is_kept = row.standing in (CouponStanding.REVIEW, CouponStanding.SURPLUS)
    return is_kept and not row.is_confirmed and row.moved_from_id is None and not _is_being_revoked(row)


def _is_being_revoked(row: Coupon) -> bool:
    is_open = (Revocation.coupon_id == row.id, Revocation.state == RevocationState.ASKED)
    return db.session.scalar(select(Revocation.id).where(*is_open)) is not None


def is_on_record(coupon: IssuedCoupon, asset_id: int | None) -> bool:
    """Whether exactly these marks are on record for this asset (None: for no asset), as its code or as surplus."""
    marks = (Coupon.code == coupon.code, Coupon.bittitan_id == coupon.id, Coupon.asset_id == asset_id)
    rows = select(Coupon.id).where(*marks, Coupon.standing.in_((CouponStanding.RECORDED, CouponStanding.SURPLUS)))
    return db.session.scalar(rows) is not None


def is_claimed_elsewhere(coupon: IssuedCoupon) -> bool:
    """The answer to a purchase has a code or an Id that is already on record. A look-up decides who is right."""
    rows = [row for row in (find_by_code(coupon), find_by_id(coupon)) if row is not None]
    return bool(rows)


def is_disputed(coupon: IssuedCoupon) -> bool:
    """Another asset holds its code, and is looked up first."""
    rows = select(Coupon.id).where(Coupon.code == coupon.code, Coupon.disputed_at.is_not(None))
    return db.session.scalar(rows) is not None


def dispute(row: Coupon, now: datetime, *, is_shown: bool = False) -> None:
    """Inside a transaction. Another asset claims this row's code or Id: the code is hidden until a look-up has decided.
    `is_shown`: BitTitan lists the code for the other asset, so that is decided whatever a check says."""
    if row.standing is not CouponStanding.RECORDED or row.is_confirmed:
        return
    if row.disputed_at is not None and not (is_shown and row.why != ANOTHERS):
        return
    row.disputed_at = row.confirm_at = now
    row.why = ANOTHERS if is_shown else row.why
    jobs.schedule(JobKind.CONFIRM, 0, now)


def dispute_all(coupon: IssuedCoupon, now: datetime, *, asset_id: int) -> None:
    """Inside a transaction. Disputes all other rows that share a mark with this coupon."""
    for row in (find_by_code(coupon), find_by_id(coupon)):
        if row is not None and row.asset_id != asset_id:
            dispute(row, now)


def id_to_record(coupon: IssuedCoupon, now: datetime, *, is_listed: bool) -> str | None:
    """Inside a transaction. The Id that a row of this coupon may have; None while another row keeps it."""
    other = find_by_id(coupon)
    if other is None:
        return coupon.id
    if not is_listed:
        dispute(other, now)
        return None
    if other.is_confirmed and other.standing is not CouponStanding.WITHDRAWN:
        _alert_same_id(coupon, now)
        return None
    release_id(other, now)
    return coupon.id


def release_id(row: Coupon, now: datetime) -> None:
    """Inside a transaction. BitTitan lists this row's Id with another code: either the Id was wrong, or the code never
    existed."""
    row.bittitan_id = None
    if row.standing is CouponStanding.RECORDED:
        dispute(row, now)
    else:
        withdraw(row, OTHER_CODE)
        row.confirm_at = now  # it may be another asset's code
    db.session.flush()  # the Id is free only now


def withdraw(row: Coupon, why: str, *, by: audit.Actor = audit.WORKER) -> None:
    """Inside a transaction. The row stays on record, but is no longer anybody's code."""
    end_revocation(row)
    row.standing, row.why, row.confirm_at, row.disputed_at = CouponStanding.WITHDRAWN, why, None, None
    if row.asset_id is not None:
        audit.record("asset", row.asset_id, "withdraw", by=by, field="code", after=f"•••• {row.mask}", why=why)


def end_revocation(row: Coupon) -> None:
    """Inside a transaction. Ends an open request to revoke: the row is no longer the coupon that somebody wanted
    revoked."""
    is_open = (Revocation.coupon_id == row.id, Revocation.state == RevocationState.ASKED)
    revocation = db.session.scalar(select(Revocation).where(*is_open).with_for_update(of=Revocation))
    if revocation is None:
        return
    now, by = clock.now(), audit.process_for(revocation.asked_by_id)
    revocation.state, revocation.cause = RevocationState.REFUSED, NOT_CONFIRMED
    revocation.settled_at, revocation.next_at = now, None
    for subject, subject_id in (("asset", row.asset_id), ("coupon", row.id)):
        if subject_id is not None:
            audit.record(
                subject, subject_id, "not revoked", by=by, field="code", after=f"•••• {row.mask}",
                why=NOT_CONFIRMED,
            )  # fmt: skip
    text = _NOT_REVOKED.format(mask=row.mask)
    db.session.add(Alert(kind="revoke", asset_id=row.asset_id, text=text, raised_at=now))


def confirm(row: Coupon, now: datetime) -> None:
    """Inside a transaction. BitTitan itself has shown the coupon as recorded."""
    for name, value in confirmed(now).items():
        setattr(row, name, value)


def confirmed(now: datetime) -> dict[str, object]:
    """The column values of a coupon that BitTitan has shown as recorded."""
    return {"is_verified": True, "confirmed_at": now, "confirm_at": None, "disputed_at": None, "absent_at": None}


def _alert_same_id(coupon: IssuedCoupon, now: datetime) -> None:
    text = _SAME_ID.format(mask=mask(coupon.code))
    if db.session.scalar(select(Alert.id).where(Alert.kind == "code", Alert.text == text).limit(1)) is None:
        db.session.add(Alert(kind="code", asset_id=None, text=text, raised_at=now))


def _locked(*where) -> Coupon | None:
    rows = select(Coupon).where(*where).with_for_update(of=Coupon).execution_options(populate_existing=True)
    return db.session.scalar(rows)
