"""What waits for a person or for BitTitan: the numbers of the work queue, each counted up to a cap."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, CompoundSelect, Select, cast, func, literal, null, select, union_all

from portal.core import access, clock
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AttemptState, Hold, Lifecycle, Order, SyncStatus, User
from portal.models.asset import IS_IN_REVIEW
from portal.models.types import UTCDateTime
from portal.services.lists import CAP, totals
from portal.services.lists.list_filters import Filters, Redeem, conditions
from portal.services.lists.totals import Sum
from portal.services.ordering.order_list import Filters as OrderFilters
from portal.services.ordering.order_list import order_filters

SHOWN = 5
FOR_STAFF = (Hold.CREDIT, Hold.STAFF, Hold.PRODUCT, Hold.LINK)
"""Why orders wait for a person; those that only wait for their start date need nobody."""
MOST_EXPIRING = 500
"""More codes that expire soon are not added up, as the coupon of each must be looked for."""


@dataclass(frozen=True)
class InboxCounts:
    """Each is counted up to CAP + 1, except `expiring`."""

    failed: Sum
    review: Sum
    unconfirmed: Sum
    waiting: Sum
    """Not sent yet: postponed while BitTitan does not answer."""
    asked: Sum
    expiring: Sum
    """Up to MOST_EXPIRING + 1, the first that expire."""
    next_at: datetime | None
    """When the next unconfirmed one is looked up."""
    orders: dict[Hold, Sum]
    """Submitted orders that wait for the staff, by reason; their numbers and amounts."""

    @property
    def is_empty(self) -> bool:
        assets = (self.failed, self.review, self.unconfirmed, self.asked, self.expiring)
        return not any(each.count for each in (*assets, *self.orders.values()))


def counts(viewer: User, failed: Sum) -> InboxCounts:
    """One statement. `failed` was computed before (services/inbox/failure_groups.py)."""
    assets = ("review", "unconfirmed", "waiting", "asked", "expiring")
    sums_by_name = {what: Sum() for what in (*assets, *(hold.value for hold in FOR_STAFF))}
    next_at = None
    statement, values = _counting(Viewer.of(viewer), clock.today(), CAP, MOST_EXPIRING)
    for row in db.session.execute(statement, values):
        sums_by_name[row.what].add(row)
        next_at = min(filter(None, (next_at, row.next_at)), default=None)
    orders = {hold: sums_by_name.pop(hold.value) for hold in FOR_STAFF}
    return InboxCounts(failed, **sums_by_name, next_at=next_at, orders=orders)


@cached_statement
def _counting(viewer: Viewer, _today: date, cap: int, most_expiring: int) -> CompoundSelect:
    active = access.visible_asset_ids(viewer).where(Asset.lifecycle == Lifecycle.ACTIVE)
    with_last = active.join(Attempt, (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made))
    is_waiting = (Asset.sync_status == SyncStatus.SYNCHRONIZING, Attempt.state == AttemptState.RESERVED)
    since, never = Attempt.requested_at, cast(null(), UTCDateTime)
    in_review = access.visible_asset_ids(viewer).where(IS_IN_REVIEW)
    unconfirmed = with_last.where(Asset.sync_status == SyncStatus.UNCONFIRMED)
    expiring = active.where(*conditions(Filters(redeem=Redeem.EXPIRING))).order_by(Asset.redeem_by, Asset.id)
    return union_all(
        _part("review", in_review.limit(cap + 1), Asset.waits_since),
        _part("unconfirmed", unconfirmed.limit(cap + 1), since, Attempt.next_at),
        _part("waiting", with_last.where(*is_waiting).limit(cap + 1), since),
        _part("asked", active.where(*conditions(Filters(is_asked=True))).limit(cap + 1), Asset.asked_at),
        _part("expiring", expiring.limit(most_expiring + 1), never),
        *(_orders(viewer, hold, cap) for hold in FOR_STAFF),
    )


def _orders(viewer: Viewer, hold: Hold, cap: int) -> Select:
    """Read from the index of what waits. An order counts once, with all its licences and its total."""
    rows = access.listed_orders(viewer).where(*order_filters.narrowing(OrderFilters(hold=hold))).limit(cap + 1)
    inner = rows.with_only_columns(Order.currency, Order.licences, Order.total, Order.placed_at).subquery()
    columns = (
        inner.c.currency, func.count().label("count"), func.sum(inner.c.licences).label("licences"),
        (func.count() - func.count(inner.c.total)).label("unpriced"), func.sum(inner.c.total).label("amount"),
    )  # fmt: skip
    times = func.min(inner.c.placed_at).label("since"), cast(null(), UTCDateTime).label("next_at")
    return select(literal(hold.value).label("what"), *columns, *times).group_by(inner.c.currency)


def _part(what: str, rows: Select, since: ColumnElement, next_at: ColumnElement | None = None) -> Select:
    """Grouped by currency."""
    next_column = next_at if next_at is not None else cast(null(), UTCDateTime)
    columns = (Asset.currency, Asset.quantity, Asset.unit_price, since.label("since"), next_column.label("next_at"))
    inner = rows.with_only_columns(*columns).subquery()
    times = func.min(inner.c.since).label("since"), func.min(inner.c.next_at).label("next_at")
    return select(literal(what).label("what"), *totals.columns(inner.c), *times).group_by(inner.c.currency)


def newest(viewer: User, status: SyncStatus) -> list[Asset]:
    statement, values = _newest(Viewer.of(viewer), status)
    return list(db.session.scalars(statement, values))


@cached_statement
def _newest(viewer: Viewer, status: SyncStatus) -> Select[tuple[Asset]]:
    rows = access.visible_assets(viewer).where(Asset.sync_status == status, Asset.lifecycle == Lifecycle.ACTIVE)
    return rows.order_by(Asset.purchased_on.desc(), Asset.id.desc()).limit(SHOWN)


def alerts() -> list[Alert]:
    """For the staff: alerts that nobody has seen, newest first."""
    rows = select(Alert).where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(20)
    return list(db.session.scalars(rows))
