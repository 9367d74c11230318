"""Records imported coupon codes: many at once, with statements that run in the database alone."""

from datetime import datetime

from sqlalchemy import Select, String, false, insert, literal, select

from portal.core import audit
from portal.core.audit import Actor
from portal.extensions import db
from portal.models import Coupon, CouponStanding
from portal.models.types import UTCDateTime, word


def record_imported_codes(codes: Select, *, by: Actor, now: datetime) -> int:
    """Inside a transaction. Records the coupons of assets that were made as synchronized in this same transaction, so
    no attempt is open.

    `codes` selects (asset_id, code, mask, quantity, why). BitTitan was not asked about them. A code that is already on
    record violates a constraint, and the whole transaction fails. Returns how many were recorded.
    """
    source = codes.subquery()
    values = {
        "code": source.c.code,
        "asset_id": source.c.asset_id,
        "standing": literal(CouponStanding.RECORDED, word(CouponStanding)),
        "why": source.c.why,
        "quantity": source.c.quantity,
        "is_verified": false(),
        "recorded_at": literal(now, UTCDateTime),
    }
    rows = insert(Coupon.__table__).from_select(list(values), select(*values.values()))
    made = db.session.execute(rows.execution_options(preserve_rowcount=True))
    masked = select(
        source.c.asset_id.label("subject_id"), (literal("•••• ", String) + source.c.mask).label("after"), source.c.why
    )
    audit.record_each(masked, "asset", "import", by=by, at=now, field="code")
    return made.rowcount
