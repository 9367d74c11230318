"""The durable work queue: rows that say when an attempt, an import, a retry … needs its next step.

Written in the transaction that makes the step necessary, claimed with a lease and a fence. It only wakes: what is to
be done, and whether, the subject itself says (services/steps.py names who is asked).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.extensions import db, settings
from portal.models import Attempt, AttemptState, WorkItem, WorkKind
from portal.models.attempt import IS_WAITING
from portal.services import clock, unit

LONGEST_BACK_OFF = 300


@dataclass(frozen=True)
class Claim:
    id: int
    kind: WorkKind
    subject_id: int
    fence: int
    failures: int


@dataclass(frozen=True)
class Done:
    claim: Claim
    next_at: datetime | None = None
    """When its next step is due; None if there is none."""
    has_failed: bool = False
    """The step broke unexpectedly: again later, each time a little later."""


def put(kind: WorkKind, subject_id: int, due_at: datetime) -> None:
    """Inside a unit. Wakes an item that somebody holds, too: a step may run twice, and must never count twice."""
    is_it = (WorkItem.kind == kind) & (WorkItem.subject_id == subject_id)
    values = {"due_at": due_at, "lease_until": None, "fence": WorkItem.fence + 1}
    if not db.session.execute(update(WorkItem).where(is_it).values(values)).rowcount:
        db.session.add(WorkItem(kind=kind, subject_id=subject_id, due_at=due_at))


def ensure(kind: WorkKind, due_at: datetime) -> None:
    """What comes again and again, and has no subject, is on the list; where it is already, it keeps its time."""
    try:
        with unit.writing():
            if db.session.scalar(select(WorkItem.id).where(WorkItem.kind == kind, WorkItem.subject_id == 0)) is None:
                db.session.add(WorkItem(kind=kind, subject_id=0, due_at=due_at))
    except IntegrityError:  # another worker was a moment faster
        return


def claim(most: int) -> list[Claim]:
    """The items that have been due for longest; each is held for one lease."""
    return turn([], most)


def turn(done: list[Done], most: int) -> list[Claim]:
    """What was done goes back, and what is due is handed out: together, as each commit waits for the disk."""
    if not done:
        if not most or db.session.scalar(_due(clock.now(), 1)) is None:  # most of the time: no writing for that
            db.session.commit()
            return []
    with unit.writing("finish" if done else "claim"):
        for it in done:
            _give_back(it)
        return _claim(most) if most else []


def _due(now: datetime, most: int) -> Select[tuple[WorkItem]]:
    is_free = or_(WorkItem.lease_until.is_(None), WorkItem.lease_until <= now)
    return select(WorkItem).where(WorkItem.due_at <= now, is_free).order_by(WorkItem.due_at, WorkItem.id).limit(most)


def _claim(most: int) -> list[Claim]:
    now = clock.now()
    due = _due(now, most).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    items = list(db.session.scalars(due))
    for item in items:
        item.fence += 1
        item.lease_until = now + timedelta(seconds=settings().provisioning.lease)
    return [Claim(item.id, item.kind, item.subject_id, item.fence, item.failures) for item in items]


def renew(claim: Claim) -> bool:
    """For a step that takes longer than a lease. False: somebody else has it now; stop, and write nothing more."""
    with unit.writing():
        lease_until = clock.now() + timedelta(seconds=settings().provisioning.lease)
        held = update(WorkItem).where(WorkItem.id == claim.id, WorkItem.fence == claim.fence)
        return bool(db.session.execute(held.values(lease_until=lease_until)).rowcount)


def finish(claim: Claim, next_at: datetime | None) -> None:
    """Done for now: comes again at `next_at`, or never."""
    turn([Done(claim, next_at)], 0)


def _give_back(done: Done) -> None:
    """Counts only under the fence that was claimed."""
    claim = done.claim
    if done.has_failed:
        pause = min(2**claim.failures, LONGEST_BACK_OFF)
        _release(claim, due_at=clock.now() + timedelta(seconds=pause), failures=claim.failures + 1)
    elif done.next_at is not None:
        _release(claim, due_at=done.next_at, failures=0)
    else:
        db.session.execute(WorkItem.__table__.delete().where(WorkItem.id == claim.id, WorkItem.fence == claim.fence))


def wake(now: datetime, *, held_until: datetime | None = None, lookups: bool = True) -> None:
    """BitTitan answers again: what was held (until that instant) goes on; open look-ups are due, spread by the rate.

    A unit of its own: it locks work and attempts, which others lock before they ask the breaker.
    """
    is_held = (Attempt.state == AttemptState.RESERVED) & (Attempt.next_at > now)
    if held_until is not None:
        is_held &= Attempt.next_at == held_until
    is_open_lookup = (Attempt.state == AttemptState.UNKNOWN) & (Attempt.next_at > now)
    is_waiting = is_held | is_open_lookup if lookups else is_held
    rate = settings().provisioning.rate
    with unit.writing():
        waiting = select(Attempt.id).where(is_waiting, IS_WAITING).order_by(Attempt.requested_at, Attempt.id)
        for place, attempt_id in enumerate(db.session.scalars(waiting).all()):
            _wake(attempt_id, is_waiting, now + timedelta(seconds=place / rate if rate else 0))


def _wake(attempt_id: int, is_waiting, due_at: datetime) -> None:
    is_later = (WorkItem.subject_id == attempt_id) & (WorkItem.kind == WorkKind.ADVANCE) & (WorkItem.due_at > due_at)
    db.session.execute(update(WorkItem).where(is_later).values(due_at=due_at))
    is_it = (Attempt.id == attempt_id) & is_waiting & (Attempt.next_at > due_at)
    db.session.execute(update(Attempt).where(is_it).values(next_at=due_at))


def _release(claim: Claim, **values) -> None:
    held = update(WorkItem).where(WorkItem.id == claim.id, WorkItem.fence == claim.fence)
    db.session.execute(held.values(lease_until=None, **values))
