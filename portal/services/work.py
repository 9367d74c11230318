"""The durable work queue: rows that say when an attempt needs its next step.

Written in the transaction that makes the step necessary, claimed with a lease and a fence. It only wakes: what is to
be done, and whether, the attempt itself says (services/provisioning.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from portal.extensions import db, settings
from portal.models import Attempt, AttemptState, WorkItem, WorkKind
from portal.services import clock, unit

LONGEST_BACK_OFF = 300


@dataclass(frozen=True)
class Claim:
    id: int
    subject_id: int
    fence: int
    failures: int


def put(attempt_id: int, due_at: datetime) -> None:
    """Inside a unit. Wakes an item that somebody holds, too: protocol steps may run twice, never count twice."""
    is_it = (WorkItem.kind == WorkKind.ADVANCE) & (WorkItem.subject_id == attempt_id)
    values = {"due_at": due_at, "lease_until": None, "fence": WorkItem.fence + 1}
    if not db.session.execute(update(WorkItem).where(is_it).values(values)).rowcount:
        db.session.add(WorkItem(kind=WorkKind.ADVANCE, subject_id=attempt_id, due_at=due_at))


def claim(most: int) -> list[Claim]:
    """The items that have been due for longest; each is held for one lease."""
    now = clock.now()
    is_free = or_(WorkItem.lease_until.is_(None), WorkItem.lease_until <= now)
    due = select(WorkItem).where(WorkItem.due_at <= now, is_free).order_by(WorkItem.due_at, WorkItem.id).limit(most)
    if db.session.scalar(due.limit(1)) is None:  # most of the time there is nothing: no writing transaction for that
        db.session.commit()
        return []
    with unit.writing():
        items = list(
            db.session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True))
        )
        for item in items:
            item.fence += 1
            item.lease_until = now + timedelta(seconds=settings().provisioning.lease)
        return [Claim(item.id, item.subject_id, item.fence, item.failures) for item in items]


def finish(claim: Claim, next_at: datetime | None) -> None:
    """Done for now: comes again at `next_at`, or never. Counts only under the fence that was claimed."""
    with unit.writing():
        if next_at is None:
            held = WorkItem.__table__.delete().where(WorkItem.id == claim.id, WorkItem.fence == claim.fence)
            db.session.execute(held)
        else:
            _release(claim, due_at=next_at, failures=0)


def fail(claim: Claim) -> None:
    """The step broke unexpectedly: again later, each time a little later."""
    with unit.writing():
        pause = min(2**claim.failures, LONGEST_BACK_OFF)
        _release(claim, due_at=clock.now() + timedelta(seconds=pause), failures=claim.failures + 1)


def wake_lookups(now: datetime) -> None:
    """BitTitan answers again: what waits to be looked up is due at once. Inside a unit."""
    unknown = select(Attempt.id).where(Attempt.state == AttemptState.UNKNOWN)
    waiting = WorkItem.subject_id.in_(unknown) & (WorkItem.due_at > now)
    db.session.execute(update(WorkItem).where(waiting).values(due_at=now))
    db.session.execute(update(Attempt).where(Attempt.state == AttemptState.UNKNOWN).values(next_at=now))


def _release(claim: Claim, **values) -> None:
    held = update(WorkItem).where(WorkItem.id == claim.id, WorkItem.fence == claim.fence)
    db.session.execute(held.values(lease_until=None, **values))
