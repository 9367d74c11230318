"""What decides about the reminders of an asset."""

import enum
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Row, and_, select

from portal.core import clock
from portal.extensions import db
from portal.models import (
    SPENT,
    Account,
    Asset,
    Coupon,
    CouponStanding,
    Product,
    ReminderKind,
    ReminderSwitch,
    Revocation,
    RevocationState,
)
from portal.services.reminders.steps import Near


class WhyNot(enum.Enum):
    NOTHING_NEAR = "nothing near"
    """Nothing of it runs out: it has no code, or was cancelled, or its licences have no known end."""
    OVER = "over"
    IMPORTED = "imported"
    """Until a person switches them on."""
    SWITCHED_OFF = "switched off"
    SPENT = "spent"
    """BitTitan or a person says that the code is worth nothing any more."""
    ABSENT = "absent"
    """BitTitan knows no such coupon. It drops what was redeemed, so this one may have been."""
    BEING_REVOKED = "being revoked"
    DISPUTED = "disputed"


_RECORDED = and_(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED)
_ASKED = and_(Revocation.coupon_id == Coupon.id, Revocation.state == RevocationState.ASKED)
_ROWS = (
    select(
        Asset.id, Asset.account_id, Asset.branch_id, Asset.due_on, Asset.ends_on, Asset.imported_at, Asset.issued_at,
        Asset.purchased_on, Asset.name, Asset.quantity, ReminderSwitch.is_on, Product.name.label("product"),
        Account.name.label("account"), Coupon.status, Coupon.stated, Coupon.absent_at, Coupon.disputed_at,
        Coupon.redeemed_on, Revocation.id.label("revocation_id"),
    )
    .join(Product, Product.id == Asset.product_id)
    .join(Account, Account.id == Asset.account_id)
    .outerjoin(Coupon, _RECORDED)
    .outerjoin(Revocation, _ASKED)
    .outerjoin(ReminderSwitch, ReminderSwitch.asset_id == Asset.id)
    .order_by(Asset.account_id, Asset.id)
)  # fmt: skip


def described(asset_ids: Collection[int]) -> Sequence[Row]:
    """One statement."""
    return db.session.execute(_ROWS.where(Asset.id.in_(asset_ids))).all()


def day_of(row: Row, kind: ReminderKind) -> date | None:
    return row.due_on if kind is ReminderKind.DUE else row.ends_on


def near(row: Row, kind: ReminderKind) -> Near:
    known_on = row.redeemed_on if kind is ReminderKind.ENDS else row.issued_at and clock.day_of(row.issued_at)
    return Near(day_of(row, kind), known_on or row.purchased_on)


def is_on(row: Row) -> bool:
    return row.imported_at is None if row.is_on is None else row.is_on


def why_not(row: Row, kind: ReminderKind) -> WhyNot | None:
    """None: its reminders are written."""
    if day_of(row, kind) is None:
        return WhyNot.NOTHING_NEAR
    if not is_on(row):
        return WhyNot.IMPORTED if row.is_on is None else WhyNot.SWITCHED_OFF
    return _of_coupon(row) if kind is ReminderKind.DUE else None


def _of_coupon(row: Row) -> WhyNot | None:
    found = (
        (row.status in SPENT or row.stated is not None, WhyNot.SPENT),
        (row.absent_at is not None, WhyNot.ABSENT),
        (row.revocation_id is not None, WhyNot.BEING_REVOKED),
        (row.disputed_at is not None, WhyNot.DISPUTED),
    )
    return next((why for holds, why in found if holds), None)
