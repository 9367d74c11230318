"""Nothing may wait unseen for ever: whatever is neither settled nor scheduled raises an alert, and is scheduled if that
is safe.

The watchdog relies on no other part of the portal: it queries the rows themselves. What it restarts follows the
ordinary protocol; it sends nothing itself. Each query uses an index and reads only open attempts, unsettled assets and
pending jobs.

Legitimate waiting raises no alert: while BitTitan does not answer, asks for a pause or refuses the sign-in, and after a
restore, jobs are postponed again and again, so they are scheduled. `/readyz` reports if no worker runs.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, not_, or_, select

from portal.core import clock, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AttemptState,
    Connection,
    Coupon,
    CouponStanding,
    Job,
    JobKind,
    Lifecycle,
    SyncStatus,
    Worker,
)
from portal.models.asset_rules import LOCKED
from portal.models.attempt import IS_OPEN, IS_WAITING
from portal.providers.causes import Cause
from portal.services import alerts, jobs, transitions
from portal.services.watchdog import lost_jobs
from portal.services.watchdog.lost_jobs import GRACE, Stuck

WATCHDOG = "watchdog"
KIND = "stuck"
EVERY = timedelta(minutes=1)
STALE = timedelta(minutes=10)
"""This long after its last check, the watchdog counts as not running."""
MOST = 200
"""Most findings of one kind in one check; the next check finds the others."""
MOST_ALERTS = 20
ALIVE = timedelta(seconds=60)

_S, _A = SyncStatus, AttemptState
_SETTLED_WITHOUT = frozenset({_A.REFUSED, _A.NOT_SENT, _A.NOT_EXECUTED})
ALLOWED: dict[tuple[Lifecycle, SyncStatus], frozenset[AttemptState | None]] = {
    (Lifecycle.ACTIVE, _S.SYNCHRONIZING): frozenset({_A.RESERVED, _A.SENDING}),
    # Reserved or sending: sent again under the same reference, if the server repeats its answer.
    (Lifecycle.ACTIVE, _S.UNCONFIRMED): frozenset({_A.UNKNOWN, _A.RESERVED, _A.SENDING}),
    # None: an imported asset with a kept coupon that can be attached.
    (Lifecycle.ACTIVE, _S.REVIEW): frozenset({_A.REVIEW, None}),
    # None: imported with its code. Settled without one: a code was attached later.
    (Lifecycle.ACTIVE, _S.SYNCHRONIZED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    # Succeeded: its code was withdrawn later.
    (Lifecycle.ACTIVE, _S.FAILED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    (Lifecycle.CANCELLED, _S.SYNCHRONIZED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    (Lifecycle.CANCELLED, _S.FAILED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
}
"""The states that an asset's newest attempt may have (None: it has no attempt). Any other combination raises an alert:
either nothing continues it, or no person can end it."""


def watch() -> list[Stuck]:
    """One check by one of the workers: repairs what is safe, raises alerts, and stores the number of findings."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        before = row.watched_at
        if before is not None and before <= now < before + EVERY - timedelta(seconds=10):
            return []
        row.watched_at = now
    try:
        findings = look()
        for stuck in findings:
            _mend(stuck)
        _report(findings)
    except BaseException:
        with transaction():
            lock(Connection, 1).watched_at = before  # the check did not happen
        raise
    return findings


def look() -> list[Stuck]:
    """The current findings; changes nothing."""
    db.session.commit()
    now = clock.now()
    findings = [*_unscheduled(now), *_inconsistent(), *lost_jobs.missing(now, MOST)]
    if is_worked_on(now):
        findings += [*_misscheduled(now), *lost_jobs.late(now, MOST)]
    db.session.commit()
    return findings


def state(row: Connection, now: datetime, *, is_beating: bool) -> dict:
    """For /readyz."""
    age = None if row.watched_at is None else max(round((now - row.watched_at).total_seconds(), 1), 0.0)
    is_stale = is_beating and age is not None and age > STALE.total_seconds()
    return {"ok": not row.stuck and not is_stale, "stuck": row.stuck or 0, "seconds_since_look": age}


def _unscheduled(now: datetime) -> Iterator[Stuck]:
    """Open attempts without a job."""
    is_its_job = (Job.kind == JobKind.ADVANCE) & (Job.subject_id == Attempt.id)
    waiting = _attempts().outerjoin(Job, is_its_job).where(IS_WAITING, Job.id.is_(None))
    for row in db.session.execute(waiting.where(_is_allowed()).limit(MOST)).all():
        yield _of(row, "Its attempt was open, but no next step was planned.", _schedule)
    in_review = _attempts().outerjoin(Job, is_its_job).where(IS_OPEN, Attempt.state == AttemptState.REVIEW)
    in_review = in_review.where(Attempt.next_at < now - GRACE, Job.id.is_(None))
    for row in db.session.execute(in_review.limit(MOST)).all():
        yield _of(row, "BitTitan was to be asked again, but that was not planned.", _schedule)


