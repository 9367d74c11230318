"""What waits for a person, or for BitTitan: the numbers of the work queue, each counted up to a cap."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AttemptState, Lifecycle, SyncStatus, User
from portal.services import access
from portal.services.list_filters import Filters, Redeem, conditions
from portal.services.lists import CAP

SHOWN = 5


@dataclass(frozen=True)
class Queue:
    """Each number goes up to CAP + 1."""

    failed: int
    review: int
    unconfirmed: int
    waiting: int
    """Not sent yet: held, while BitTitan is not answering."""
    asked: int
    expiring: int

    @property
    def is_empty(self) -> bool:
        return not (self.failed or self.review or self.unconfirmed or self.asked or self.expiring)


def numbers(reader: User) -> Queue:
    """One statement."""
    active = access.visible_asset_ids(reader).where(Asset.lifecycle == Lifecycle.ACTIVE)
    waiting = active.join(Attempt, (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made))
    parts = {
        "failed": active.where(Asset.sync_status == SyncStatus.FAILED),
        "review": active.where(Asset.sync_status == SyncStatus.REVIEW),
        "unconfirmed": active.where(Asset.sync_status == SyncStatus.UNCONFIRMED),
        "waiting": waiting.where(Asset.sync_status == SyncStatus.SYNCHRONIZING, Attempt.state == AttemptState.RESERVED),
        "asked": active.where(*conditions(Filters(is_asked=True))),
        "expiring": active.where(*conditions(Filters(redeem=Redeem.EXPIRING))),
    }
    found = db.session.execute(select(*(_capped(rows).label(name) for name, rows in parts.items()))).one()
    return Queue(**found._mapping)


def newest(reader: User, status: SyncStatus) -> list[Asset]:
    rows = access.visible_assets(reader).where(Asset.sync_status == status, Asset.lifecycle == Lifecycle.ACTIVE)
    return list(db.session.scalars(rows.order_by(Asset.purchased_on.desc(), Asset.id.desc()).limit(SHOWN)))


def alerts() -> list[Alert]:
    """Those that nobody has seen to, newest first. For the staff."""
    rows = select(Alert).where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(20)
    return list(db.session.scalars(rows))


def _capped(rows: Select):
    return select(func.count()).select_from(rows.limit(CAP + 1).subquery()).scalar_subquery()
