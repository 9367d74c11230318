"""Coupon codes that came with a file: many at once, by statements that the database carries out alone."""

from datetime import datetime

from sqlalchemy import Select, String, false, insert, literal, select

from portal.core import audit
from portal.core.audit import Actor
from portal.extensions import db
from portal.models import Coupon, CouponStanding
from portal.models.types import UTCDateTime, word


def record(codes: Select, *, by: Actor, now: datetime) -> int:
    """Inside a transaction: coupons of assets that were made as synchronized in this same transaction, so no attempt is
    open.

    `codes` tells (asset_id, code, mask, quantity, why). BitTitan was not asked about them. A code that stands anywhere
    already violates a constraint, and then nothing of the transaction is kept. Returns how many were recorded.
    """
    each = codes.subquery()
    values = {
        "code": each.c.code,
        "asset_id": each.c.asset_id,
        "standing": literal(CouponStanding.RECORDED, word(CouponStanding)),
        "why": each.c.why,
        "quantity": each.c.quantity,
        "is_verified": false(),
        "recorded_at": literal(now, UTCDateTime),
    }
    rows = insert(Coupon.__table__).from_select(list(values), select(*values.values()))
    made = db.session.execute(rows.execution_options(preserve_rowcount=True))
    masked = select(
        each.c.asset_id.label("subject_id"), (literal("•••• ", String) + each.c.mask).label("after"), each.c.why
    )
    audit.record_each(masked, "asset", "import", by=by, at=now, field="code")
    return made.rowcount
