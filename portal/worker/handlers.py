"""The handler for each kind of job."""

from collections.abc import Callable
from datetime import datetime

from portal.models import JobKind
from portal.services import imports, provisioning, vendor
from portal.services.bulk_operations import bulk_job
from portal.services.bulk_retries import retry_job
from portal.services.coupons import revocations
from portal.services.digests import writing as digests
from portal.services.imports import coupon_lists
from portal.services.invoicing import at_once, documents
from portal.services.invoicing.runs import run_job, schedule
from portal.services.jobs import Claim
from portal.services.leaving_packs import making
from portal.services.mail import sending as mails
from portal.services.ordering import execution as order_execution
from portal.services.provisioning import confirmation
from portal.services.reconciliation import restore_recovery
from portal.services.reconciliation import schedule as reconciling
from portal.services.reminders import writing as reminding
from portal.services.reports import keeping
from portal.services.status_checks import rolling
from portal.services.users import password_resets
from portal.services.vendor_requests import execution
from portal.worker import cleanup

STEPS: dict[JobKind, Callable[[Claim], datetime | None]] = {
    JobKind.ADVANCE: lambda claim: provisioning.advance(claim.subject_id, vendor.provider()),
    JobKind.IMPORT: imports.step,
    JobKind.RETRY: lambda claim: retry_job.advance(claim.subject_id),
    JobKind.BULK: lambda claim: bulk_job.advance(claim.subject_id),
    JobKind.REVOKE: lambda claim: revocations.advance(claim.subject_id, vendor.provider()),
    JobKind.CONFIRM: confirmation.step,
    JobKind.RECOVER: restore_recovery.step,
    JobKind.REQUEST: execution.execute,
    JobKind.EXECUTE: lambda claim: order_execution.execute_on_start_date(claim.subject_id),
    JobKind.INVOICE: lambda claim: at_once.step(claim.subject_id),
    JobKind.INVOICE_PDF: lambda claim: documents.make_pdf(claim.subject_id),
    JobKind.INVOICE_RUN: lambda claim: run_job.advance(claim.subject_id) if claim.subject_id else schedule.step(),
    JobKind.CLEANUP: lambda claim: cleanup.clean_up(),
    JobKind.RECONCILE: lambda claim: coupon_lists.step(claim) if claim.subject_id else reconciling.step(),
    JobKind.FIGURES: lambda claim: keeping.step(),
    JobKind.STATUSES: rolling.step,
    JobKind.PACK: making.step,
    JobKind.MAIL: lambda claim: _mail(),
    JobKind.REMINDERS: lambda claim: reminding.step(),
    JobKind.DIGEST: lambda claim: digests.step(),
}
"""Each returns when its next step is due, or None. A step may run twice; after an exception it is tried again."""


def _mail() -> datetime:
    password_resets.answer()
    return mails.step()


def handle(claim: Claim) -> datetime | None:
    return STEPS[claim.kind](claim)
