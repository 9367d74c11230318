"""The clearing identity: every coupon that BitTitan shows under our references is recorded, in the surplus register,
or belongs to an open unknown. Any other is named. Checked each day by the worker; that it was not, is an alert.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import clock, errors, paging
from portal.core.audit import WORKER, Actor
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import ComparisonRun, Job, JobKind, User
from portal.providers.causes import Cause
from portal.services import alerts, jobs, vendor, watchdog
from portal.services.reconciliation import compare
from portal.services.reconciliation.compare import DIFFERS, NO_ASSET, NOT_KNOWN, UNRECORDED, Comparison

FIRST_AFTER = timedelta(minutes=10)
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""After a run that was not complete."""
OVERDUE = timedelta(hours=26)
KEPT = timedelta(days=90)
COUNTS = ("shown", "recorded", "surplus", "open", "others", "asked", "findings")
MOST_FINDINGS = 500
STUCK = "stuck"
"""Neither settled nor scheduled (services/watchdog/__init__.py)."""
MOST_ALERTS = 100

# For the staff; English like the rest of the record, whoever reads it.
_ALERTS = {
    NO_ASSET: "BitTitan shows a coupon under our reference {reference}, which no asset has.",
    UNRECORDED: "BitTitan shows a coupon under the reference {reference} of AS-{asset_id} that was not on record.",
    DIFFERS: "BitTitan shows a coupon under {reference} with another code, Id, reference or content than "
    "is on record here.",
}
_LOST = "BitTitan does not know coupons that are recorded here."
_ABSENT = "The coupons at BitTitan have not been compared completely with what is on record for more than 26 hours."


def run(*, by: Actor, renew: Callable[[], bool] = lambda: True) -> ComparisonRun:
    """Asks BitTitan for all coupons, and tells. Raises Conflict while another run is under way."""
    run_id, began_at = _begin(by)
    told = Comparison(cause=Cause.BROKEN)
    try:
        told = compare.compare(vendor.provider(), _now_and_then(lambda: _renew(run_id) and renew()), began_at)
        _add_stuck(told)
    finally:
        _finish(run_id, told)
    return db.session.get(ComparisonRun, run_id, populate_existing=True)


def daily(renew: Callable[[], bool]) -> datetime:
    """The worker's part. Returns when it comes again."""
    try:
        done = run(by=WORKER, renew=renew)
    except errors.Conflict:
        return clock.now() + timedelta(minutes=1)
    finally:
        _watch()
    is_final = done.is_complete or not settings().bittitan.is_searchable
    return done.started_at + EVERY if is_final else clock.now() + AGAIN


def order_now() -> None:
    """The worker begins at once. Raises Conflict while a run is under way."""
    with transaction():
        now = clock.now()
        if (under_way := _open()) is not None and under_way.lease_until > now:
            raise errors.Conflict(_("The comparison is under way already."))
        jobs.schedule(JobKind.COMPARE, 0, now)


def is_waiting() -> bool:
    """A run is under way, or the worker is about to begin one."""
    now = clock.now()
    run = newest()
    if run is not None and run.finished_at is None and run.lease_until > now:
        return True
    due = select(Job.due_at).where(Job.kind == JobKind.COMPARE, Job.subject_id == 0)
    due_at = db.session.scalar(due)
    return due_at is not None and due_at <= now


def last_complete() -> ComparisonRun | None:
    return db.session.scalar(
        select(ComparisonRun).where(ComparisonRun.is_complete.is_(True)).order_by(ComparisonRun.id.desc()).limit(1)
    )


def newest() -> ComparisonRun | None:
    """Under way, complete or not."""
    return db.session.scalar(select(ComparisonRun).order_by(ComparisonRun.id.desc()).limit(1))


def page(before: int | None) -> tuple[list[ComparisonRun], int | None]:
    return paging.newest(select(ComparisonRun), ComparisonRun.id, before, 20)


def is_overdue(now: datetime) -> bool:
    """Nobody knows whether the identity holds: no run was complete for more than 26 hours."""
    since = _counted_from()
    return since is not None and now - since > OVERDUE


