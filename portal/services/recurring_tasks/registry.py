"""Every recurring task. A new one is one entry here, and its step in worker/handlers.py."""

from datetime import timedelta

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.extensions import settings
from portal.models import JobKind
from portal.services import watchdog
from portal.services.digests import writing as digests
from portal.services.invoicing.runs import schedule as invoicing
from portal.services.mail import sending
from portal.services.provisioning import confirmation
from portal.services.reconciliation import schedule as comparing
from portal.services.recurring_tasks import looks
from portal.services.recurring_tasks.standing import Task, of_job
from portal.services.reminders import writing as reminding
from portal.services.reports import keeping
from portal.services.status_checks import rolling


def _nightly_off() -> str | None:
    is_off = settings().reconciliation.nightly_at is None
    return _("RECONCILE_NIGHTLY is off.") if is_off else None


def _hourly_off() -> str | None:
    return None if settings().reconciliation.is_hourly else _("RECONCILE_HOURLY is off.")


def _invoicing_off() -> str | None:
    return _("No day is chosen.") if invoicing.current().day is None else None


def _mail_off() -> str | None:
    return _("No mail server is set.") if settings().mail.server is None else None


def _statuses_off() -> str | None:
    return _("STATUS_CHECKS_A_DAY is 0.") if settings().status_checks_a_day == 0 else None


TASKS = (
    Task(
        key="nightly-comparison",
        name=lazy("Nightly comparison"),
        purpose=lazy("Compares all coupons at BitTitan with what is on record."),
        often=lambda: _("Each night at %(time)s", time=f"{settings().reconciliation.nightly_at:%H:%M}"),
        allowed=timedelta(hours=26),
        look=looks.nightly,
        why_off=_nightly_off,
        is_told_elsewhere=True,
    ),
    Task(
        key="hourly-comparison",
        name=lazy("Hourly comparison"),
        purpose=lazy("Compares the coupons of the last 48 hours."),
        often=lambda: _("Each hour"),
        allowed=timedelta(hours=3),
        look=looks.hourly,
        why_off=_hourly_off,
    ),
    Task(
        key="invoice-run",
        name=lazy("Invoice run"),
        purpose=lazy("Invoices what was delivered in the month before."),
        often=lambda: _("Each month, from day %(day)s", day=invoicing.current().day),
        allowed=timedelta(hours=2),
        look=looks.invoice_run,
        kind=JobKind.INVOICE_RUN,
        first_after=invoicing.FIRST_AFTER,
        why_off=_invoicing_off,
    ),
    Task(
        key="backup",
        name=lazy("Backup"),
        purpose=lazy("Copies the database into a file. The machine’s own timer calls “flask backup”."),
        often=lambda: _("Each day"),
        allowed=timedelta(hours=25),
        look=looks.backup,
    ),
    Task(
        key="mail",
        name=lazy("Mail"),
        purpose=lazy("Sends what stands in the outbox."),
        often=lambda: _("Every 2 seconds"),
        allowed=timedelta(minutes=10),
        look=of_job,
        kind=JobKind.MAIL,
        first_after=sending.FIRST_AFTER,
        why_off=_mail_off,
    ),
    Task(
        key="reminders",
        name=lazy("Reminders"),
        purpose=lazy("Writes the mails before codes must be redeemed and licences end."),
        often=lambda: _("Each day at %(time)s", time=f"{reminding.AT:%H:%M}"),
        allowed=timedelta(hours=2),
        look=of_job,
        kind=JobKind.REMINDERS,
        first_after=reminding.FIRST_AFTER,
    ),
    Task(
        key="digest",
        name=lazy("Daily summary"),
        purpose=lazy("Mails the staff what waits for a person."),
        often=lambda: _("Each day at %(time)s", time=f"{digests.AT:%H:%M}"),
        allowed=timedelta(hours=2),
        look=of_job,
        kind=JobKind.DIGEST,
        first_after=digests.FIRST_AFTER,
    ),
    Task(
        key="confirmation",
        name=lazy("Check after purchases"),
        purpose=lazy("Asks BitTitan whether it lists the codes that it answered purchases with."),
        often=lambda: _("Every 10 seconds"),
        allowed=timedelta(minutes=10),
        look=of_job,
        kind=JobKind.CONFIRM,
        first_after=confirmation.PAUSE,
    ),
    Task(
        key="status-checks",
        name=lazy("Status of codes"),
        purpose=lazy("Asks BitTitan what became of recorded codes, the oldest answers first."),
        often=lambda: _("At most %(num)s requests a day", num=settings().status_checks_a_day),
        allowed=timedelta(hours=1),
        look=of_job,
        kind=JobKind.STATUSES,
        first_after=rolling.FIRST_AFTER,
        why_off=_statuses_off,
    ),
    Task(
        key="comparison-start",
        name=lazy("Start of comparisons"),
        purpose=lazy("Begins the comparison that is due, and closes differences that were settled meanwhile."),
        often=lambda: _("Every 30 seconds"),
        allowed=timedelta(minutes=15),
        look=of_job,
        kind=JobKind.RECONCILE,
        first_after=comparing.FIRST_AFTER,
    ),
    Task(
        key="report-figures",
        name=lazy("Figures of reports"),
        purpose=lazy("Counts the days again on which something has changed."),
        often=lambda: _("Each minute"),
        allowed=timedelta(minutes=15),
        look=of_job,
        kind=JobKind.FIGURES,
        first_after=keeping.FIRST_AFTER,
    ),
    Task(
        key="clean-up",
        name=lazy("Clean-up"),
        purpose=lazy("Deletes files and rows that have been kept long enough."),
        often=lambda: _("Each hour"),
        allowed=timedelta(hours=1),
        look=of_job,
        kind=JobKind.CLEANUP,
        first_after=timedelta(minutes=1),
    ),
    Task(
        key="watchdog",
        name=lazy("Watchdog"),
        purpose=lazy("Looks for work that is stuck."),
        often=lambda: _("Each minute"),
        allowed=watchdog.STALE,
        look=looks.watchdog_check,
    ),
)
FIRST_AFTER: dict[JobKind, timedelta] = {task.kind: task.first_after for task in TASKS if task.kind is not None}
"""Recurring jobs that every worker puts on the list, each with the time from a worker's first start until it is due."""
