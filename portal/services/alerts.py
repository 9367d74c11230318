"""Alerts for the distributor's staff, and who has seen them."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, paging
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Alert, User

AGAIN = timedelta(days=1)
"""If a problem still exists after somebody has seen it, it is reported again after this time."""


def page(is_seen: bool | None, before: int | None) -> tuple[list[Alert], int | None]:
    """For the staff. Newest first, with the id before which the next page begins."""
    rows = select(Alert).options(joinedload(Alert.seen_by))
    if is_seen is not None:
        rows = rows.where(Alert.seen_at.is_not(None) if is_seen else Alert.seen_at.is_(None))
    return paging.newest(rows, Alert.id, before)


def newest_open() -> int | None:
    """Its id. A page passes it back on “seen all”, so that alerts raised after the page was drawn stay unseen."""
    return db.session.scalar(select(Alert.id).where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(1))


def acknowledge(alert_id: int, *, by: User) -> None:
    """Only the first acknowledgement counts. Raises NotVisible."""
    with transaction():
        lock(Alert, alert_id)
        _see(Alert.id == alert_id, by=by)


def acknowledge_all(up_to: int, *, by: User) -> int:
    """Acknowledges all alerts up to this id. Returns how many there were."""
    with transaction():
        return _see(Alert.id <= up_to, by=by)


def raise_once(kind: str, text: str, now: datetime, *, again: bool = False) -> None:
    """Inside a transaction. Raises an alert with this text only once; with `again`, once more after it has been
    seen."""
    is_same = (Alert.kind == kind, Alert.text == text)
    if again:
        is_same += (Alert.seen_at.is_(None),)
    if db.session.scalar(select(Alert.id).where(*is_same).limit(1)) is None:
        db.session.add(Alert(kind=kind, asset_id=None, text=text, raised_at=now))


def raise_daily(kind: str, text: str, now: datetime, asset_id: int | None = None) -> None:
    """Inside a transaction. While it stands unseen, it is raised once; if the cause still exists a day later, again."""
    is_recent = or_(Alert.seen_at.is_(None), Alert.raised_at > now - AGAIN)
    same = (Alert.kind == kind, Alert.text == text, Alert.asset_id.is_not_distinct_from(asset_id), is_recent)
    if db.session.scalar(select(Alert.id).where(*same).limit(1)) is None:
        db.session.add(Alert(kind=kind, asset_id=asset_id, text=text, raised_at=now))


def _see(which, *, by: User) -> int:
    rows = update(Alert).where(which, Alert.seen_at.is_(None))
    change = rows.values(seen_at=clock.now(), seen_by_id=by.id).returning(Alert.id)
    alert_ids = list(db.session.scalars(change, execution_options={"synchronize_session": False}))
    for alert_id in alert_ids:
        audit.record("alert", alert_id, "see", by=by)
    return len(alert_ids)
