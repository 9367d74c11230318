"""Nothing waits for ever unseen: what is neither settled nor scheduled is an alert, and is scheduled where that is
safe.

It trusts no other part of the portal: it asks the rows themselves. What it starts again goes on by the ordinary
protocol, and it sends nothing. Each question goes to open attempts, assets that are not settled and pending work alone,
by an index.

What waits rightly is no news to it: while BitTitan does not answer, asks for a pause or does not accept the sign-in,
and after a restore, work is put off again and again, and so it is scheduled. `/readyz` itself says that no worker runs.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, not_, or_, select

from portal.core import clock, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Alert,
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
from portal.services import jobs, transitions
from portal.services.watchdog import lost_jobs
from portal.services.watchdog.lost_jobs import GRACE, Stuck

WATCHDOG = "watchdog"
KIND = "stuck"
EVERY = timedelta(minutes=1)
STALE = timedelta(minutes=10)
"""So long after its last look nobody watches."""
MOST = 200
"""So many of one kind in one look; the next one sees the others."""
MOST_ALERTS = 20
AGAIN = timedelta(days=1)
"""What is still so after somebody has seen it is told again."""
ALIVE = timedelta(seconds=60)

_S, _A = SyncStatus, AttemptState
_SETTLED_WITHOUT = frozenset({_A.REFUSED, _A.NOT_SENT, _A.NOT_EXECUTED})
ALLOWED: dict[tuple[Lifecycle, SyncStatus], frozenset[AttemptState | None]] = {
    (Lifecycle.ACTIVE, _S.SYNCHRONIZING): frozenset({_A.RESERVED, _A.SENDING}),
    # Reserved and sent once more, under the same reference, where the server repeats its answer.
    (Lifecycle.ACTIVE, _S.UNCONFIRMED): frozenset({_A.UNKNOWN, _A.RESERVED, _A.SENDING}),
    # None: a coupon of an asset that was imported, which is kept and can be attached.
    (Lifecycle.ACTIVE, _S.REVIEW): frozenset({_A.REVIEW, None}),
    # None: imported with its code. Those that failed: a code was attached by hand.
    (Lifecycle.ACTIVE, _S.SYNCHRONIZED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    # Succeeded: its code was withdrawn since.
    (Lifecycle.ACTIVE, _S.FAILED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    (Lifecycle.CANCELLED, _S.SYNCHRONIZED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
    (Lifecycle.CANCELLED, _S.FAILED): _SETTLED_WITHOUT | {_A.SUCCEEDED, None},
}
"""In which state the newest attempt of an asset may be (None: it has none). Whatever is not here is an alert: either
nobody goes on with it, or no person can end it."""


def watch() -> list[Stuck]:
    """One look by one of the workers: mends what is safe, raises alerts, and leaves how many there were."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        before = row.watched_at
        if before is not None and before <= now < before + EVERY - timedelta(seconds=10):
            return []
        row.watched_at = now
    try:
        found = look()
        for stuck in found:
            _mend(stuck)
        _tell(found)
    except BaseException:
        with transaction():
            lock(Connection, 1).watched_at = before  # it did not look
        raise
    return found


def look() -> list[Stuck]:
    """As it is now; changes nothing."""
    db.session.commit()
    now = clock.now()
    found = [*_unscheduled(now), *_out_of_the_table(), *lost_jobs.missing(now, MOST)]
    if _is_worked_on(now):
        found += [*_misscheduled(now), *lost_jobs.late(now, MOST)]
    db.session.commit()
    return found


def state(row: Connection, now: datetime, *, is_beating: bool) -> dict:
    """For /readyz."""
    age = None if row.watched_at is None else max(round((now - row.watched_at).total_seconds(), 1), 0.0)
    is_stale = is_beating and age is not None and age > STALE.total_seconds()
    return {"ok": not row.stuck and not is_stale, "stuck": row.stuck or 0, "seconds_since_look": age}


def _unscheduled(now: datetime) -> Iterator[Stuck]:
    """Open, and on nobody's list."""
    its_item = (Job.kind == JobKind.ADVANCE) & (Job.subject_id == Attempt.id)
    waiting = _attempts().outerjoin(Job, its_item).where(IS_WAITING, Job.id.is_(None))
    for row in db.session.execute(waiting.where(_is_allowed()).limit(MOST)).all():
        yield _of(row, "Its attempt was open, and nobody was to go on with it.", _schedule)
    in_review = _attempts().outerjoin(Job, its_item).where(IS_OPEN, Attempt.state == AttemptState.REVIEW)
    in_review = in_review.where(Attempt.next_at < now - GRACE, Job.id.is_(None))
    for row in db.session.execute(in_review.limit(MOST)).all():
        yield _of(row, "It said when BitTitan is asked again, and nobody was to ask.", _schedule)


