"""The durable work queue: rows that say when an attempt, an import, a retry … needs its next step.

A job is written in the transaction that makes the step necessary, and claimed with a lease and a fence. It only says
when: what to do, and whether, is decided by its subject (worker/handlers.py lists who handles each kind).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db, settings
from portal.models import Attempt, AttemptState, Job, JobKind, Lane
from portal.models.attempt import IS_WAITING
from portal.services.jobs import task_runs

LONGEST_BACK_OFF = 300


@dataclass(frozen=True)
class Claim:
    id: int
    kind: JobKind
    subject_id: int
    fence: int
    failures: int

    @property
    def is_recurring(self) -> bool:
        return self.subject_id == 0


@dataclass(frozen=True)
class Done:
    claim: Claim
    next_at: datetime | None = None
    """When the next step is due; None if there is none."""
    has_failed: bool = False
    """The step failed unexpectedly. It is tried again, each time after a longer pause."""
    fault: str | None = None
    """Why, in a sentence without secrets."""
    began_at: datetime | None = None
    """Of a recurring job, whose last run is recorded."""


def schedule(kind: JobKind, subject_id: int, due_at: datetime) -> None:
    """Inside a transaction. Also reschedules a job that somebody holds: a step may run twice, but must never count
    twice."""
    is_job = (Job.kind == kind) & (Job.subject_id == subject_id)
    values = {"due_at": due_at, "lease_until": None, "fence": Job.fence + 1}
    if not db.session.execute(update(Job).where(is_job).values(values)).rowcount:
        add(kind, subject_id, due_at)


def add(kind: JobKind, subject_id: int, due_at: datetime) -> None:
    """Inside a transaction. For a new subject, which has no job yet."""
    db.session.add(Job(kind=kind, subject_id=subject_id, due_at=due_at))


def add_each(kind: JobKind, subject_ids: Select[tuple[int]], due_at: datetime) -> None:
    """Inside a transaction. As `add`, for all that are selected."""
    columns = _ITEMS.c["kind", "subject_id", "due_at", "fence", "failures"]
    subjects = subject_ids.subquery()
    values = (literal(kind, _ITEMS.c.kind.type), subjects.c[0], literal(due_at, _ITEMS.c.due_at.type), 0, 0)
    db.session.execute(insert(_ITEMS).from_select(columns, select(*values)))


def ensure(kind: JobKind, due_at: datetime) -> None:
    """Puts a recurring job without a subject on the list. If it is already there, its time stays."""
    try:
        with transaction():
            if db.session.scalar(select(Job.id).where(Job.kind == kind, Job.subject_id == 0)) is None:
                db.session.add(Job(kind=kind, subject_id=0, due_at=due_at))
    except IntegrityError:  # another worker was a moment faster
        return


Rooms = Mapping[Lane, int]
"""How many jobs of each lane there are threads for."""
NOTHING_ELSE: Rooms = MappingProxyType({})


def claim(most: int) -> list[Claim]:
    """Claims the jobs that have been due longest, each for one lease."""
    return finish_and_claim([], most)


def finish_and_claim(done: list[Done], most: int, others: Rooms = NOTHING_ELSE) -> list[Claim]:
    """Returns finished jobs and claims due ones in one transaction, as each commit waits for the disk. `most`: of
    Lane.WORK; `others`: of the other lanes."""
    if not done and not is_any_due(most, others):
        return []
    with transaction("finish" if done else "claim"):
        finish_all(done)
        return claim_due(most, clock.now(), others)


def is_any_due(most: int, others: Rooms = NOTHING_ELSE) -> bool:
    """Usually nothing is due, and this check avoids a writing transaction."""
    parameters = {"now": clock.now(), "most": 1}
    is_due = any(db.session.execute(_DUE[lane], parameters).first() is not None for lane in _lanes(most, others))
    db.session.commit()
    return is_due


_ITEMS = Job.__table__
_now = bindparam("now", type_=_ITEMS.c.due_at.type)
_BESIDE = {lane: [kind for kind in JobKind if kind.lane is lane] for lane in (Lane.REQUESTS, Lane.MAIL)}


def _due(lane: Lane) -> Select:
    return (
        select(*_ITEMS.c["id", "kind", "subject_id", "fence", "failures"])
        .where(_ITEMS.c.due_at <= _now, _ITEMS.c.lease_until.is_(None) | (_ITEMS.c.lease_until <= _now), _is_in(lane))
        .order_by(_ITEMS.c.due_at, _ITEMS.c.id)
        .limit(bindparam("most"))
    )


def _is_in(lane: Lane) -> ColumnElement[bool]:
    if lane in _BESIDE:
        return _ITEMS.c.kind.in_(_BESIDE[lane])
    return _ITEMS.c.kind.not_in([kind for kinds in _BESIDE.values() for kind in kinds])


_DUE = {lane: _due(lane) for lane in (Lane.REQUESTS, Lane.MAIL, Lane.WORK)}
_FREE = {lane: due.with_for_update(skip_locked=True) for lane, due in _DUE.items()}
_CLAIM = (
    update(_ITEMS)
    .where(_ITEMS.c.id.in_(bindparam("ids", expanding=True)))
    .values(fence=_ITEMS.c.fence + 1, lease_until=bindparam("lease", type_=_ITEMS.c.lease_until.type))
)
_FINISH = delete(_ITEMS).where(_ITEMS.c.id == bindparam("its_id"), _ITEMS.c.fence == bindparam("its_fence"))


def _lanes(most: int, others: Rooms) -> dict[Lane, int]:
    """Those with room, what people wait for first."""
    rooms = {**others, Lane.WORK: most}
    return {lane: rooms[lane] for lane in _DUE if rooms.get(lane, 0) > 0}


def claim_due(most: int, now: datetime, others: Rooms = NOTHING_ELSE) -> list[Claim]:
    """Inside a transaction. Jobs that people wait for on a page have a lane of their own: they do not queue behind a
    thousand purchases, and do not block the purchases' threads while BitTitan is silent. So has mail: a slow mail
    server slows nothing else."""
    connection, rooms = db.session.connection(), _lanes(most, others)
    due = [item for lane, room in rooms.items() for item in connection.execute(_FREE[lane], {"now": now, "most": room})]
    if due:
        lease = now + timedelta(seconds=settings().provisioning.lease)
        connection.execute(_CLAIM, {"ids": [item.id for item in due], "lease": lease})
    return [Claim(item.id, item.kind, item.subject_id, item.fence + 1, item.failures) for item in due]


def renew(claim: Claim) -> bool:
    """For a step that takes longer than a lease. Returns False if somebody else has the job now: stop, and write
    nothing more."""
    with transaction():
        lease_until = clock.now() + timedelta(seconds=settings().provisioning.lease)
        held = update(Job).where(Job.id == claim.id, Job.fence == claim.fence)
        return bool(db.session.execute(held.values(lease_until=lease_until)).rowcount)


def finish(claim: Claim, next_at: datetime | None) -> None:
    """Ends this step. The job runs again at `next_at`, or never."""
    finish_and_claim([Done(claim, next_at)], 0)


def finish_all(done: list[Done]) -> None:
    """Inside a transaction. Affects only jobs whose fence is still the claimed one."""
    finished = []
    for each in done:
        claim = each.claim
        if each.began_at is not None and (each.has_failed or each.next_at is not None):
            task_runs.record(claim.kind.value, each.began_at, each.fault)
        if each.has_failed:
            pause = min(2**claim.failures, LONGEST_BACK_OFF)
            _release(claim, due_at=clock.now() + timedelta(seconds=pause), failures=claim.failures + 1)
        elif each.next_at is not None:
            _release(claim, due_at=each.next_at, failures=0)
        else:
            finished.append({"its_id": claim.id, "its_fence": claim.fence})
    if finished:
        db.session.connection().execute(_FINISH, finished)


def wake_attempts(now: datetime, *, held_until: datetime | None = None, lookups: bool = True) -> None:
    """BitTitan answers again. Postponed attempts (those postponed to `held_until`, if given) continue now, and open
    look-ups become due; both are spread by the rate.

    Uses its own transaction: it locks jobs and attempts, which others lock before they lock the connection.
    """
    is_held = (Attempt.state == AttemptState.RESERVED) & (Attempt.next_at > now)
    if held_until is not None:
        is_held &= Attempt.next_at == held_until
    is_open_lookup = (Attempt.state == AttemptState.UNKNOWN) & (Attempt.next_at > now)
    is_waiting = is_held | is_open_lookup if lookups else is_held
    rate = settings().provisioning.rate
    with transaction():
        waiting = select(Attempt.id).where(is_waiting, IS_WAITING).order_by(Attempt.requested_at, Attempt.id)
        for place, attempt_id in enumerate(db.session.scalars(waiting).all()):
            _wake(attempt_id, is_waiting, now + timedelta(seconds=place / rate if rate else 0))


def _wake(attempt_id: int, is_waiting, due_at: datetime) -> None:
    """Also takes a job from whoever still holds it: the time that their step has read is out of date."""
    is_job = (Job.subject_id == attempt_id) & (Job.kind == JobKind.ADVANCE)
    is_later = is_job & ((Job.due_at > due_at) | Job.lease_until.is_not(None))
    db.session.execute(update(Job).where(is_later).values(due_at=due_at, lease_until=None, fence=Job.fence + 1))
    is_postponed = (Attempt.id == attempt_id) & is_waiting & (Attempt.next_at > due_at)
    db.session.execute(update(Attempt).where(is_postponed).values(next_at=due_at))


def _release(claim: Claim, **values) -> None:
    held = update(Job).where(Job.id == claim.id, Job.fence == claim.fence)
    db.session.execute(held.values(lease_until=None, **values))
