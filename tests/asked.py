"""What people asked of BitTitan on a page, as a row that no worker has seen yet."""

from datetime import UTC, datetime

from portal.extensions import db
from portal.models import RequestKind, RequestState, VendorRequest

CODE = "TYPED-BY-DANA-1"


def check(world, by, **columns) -> int:
    """The id of somebody's question about a code."""
    asset, typed = world.asset(), {"values": {"code": CODE}, "form": {"code": [CODE], "reason": ["Found"]}}
    values = {"asked_at": datetime.now(UTC), "state": RequestState.WAITING} | columns
    with world.transaction():
        row = VendorRequest(
            kind=RequestKind.CHECK_CODE, subject_id=asset.id, typed=typed, asked_by_id=by.id, **values
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row.id