def health() -> dict:
    """For /readyz: not well while nobody knows whether the identity holds. What was found are alerts."""
    last = last_complete()
    return {
        "ok": not is_overdue(clock.now()),
        "last_complete": last and last.finished_at.isoformat(),
        "findings": last and last.count("findings"),
    }


def _counted_from() -> datetime | None:
    """The last complete run; before the first one, when one was first tried or due."""
    if (last := last_complete()) is not None:
        return last.finished_at
    first = db.session.scalar(select(ComparisonRun.started_at).order_by(ComparisonRun.id).limit(1))
    due = select(Job.due_at).where(Job.kind == JobKind.COMPARE, Job.subject_id == 0)
    return first or db.session.scalar(due)


def _begin(by: Actor) -> tuple[int, datetime]:
    """One at a time, over all processes; a run whose process is gone is closed by the next one."""
    try:
        with transaction():
            now = clock.now()
            if (under_way := _open()) is not None:
                if under_way.lease_until > now:
                    raise errors.Conflict(_("The comparison is under way already."))
                under_way.finished_at, under_way.cause = now, Cause.SENDER_LOST
                db.session.flush()
            db.session.execute(delete(ComparisonRun).where(ComparisonRun.finished_at < now - KEPT))
            actor = by.name if isinstance(by, User) else by
            row = ComparisonRun(started_at=now, lease_until=now + _lease(), actor=actor)
            db.session.add(row)
            db.session.flush()
            return row.id, now
    except IntegrityError as clash:
        raise errors.Conflict(_("The comparison is under way already.")) from clash


def _open() -> ComparisonRun | None:
    rows = select(ComparisonRun).where(ComparisonRun.finished_at.is_(None)).with_for_update()
    return db.session.scalar(rows.execution_options(populate_existing=True))


def _renew(run_id: int) -> bool:
    with transaction():
        is_it = (ComparisonRun.id == run_id, ComparisonRun.finished_at.is_(None))
        change = update(ComparisonRun).where(*is_it).values(lease_until=clock.now() + _lease())
        return bool(db.session.execute(change).rowcount)


def _now_and_then(renew: Callable[[], bool]) -> Callable[[], bool]:
    """Between two questions of thousands a lease need not be renewed each time."""
    renewed_at = time.monotonic()
    pause = settings().provisioning.lease / 4

    def act() -> bool:
        nonlocal renewed_at
        if time.monotonic() - renewed_at < pause:
            return True
        renewed_at = time.monotonic()
        return renew()

    return act


def _lease() -> timedelta:
    """Longer than one page may take, asked for twice."""
    times = settings().provisioning
    return timedelta(seconds=max(times.lease, 3 * times.total_timeout))


def _add_stuck(told: Comparison) -> None:
    """Whatever BitTitan lists: what waits for nobody is not accounted for."""
    if told.cause is None:
        found = [
            {
                "kind": STUCK, "reference": each.reference, "coupon_id": None, "asset_id": each.asset_id, "done": None,
                "what": each.what,
            }
            for each in watchdog.look()
        ]  # fmt: skip
        told.findings += found
        told.counts["findings"] = len(told.findings)


def _finish(run_id: int, told: Comparison) -> None:
    """Counts only while the run is its own."""
    with transaction():
        row, now = lock(ComparisonRun, run_id), clock.now()
        if row.finished_at is not None:
            return
        row.finished_at, row.cause, row.is_complete = now, told.cause, told.cause is None
        row.counts, row.findings = dict(told.counts), told.findings[:MOST_FINDINGS]
        for finding in [each for each in told.findings if each["kind"] in _ALERTS][:MOST_ALERTS]:
            alerts.raise_once("clearing", _ALERTS[finding["kind"]].format(**finding), now)
        if any(finding["kind"] == NOT_KNOWN for finding in told.findings):
            alerts.raise_once("clearing", _LOST, now, again=True)


def _watch() -> None:
    now = clock.now()
    if is_overdue(now):
        with transaction():
            alerts.raise_once("clearing", _ABSENT, now, again=True)
