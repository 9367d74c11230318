"""Retries that are under way. Their assets count as failed until their turn comes, so whoever looks at failed assets,
or prepares another retry of them, is told."""

from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models import BulkState, ItemState, Retry, RetryItem, User


def under_way(beside: Retry | None = None) -> Sequence[Row]:
    """Rows of (id, person, started_at, waiting), newest first: who started it, and how many of its assets wait for
    their turn, if any does. `beside`: only what holds assets of this other retry, and only those. One statement."""
    waiting = func.count().label("waiting")
    rows = select(Retry.id, User.name.label("person"), Retry.started_at, waiting)
    rows = rows.join(User, User.id == Retry.started_by_id).join(RetryItem, RetryItem.retry_id == Retry.id)
    rows = rows.where(Retry.state == BulkState.RUNNING, RetryItem.state == ItemState.WAITING)
    if beside is not None:
        own = aliased(RetryItem)
        its_assets = select(own.asset_id).where(own.retry_id == beside.id)
        rows = rows.where(Retry.id != beside.id, RetryItem.asset_id.in_(its_assets))
    rows = rows.group_by(Retry.id, User.name, Retry.started_at)
    return db.session.execute(rows.order_by(Retry.id.desc())).all()
