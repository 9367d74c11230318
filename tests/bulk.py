"""A bulk operation as it stands in the database."""

from datetime import UTC, datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, BulkItem, BulkItemState, BulkKind, BulkOperation, BulkOrigin, BulkState
from tests.build import World
from tests.saved import saved

CHOICES = {
    "cancel": {"reason": "Ordered twice"},
    "annotate": {"mode": "append", "text": "Called on Monday"},
    "rename": {"mode": "one", "text": "Mailboxes"},
}


def operation(
    world: World, state: str = "prepared", assets: list[Asset] | None = None, kind: str = "cancel"
) -> BulkOperation:
    """Of failed assets; once it has ended, each is done."""
    assets = assets or world.assets(2)
    now = datetime.now(UTC)
    with world.transaction():
        at = {} if state == "prepared" else {"started_by_id": world.dana.id, "started_at": now}
        has_ended = state not in ("prepared", "running")
        at |= {"ended_at": now} if has_ended else {}
        made = {"origin": BulkOrigin.PICKED, "made_by_id": world.dana.id, "made_at": now, "choices": CHOICES[kind]}
        row = saved(BulkOperation(kind=BulkKind(kind), state=BulkState(state), **made, **at))
        item = BulkItemState.DONE if has_ended else BulkItemState.WAITING
        for asset in assets:
            saved(BulkItem(operation_id=row.id, asset_id=asset.id, version=asset.version, state=item))
        return row


def leave_out(world: World, row: BulkOperation, number: int) -> None:
    """The outcome of so many more items changes."""
    with world.transaction():
        waiting = select(BulkItem).where(BulkItem.operation_id == row.id, BulkItem.state == BulkItemState.WAITING)
        for item in db.session.scalars(waiting.order_by(BulkItem.id).limit(number)):
            item.state, item.why = BulkItemState.LEFT_OUT, "cancelled"
