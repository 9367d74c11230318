"""How far executed orders are: derived from the assets of their lines."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal.core import access
from portal.extensions import db
from portal.models import Asset, Coupon, Lifecycle, Order, OrderState, SyncStatus, User
from portal.services.ordering.order_list import ListedOrder


class Progress(enum.Enum):
    """Of one line."""

    DELIVERED = "delivered"
    """Its coupon is recorded."""
    ON_THE_WAY = "on the way"
    FAILED = "failed"
    REVIEW = "review"
    CANCELLED = "cancelled"


_PROGRESS = {
    SyncStatus.SYNCHRONIZED: Progress.DELIVERED,
    SyncStatus.SYNCHRONIZING: Progress.ON_THE_WAY,
    SyncStatus.UNCONFIRMED: Progress.ON_THE_WAY,
    SyncStatus.FAILED: Progress.FAILED,
    SyncStatus.REVIEW: Progress.REVIEW,
}


@dataclass
class Delivery:
    """Of one order, in lines."""

    counts: dict[Progress, int] = field(default_factory=dict)

    def of(self, progress: Progress) -> int:
        return self.counts.get(progress, 0)

    @property
    def lines(self) -> int:
        return sum(self.counts.values())

    @property
    def is_settled(self) -> bool:
        """Nothing of it changes by itself any more."""
        return not self.of(Progress.ON_THE_WAY)


def progress_of(asset: Asset) -> Progress:
    return Progress.CANCELLED if asset.lifecycle is Lifecycle.CANCELLED else _PROGRESS[asset.sync_status]


def deliveries(orders: Iterable[ListedOrder], viewer: User | None = None) -> dict[int, Delivery]:
    """By order id, of those that are executed; only the assets that the viewer sees, as an account may have moved. One
    statement, if there are any."""
    found = {order.id: Delivery() for order in orders if order.state is OrderState.EXECUTED}
    if not found:
        return found
    columns = (Asset.order_id, Asset.sync_status, Asset.lifecycle)
    assets = select(Asset.id) if viewer is None else access.visible_asset_ids(viewer)
    rows = assets.where(Asset.order_id.in_(found)).group_by(*columns)
    rows = rows.with_only_columns(*columns, func.count(), maintain_column_froms=True)
    for order_id, status, lifecycle, count in db.session.execute(rows):
        progress = Progress.CANCELLED if lifecycle is Lifecycle.CANCELLED else _PROGRESS[status]
        counts = found[order_id].counts
        counts[progress] = counts.get(progress, 0) + count
    return found


def assets_of(user: User, order: Order) -> dict[int, Asset]:
    """By id: those of the order's assets that the person sees, as their pages show them. One statement."""
    coupon = joinedload(Asset.coupon).joinedload(Coupon.revocation)
    rows = access.visible_assets(user).where(Asset.order_id == order.id).options(coupon)
    return {asset.id: asset for asset in db.session.scalars(rows)}
