"""What waits for a person or for BitTitan: the numbers of the work queue, each counted up to a cap."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, cast, func, literal, null, select, union_all

from portal.core import access
from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AttemptState, Lifecycle, SyncStatus, User
from portal.models.types import UTCDateTime
from portal.services.lists import CAP, totals
from portal.services.lists.list_filters import Filters, Redeem, conditions
from portal.services.lists.totals import Sum

SHOWN = 5


@dataclass(frozen=True)
class InboxCounts:
    """Each is counted up to CAP + 1."""

    failed: Sum
    review: Sum
    unconfirmed: Sum
    waiting: Sum
    """Not sent yet: postponed while BitTitan does not answer."""
    asked: Sum
    expiring: Sum
    next_at: datetime | None
    """When the next unconfirmed one is looked up."""

    @property
    def is_empty(self) -> bool:
        return not any(each.count for each in (self.failed, self.review, self.unconfirmed, self.asked, self.expiring))


def counts(viewer: User, failed: Sum) -> InboxCounts:
    """One statement. `failed` was computed before (services/inbox/failure_groups.py)."""
    active = access.visible_asset_ids(viewer).where(Asset.lifecycle == Lifecycle.ACTIVE)
    with_last = active.join(Attempt, (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made))
    is_waiting = (Asset.sync_status == SyncStatus.SYNCHRONIZING, Attempt.state == AttemptState.RESERVED)
    since, never = Attempt.requested_at, cast(null(), UTCDateTime)
    parts = [
        _part("review", with_last.where(Asset.sync_status == SyncStatus.REVIEW), since),
        _part("unconfirmed", with_last.where(Asset.sync_status == SyncStatus.UNCONFIRMED), since, Attempt.next_at),
        _part("waiting", with_last.where(*is_waiting), since),
        _part("asked", active.where(*conditions(Filters(is_asked=True))), Asset.asked_at),
        _part("expiring", active.where(*conditions(Filters(redeem=Redeem.EXPIRING))), never),
    ]
    sums_by_name = {what: Sum() for what in ("review", "unconfirmed", "waiting", "asked", "expiring")}
    next_at = None
    for row in db.session.execute(union_all(*parts)):
        sums_by_name[row.what].add(row)
        next_at = min(filter(None, (next_at, row.next_at)), default=None)
    return InboxCounts(failed, **sums_by_name, next_at=next_at)


def _part(what: str, rows: Select, since: ColumnElement, next_at: ColumnElement | None = None) -> Select:
    """Grouped by currency."""
    next_column = next_at if next_at is not None else cast(null(), UTCDateTime)
    columns = (Asset.currency, Asset.quantity, Asset.unit_price, since.label("since"), next_column.label("next_at"))
    inner = rows.with_only_columns(*columns).limit(CAP + 1).subquery()
    times = func.min(inner.c.since).label("since"), func.min(inner.c.next_at).label("next_at")
    return select(literal(what).label("what"), *totals.columns(inner.c), *times).group_by(inner.c.currency)


def newest(viewer: User, status: SyncStatus) -> list[Asset]:
    rows = access.visible_assets(viewer).where(Asset.sync_status == status, Asset.lifecycle == Lifecycle.ACTIVE)
    return list(db.session.scalars(rows.order_by(Asset.purchased_on.desc(), Asset.id.desc()).limit(SHOWN)))


def alerts() -> list[Alert]:
    """For the staff: alerts that nobody has seen, newest first."""
    rows = select(Alert).where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(20)
    return list(db.session.scalars(rows))
