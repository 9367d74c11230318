"""Who takes each kind of work one step further."""

from collections.abc import Callable
from datetime import datetime, timedelta

from portal.models import WorkKind
from portal.services import imports, jobs, provisioning, vendor
from portal.services.bulk_retries import retry_job
from portal.services.coupons import revocations
from portal.services.jobs import Claim
from portal.services.provisioning import confirmation
from portal.services.reconciliation import restore_recovery, runs
from portal.services.vendor_requests import execution
from portal.worker import cleanup

STEPS: dict[WorkKind, Callable[[Claim], datetime | None]] = {
    WorkKind.ADVANCE: lambda claim: provisioning.advance(claim.subject_id, vendor.provider()),
    WorkKind.IMPORT: imports.step,
    WorkKind.RETRY: lambda claim: retry_job.advance(claim.subject_id),
    WorkKind.REVOKE: lambda claim: revocations.advance(claim.subject_id, vendor.provider()),
    WorkKind.CLEARING: lambda claim: runs.daily(lambda: jobs.renew(claim)),
    WorkKind.CONFIRM: confirmation.step,
    WorkKind.SEARCH: restore_recovery.step,
    WorkKind.REQUEST: execution.step,
    WorkKind.TIDY: lambda claim: cleanup.tidy(),
}
"""Each returns when its next step is due, None if there is none. It may run twice; what it raises is tried again."""

DAILY: dict[WorkKind, timedelta] = {
    WorkKind.TIDY: timedelta(minutes=1),
    WorkKind.CLEARING: runs.FIRST_AFTER,
    WorkKind.CONFIRM: confirmation.PAUSE,
}
"""What every worker sees to being on the list, and how long after the first start of a worker it is due first."""


def take(claim: Claim) -> datetime | None:
    return STEPS[claim.kind](claim)