def _misscheduled(now: datetime) -> Iterator[Stuck]:
    """Attempts whose time has passed, but whose job is due much later."""
    is_its_job = (Job.kind == JobKind.ADVANCE) & (Job.subject_id == Attempt.id)
    late = _attempts().join(Job, is_its_job).where(IS_WAITING, Attempt.next_at < now - GRACE)
    late = late.where(Job.due_at > now + GRACE, Job.lease_until.is_(None), _is_allowed())
    for row in db.session.execute(late.limit(MOST)).all():
        yield _of(row, "The time of its next step has passed.", _schedule)


def _inconsistent() -> Iterator[Stuck]:
    newest = (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made)
    columns = (Attempt.id, Asset.id.label("asset_id"), Asset.reference)
    assets = select(*columns).select_from(Asset).outerjoin(Attempt, newest).where(Asset.sync_status.in_(LOCKED))
    for row in db.session.execute(assets.where(not_(_is_allowed())).limit(MOST)).all():
        yield _of(row, "Its status and the state of its newest attempt do not match.", _give_to_a_person)
    is_elsewhere = or_(Asset.sync_status.not_in(LOCKED), Attempt.number != Asset.attempts_made)
    for row in db.session.execute(_attempts().where(IS_OPEN, is_elsewhere).limit(MOST)).all():
        yield _of(row, "It has its result, but one of its attempts is open.", None)


def _is_allowed():
    cases = []
    for (lifecycle, status), states in ALLOWED.items():
        is_in_state = Attempt.state.in_([each for each in states if each is not None])
        if None in states:
            is_in_state = or_(is_in_state, and_(Attempt.id.is_(None), _can_end_without(status)))
        cases.append(and_(Asset.lifecycle == lifecycle, Asset.sync_status == status, func.coalesce(is_in_state, False)))
    return or_(*cases)


def _can_end_without(status: SyncStatus):
    """Whether an asset can be settled without an attempt. In a review there must be a coupon to attach, or nothing was
    ever sent, which a person can attest."""
    has_coupon = exists().where(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.REVIEW)
    return or_(has_coupon, Asset.attempts_made == 0) if status is SyncStatus.REVIEW else Asset.id.is_not(None)


def _attempts() -> Select:
    return select(Attempt.id, Attempt.asset_id, Asset.reference).join(Asset, Asset.id == Attempt.asset_id)


def _of(row, what: str, mend) -> Stuck:
    act = None if mend is None else lambda: mend(row.asset_id, row.id)
    then = "A person has to decide now." if mend is _give_to_a_person else Stuck.then
    return Stuck(what, act, asset_id=row.asset_id, reference=row.reference, then=then)


def _schedule(asset_id: int, attempt_id: int) -> bool:
    """Only schedules it: the protocol decides what to do, and whether."""
    with transaction():
        asset, attempt, now = lock(Asset, asset_id), lock(Attempt, attempt_id), clock.now()
        is_newest = attempt.is_open and attempt.number == asset.attempts_made
        if not is_newest or attempt.state not in ALLOWED.get((asset.lifecycle, asset.sync_status), ()):
            return False
        if attempt.state is AttemptState.REVIEW and attempt.last_sent_at is None:
            attempt.next_at = None  # nothing was sent, so there is nothing to look up; a person decides
            return True
        jobs.schedule(JobKind.ADVANCE, attempt.id, max(attempt.next_at or now, now))
        return True


def _give_to_a_person(asset_id: int, attempt_id: int | None) -> bool:
    """Only if nothing can be lost: no code is recorded, and there is an attempt to decide about."""
    with transaction():
        asset, now = lock(Asset, asset_id), clock.now()
        is_recorded = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
        attempt = transitions.newest_attempt(asset)
        if not asset.is_locked or not asset.is_active or attempt is None or attempt.is_open:
            return False
        if db.session.scalar(select(Coupon.id).where(*is_recorded).limit(1)) is not None:
            return False
        transitions.move_to_review(asset, Cause.STUCK, by=WATCHDOG, now=now)
        return True


def _mend(stuck: Stuck) -> None:
    if stuck.mend is not None:
        with suppress(errors.NotVisible):  # it is gone by now
            stuck.is_mended = stuck.mend()


def is_worked_on(now: datetime) -> bool:
    """Workers have been alive for long enough to do what is due, and the clock did not jump meanwhile."""
    since = db.session.scalar(select(func.min(Worker.started_at)).where(Worker.seen_at > now - ALIVE))
    doubt_until = db.session.scalar(select(Connection.doubt_until))
    is_doubted = doubt_until is not None and doubt_until > now
    return since is not None and since < now - GRACE - ALIVE and not is_doubted


def _report(findings: list[Stuck]) -> None:
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        row.stuck = len(findings)
        for stuck in findings[:MOST_ALERTS]:
            alerts.raise_daily(KIND, stuck.sentence, now, stuck.asset_id)
        if len(findings) > MOST_ALERTS:
            alerts.raise_daily(KIND, "There are many more; “flask money” names them.", now)
