"""Runs the comparison: every coupon that BitTitan shows under our references must be recorded, in the surplus register,
or belong to an open unknown. Any other is a finding. The worker checks this each day; a missing check raises an alert.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import audit, clock, errors, paging
from portal.core.audit import SCHEDULED, Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import AuditEntry, ComparisonRun, Job, JobKind, User
from portal.providers.causes import Cause
from portal.services import alerts, jobs, vendor, vendor_settings, watchdog
from portal.services.reconciliation import compare
from portal.services.reconciliation.compare import DIFFERS, NO_ASSET, NOT_KNOWN, UNRECORDED, Comparison

FIRST_AFTER = timedelta(minutes=10)
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""After an incomplete run."""
OVERDUE = timedelta(hours=26)
KEPT = timedelta(days=90)
COUNTS = ("shown", "recorded", "surplus", "open", "others", "asked", "findings")
MOST_FINDINGS = 500
STUCK = "stuck"
"""Neither settled nor scheduled (services/watchdog/__init__.py)."""
MOST_ALERTS = 100
SUBJECT, ASK = "comparison", "ask"
"""In the audit log. Who asked is read from there when a worker begins."""

# For the staff: always in English, like the rest of the record.
_ALERTS = {
    NO_ASSET: "BitTitan shows a coupon under our reference {reference}, which no asset has.",
    UNRECORDED: "BitTitan shows a coupon under the reference {reference} of AS-{asset_id} that was not on record.",
    DIFFERS: "BitTitan shows a coupon under {reference} with another code, Id, reference or content than "
    "is on record here.",
}
_LOST = "BitTitan does not know coupons that are recorded here."
_ABSENT = "The coupons at BitTitan have not been compared completely with what is on record for more than 26 hours."


def run(*, by: Actor, renew: Callable[[], bool] = lambda: True) -> ComparisonRun:
    """Asks BitTitan for all coupons and records the result. Raises Conflict while another run is active."""
    run_id, began_at = _begin(by)
    comparison = Comparison(cause=Cause.BROKEN)
    try:
        comparison = compare.compare(vendor.provider(), _now_and_then(lambda: _renew(run_id) and renew()), began_at)
        _add_stuck(comparison)
    finally:
        _finish(run_id, comparison)
    return db.session.get(ComparisonRun, run_id, populate_existing=True)


def daily(renew: Callable[[], bool]) -> datetime:
    """The worker's part: each day, and when a person has asked for it. Returns when it is due again."""
    try:
        finished = run(by=_asked_by() or SCHEDULED, renew=renew)
    except errors.Conflict:
        return clock.now() + timedelta(minutes=1)
    finally:
        _watch()
    is_final = finished.is_complete or not vendor_settings.current().is_searchable
    return finished.started_at + EVERY if is_final else clock.now() + AGAIN


def order_now(*, by: User) -> None:
    """Makes the worker begin now, in this person's name. Raises Conflict while a run is active."""
    with transaction():
        now = clock.now()
        if (under_way := _open()) is not None and under_way.lease_until > now:
            raise errors.Conflict(_("The comparison is under way already."))
        audit.record(SUBJECT, 0, ASK, by=by)
        jobs.schedule(JobKind.COMPARE, 0, now)


def is_waiting() -> bool:
    """A run is active, or the worker is about to begin one."""
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
    """The newest run: active, complete or not."""
    return db.session.scalar(select(ComparisonRun).order_by(ComparisonRun.id.desc()).limit(1))


def page(before: int | None) -> tuple[list[ComparisonRun], int | None]:
    return paging.newest(select(ComparisonRun), ComparisonRun.id, before, 20)


def is_overdue(now: datetime) -> bool:
    """No run was complete for more than 26 hours, so nobody knows whether all coupons are accounted for."""
    since = _counted_from()
    return since is not None and now - since > OVERDUE


def health() -> dict:
    """For /readyz: not ok while the comparison is overdue. Findings are alerts and do not count here."""
    last = last_complete()
    return {
        "ok": not is_overdue(clock.now()),
        "last_complete": last and last.finished_at.isoformat(),
        "findings": last and last.count("findings"),
    }


def _asked_by() -> User | None:
    """Who asked for a comparison that no run has begun yet."""
    query = select(AuditEntry).where(AuditEntry.subject == SUBJECT, AuditEntry.subject_id == 0, AuditEntry.act == ASK)
    asked, last = db.session.scalar(query.order_by(AuditEntry.id.desc()).limit(1)), newest()
    if asked is None or last is not None and last.started_at >= asked.at:
        return None
    return db.session.get(User, asked.actor_id)


def _counted_from() -> datetime | None:
    """The last complete run; before the first one, when a run was first tried or due."""
    if (last := last_complete()) is not None:
        return last.finished_at
    first = db.session.scalar(select(ComparisonRun.started_at).order_by(ComparisonRun.id).limit(1))
    due = select(Job.due_at).where(Job.kind == JobKind.COMPARE, Job.subject_id == 0)
    return first or db.session.scalar(due)


def _begin(by: Actor) -> tuple[int, datetime]:
    """Only one run at a time, over all processes. A run whose process is gone is closed by the next one."""
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
            audit.record(SUBJECT, row.id, "start", by=by)
            return row.id, now
    except IntegrityError as clash:
        raise errors.Conflict(_("The comparison is under way already.")) from clash


def _open() -> ComparisonRun | None:
    rows = select(ComparisonRun).where(ComparisonRun.finished_at.is_(None)).with_for_update()
    return db.session.scalar(rows.execution_options(populate_existing=True))


def _renew(run_id: int) -> bool:
    with transaction():
        is_open_run = (ComparisonRun.id == run_id, ComparisonRun.finished_at.is_(None))
        change = update(ComparisonRun).where(*is_open_run).values(lease_until=clock.now() + _lease())
        return bool(db.session.execute(change).rowcount)


def _now_and_then(renew: Callable[[], bool]) -> Callable[[], bool]:
    """A lease need not be renewed after each of thousands of requests."""
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
    """Longer than reading one page may take, including a second try."""
    times = settings().provisioning
    return timedelta(seconds=max(times.lease, 3 * times.total_timeout))


def _add_stuck(comparison: Comparison) -> None:
    """Work that nothing continues counts as a finding, whatever BitTitan lists."""
    if comparison.cause is None:
        stuck = [
            {
                "kind": STUCK, "reference": each.reference, "coupon_id": None, "asset_id": each.asset_id, "done": None,
                "what": each.what,
            }
            for each in watchdog.look()
        ]  # fmt: skip
        comparison.findings += stuck
        comparison.counts["findings"] = len(comparison.findings)


def _finish(run_id: int, comparison: Comparison) -> None:
    """Records the result, unless another process has closed the run."""
    with transaction():
        row, now = lock(ComparisonRun, run_id), clock.now()
        if row.finished_at is not None:
            return
        row.finished_at, row.cause, row.is_complete = now, comparison.cause, comparison.cause is None
        row.counts, row.findings = dict(comparison.counts), comparison.findings[:MOST_FINDINGS]
        for finding in [each for each in comparison.findings if each["kind"] in _ALERTS][:MOST_ALERTS]:
            alerts.raise_once("clearing", _ALERTS[finding["kind"]].format(**finding), now)
        if any(finding["kind"] == NOT_KNOWN for finding in comparison.findings):
            alerts.raise_once("clearing", _LOST, now, again=True)


def _watch() -> None:
    now = clock.now()
    if is_overdue(now):
        with transaction():
            alerts.raise_once("clearing", _ABSENT, now, again=True)
