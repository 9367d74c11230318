"""A run each month, without anybody pressing. Off until a person chooses a day."""

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from portal.core import audit, clock
from portal.core.errors import InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import InvoiceRun, InvoiceSchedule, JobKind, RunOrigin, User
from portal.services import jobs
from portal.services.invoicing import runs
from portal.services.invoicing.runs import periods

FIRST_AFTER = timedelta(minutes=1)
PAUSE = timedelta(hours=1)
LAST_DAY = 28


def current() -> InvoiceSchedule:
    return db.session.get_one(InvoiceSchedule, 1)


def save(day: int | None, *, version: int, by: User) -> date | None:
    """`day` of each month; None: never. If that day of this month is over, and the month before was not run yet, its
    run begins now: then returns its last day. Raises StaleVersion, InvalidInput."""
    if day is not None and not 1 <= day <= LAST_DAY:
        raise InvalidInput("day", _("Enter a day from 1 to %(last)s.", last=LAST_DAY))
    with transaction():
        row = lock(InvoiceSchedule, 1)
        if row.version != version:
            raise StaleVersion(_("Somebody else changed the schedule in the meantime. Look at it, then press again."))
        row.version += bool(audit.changes("invoice schedule", row, {"day": day}, act="edit", by=by))
        today = clock.today()
        if day is None or today.day < day or _has_run(today):
            return None
        jobs.schedule(JobKind.INVOICE_RUN, 0, clock.now())
    return periods.month_before(today)


def step() -> datetime:
    """A step of the worker: from the chosen day on, the month before is run once."""
    day, today = current().day, clock.day_of(clock.now())
    if day is not None and today.day >= day:
        until = periods.month_before(today)
        runs.make(until, key=key(until.strftime("%Y-%m")), by=audit.SCHEDULED)
    return clock.now() + PAUSE


def next_at(now: datetime) -> datetime | None:
    """When the next run begins; None: never."""
    day, today = current().day, clock.day_of(now)
    if day is None:
        return None
    month = today.replace(day=1)
    if _has_run(today):
        month = (month + timedelta(days=31)).replace(day=1)
    begins = datetime.combine(month.replace(day=day), time.min, settings().time_zone)
    return max(begins.astimezone(now.tzinfo), now)


def newest() -> InvoiceRun | None:
    """The last that was begun by itself."""
    rows = select(InvoiceRun).where(InvoiceRun.origin == RunOrigin.SCHEDULE).order_by(InvoiceRun.id.desc()).limit(1)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def _has_run(today: date) -> bool:
    its_key = key(periods.month_before(today).strftime("%Y-%m"))
    return db.session.scalar(select(InvoiceRun.id).where(InvoiceRun.key == its_key)) is not None


def key(period: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"scheduled invoice run/{period}"))
