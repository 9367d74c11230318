"""Deletes runs that nobody needs any more. What a person decided stays, with its run."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import aliased

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Finding,
    ReconciliationRun,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.models.reconciliation import HOURLY, NIGHTLY, WAITING

Run = ReconciliationRun
KEPT = timedelta(days=90)
KEPT_HOURLY = timedelta(days=2)
"""A nightly run finds the same again."""
AT_ONCE = 50


def delete_expired(now: datetime) -> None:
    for run_id in db.session.scalars(_expired(now).limit(AT_ONCE)).all():
        with transaction():
            if db.session.scalar(_expired(now).where(Run.id == run_id).with_for_update(of=Run)) is not None:
                for table in (Finding, ShownCoupon):
                    db.session.execute(delete(table).where(table.run_id == run_id))
                db.session.execute(delete(Run).where(Run.id == run_id))


def _expired(now: datetime):
    """An upload remembers which run has compared it, so that one stays."""
    is_superseded = Run.id < _newest_night()
    is_old_hourly = (Run.schedule == HOURLY) & (Run.ended_at < now - KEPT_HOURLY) & is_superseded
    is_old_nightly = (Run.schedule == NIGHTLY) & (Run.ended_at < now - KEPT) & is_superseded
    is_old = Run.schedule.is_(None) & (Run.ended_at < now - KEPT) & ~_has_open()
    is_live = Run.source == ReconciliationSource.LIVE
    return select(Run.id).where(is_live, or_(is_old_hourly, is_old_nightly, is_old), ~_was_decided()).order_by(Run.id)


def _newest_night():
    newer = aliased(Run)
    is_done = (newer.schedule == NIGHTLY, newer.state == ReconciliationState.DONE)
    return select(func.coalesce(func.max(newer.id), 0)).where(*is_done).scalar_subquery()


def _was_decided() -> ColumnElement[bool]:
    """In this run. What was set aside before is also in its findings, with the day of the decision. What was settled
    meanwhile was decided elsewhere."""
    is_own = (Finding.run_id == Run.id, Finding.act.is_not(None), Finding.decided_at >= Run.made_at)
    return select(Finding.id).where(*is_own).exists()


def _has_open() -> ColumnElement[bool]:
    return select(Finding.id).where(Finding.run_id == Run.id, Finding.state.in_(WAITING)).exists()
