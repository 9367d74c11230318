"""Whether all coupons have been compared lately. If they have not, nobody knows whether they are accounted for: that is
an alert, and /readyz says so.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db, settings
from portal.models import (
    Attempt,
    Coupon,
    Finding,
    FindingState,
    Job,
    JobKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
)
from portal.models.reconciliation import NIGHTLY
from portal.services import alerts, vendor_settings
from portal.services.reconciliation.matching.alerting import KIND

Run = ReconciliationRun
OVERDUE = timedelta(hours=26)
_ABSENT = "The coupons at BitTitan have not been compared completely with what is on record for too long."
_IS_FULL = Run.scope == ReconciliationScope.EVERYTHING


def last_full() -> ReconciliationRun | None:
    """The last run that compared everything, with BitTitan itself."""
    return _last(_IS_FULL)


def is_overdue(now: datetime) -> bool:
    """Where full runs are less frequent than daily, each night's run counts, too."""
    days = timedelta(days=settings().reconciliation.full_days - 1)
    return _is_late(_IS_FULL, now - OVERDUE - days) or _is_late(or_(_IS_FULL, Run.schedule == NIGHTLY), now - OVERDUE)


def health() -> dict:
    """For /readyz: not ok while the comparison is overdue. Findings are alerts and do not count here."""
    last = last_full()
    is_open = (Finding.run_id == (last.id if last else 0), Finding.state == FindingState.OPEN)
    findings = db.session.scalar(select(func.count()).select_from(Finding).where(*is_open))
    return {
        "ok": not is_overdue(clock.now()),
        "last_complete": last and last.ended_at.isoformat(),
        "findings": last and findings,
    }


def watch(now: datetime) -> None:
    if is_overdue(now):
        with transaction():
            alerts.raise_once(KIND, _ABSENT, now, again=True)


def _is_late(of_kind: ColumnElement[bool], limit: datetime) -> bool:
    """Before the first complete run it counts from when one was first begun, or is due."""
    if (last := _last(of_kind)) is not None:
        return last.ended_at < limit
    since = db.session.scalar(select(Run.made_at).order_by(Run.id).limit(1)) or _due_since()
    return since is not None and since < limit


def _due_since() -> datetime | None:
    """If none was ever begun. Where none is scheduled, and the server can be searched: since the first purchase, or the
    first coupon that came otherwise."""
    if settings().reconciliation.nightly_at is not None:
        return db.session.scalar(select(Job.due_at).where(Job.kind == JobKind.RECONCILE, Job.subject_id == 0))
    if not vendor_settings.current().is_searchable:
        return None
    asked = select(Attempt.requested_at).order_by(Attempt.requested_at).limit(1)
    recorded = select(Coupon.recorded_at).order_by(Coupon.id).limit(1)
    instants = db.session.execute(select(asked.scalar_subquery(), recorded.scalar_subquery())).one()
    return min((at for at in instants if at is not None), default=None)


def _last(of_kind: ColumnElement[bool]) -> ReconciliationRun | None:
    is_complete = (Run.source == ReconciliationSource.LIVE, Run.state == ReconciliationState.DONE)
    rows = select(Run).where(*is_complete, of_kind).order_by(Run.id.desc()).limit(1)
    return db.session.scalar(rows.execution_options(populate_existing=True))