def _misscheduled(now: datetime) -> Iterator[Stuck]:
    """Its time has passed, and the one who goes on with it comes much later."""
    its_item = (Job.kind == JobKind.ADVANCE) & (Job.subject_id == Attempt.id)
    late = _attempts().join(Job, its_item).where(IS_WAITING, Attempt.next_at < now - GRACE)
    late = late.where(Job.due_at > now + GRACE, Job.lease_until.is_(None), _is_allowed())
    for row in db.session.execute(late.limit(MOST)).all():
        yield _of(row, "The time of its next step has passed.", _schedule)


def _out_of_the_table() -> Iterator[Stuck]:
    newest = (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made)
    columns = (Attempt.id, Asset.id.label("asset_id"), Asset.reference)
    assets = select(*columns).select_from(Asset).outerjoin(Attempt, newest).where(Asset.sync_status.in_(LOCKED))
    for row in db.session.execute(assets.where(not_(_is_allowed())).limit(MOST)).all():
        yield _of(row, "Its status and the state of its newest attempt do not belong together.", _give_to_a_person)
    is_elsewhere = or_(Asset.sync_status.not_in(LOCKED), Attempt.number != Asset.attempts_made)
    for row in db.session.execute(_attempts().where(IS_OPEN, is_elsewhere).limit(MOST)).all():
        yield _of(row, "It is settled, but an attempt of it is open.", None)


def _is_allowed():
    cases = []
    for (lifecycle, status), states in ALLOWED.items():
        is_in_state = Attempt.state.in_([each for each in states if each is not None])
        if None in states:
            is_in_state = or_(is_in_state, and_(Attempt.id.is_(None), _can_end_without(status)))
        cases.append(and_(Asset.lifecycle == lifecycle, Asset.sync_status == status, func.coalesce(is_in_state, False)))
    return or_(*cases)


def _can_end_without(status: SyncStatus):
    """An attempt. In a review, there is a coupon to attach, or nothing was ever sent, which a person can attest."""
    kept = exists().where(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.REVIEW)
    return or_(kept, Asset.attempts_made == 0) if status is SyncStatus.REVIEW else Asset.id.is_not(None)


def _attempts() -> Select:
    return select(Attempt.id, Attempt.asset_id, Asset.reference).join(Asset, Asset.id == Attempt.asset_id)


def _of(row, what: str, mend) -> Stuck:
    act = None if mend is None else lambda: mend(row.asset_id, row.id)
    then = "A person has to decide now." if mend is _give_to_a_person else Stuck.then
    return Stuck(what, act, asset_id=row.asset_id, reference=row.reference, then=then)


def _schedule(asset_id: int, attempt_id: int) -> bool:
    """What is done then, and whether, the protocol decides as ever."""
    with transaction():
        asset, attempt, now = lock(Asset, asset_id), lock(Attempt, attempt_id), clock.now()
        is_newest = attempt.is_open and attempt.number == asset.attempts_made
        if not is_newest or attempt.state not in ALLOWED.get((asset.lifecycle, asset.sync_status), ()):
            return False
        if attempt.state is AttemptState.REVIEW and attempt.last_sent_at is None:
            attempt.next_at = None  # nothing was sent that could be looked up; a person decides
            return True
        jobs.schedule(JobKind.ADVANCE, attempt.id, max(attempt.next_at or now, now))
        return True


def _give_to_a_person(asset_id: int, attempt_id: int | None) -> bool:
    """Only where nothing can be lost by it: no code is recorded, and there is an attempt to decide about."""
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
        with suppress(errors.NotVisible):  # it has gone meanwhile
            stuck.is_mended = stuck.mend()


def _is_worked_on(now: datetime) -> bool:
    """Workers have lived for long enough to have done what is due, and the clock did not jump meanwhile."""
    since = db.session.scalar(select(func.min(Worker.started_at)).where(Worker.seen_at > now - ALIVE))
    doubt_until = db.session.scalar(select(Connection.doubt_until))
    is_doubted = doubt_until is not None and doubt_until > now
    return since is not None and since < now - GRACE - ALIVE and not is_doubted


def _tell(found: list[Stuck]) -> None:
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        row.stuck = len(found)
        for stuck in found[:MOST_ALERTS]:
            _raise(stuck.sentence, stuck.asset_id, now)
        if len(found) > MOST_ALERTS:
            _raise("There are many more; “flask money” names them.", None, now)


def _raise(text: str, asset_id: int | None, now: datetime) -> None:
    is_told = or_(Alert.seen_at.is_(None), Alert.raised_at > now - AGAIN)
    same = (Alert.kind == KIND, Alert.text == text, Alert.asset_id.is_not_distinct_from(asset_id), is_told)
    if db.session.scalar(select(Alert.id).where(*same).limit(1)) is None:
        db.session.add(Alert(kind=KIND, asset_id=asset_id, text=text, raised_at=now))
