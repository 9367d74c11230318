import enum
from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime, word

HAS_BROKEN = text("failures > 0")
"""The exact text of the partial index."""


class Lane(enum.Enum):
    """Whose threads of a worker a job takes."""

    WORK = "work"
    REQUESTS = "requests"
    """What people wait for on a page."""
    MAIL = "mail"


class JobKind(enum.Enum):
    ADVANCE = "advance"
    """Advance an attempt by one step; the subject is the attempt."""
    IMPORT = "import"
    """Read or apply a file; the subject is the import."""
    RETRY = "retry"
    """Advance a bulk retry by one step; the subject is the retry."""
    BULK = "bulk"
    """Advance a bulk operation by one step; the subject is the operation."""
    REVOKE = "revoke"
    """Ask BitTitan to revoke a coupon; the subject is the revocation."""
    CONFIRM = "confirm"
    """Every few seconds: ask BitTitan to confirm codes that were taken from the answer to a purchase."""
    CLEANUP = "tidy"
    """Each hour: delete expired files and rows."""
    RECOVER = "search"
    """After a restore: look up the purchases since the backup."""
    REQUEST = "request"
    """Carry out a vendor request, which a person made on a page; the subject is the vendor request."""
    EXECUTE = "execute"
    """Execute an order on its start date; the subject is the order."""
    INVOICE = "invoice"
    """Make the draft of an order that is invoiced at once; the subject is the order."""
    INVOICE_PDF = "pdf"
    """Make the PDF of an issued invoice or credit note, which is the subject."""
    INVOICE_RUN = "invoicing"
    """Advance an invoice run by one step; the subject is the run. Without a subject: start one when it is scheduled."""
    FIGURES = "figures"
    """Each minute: count again what changed since, for reports."""
    STATUSES = "statuses"
    """Asks BitTitan by itself about recorded codes, the oldest answers first, within the day's budget."""
    RECONCILE = "reconcile"
    """Advance a reconciliation run by one step, or carry out what was decided in it; the subject is the run. Without a
    subject: begin the run that is due."""
    PACK = "pack"
    """Make a leaving pack, which is the subject."""
    MAIL = "mail"
    """Every few seconds: send the mails that are due."""
    REMINDERS = "reminders"
    """Each morning: write the reminders of the day."""
    DIGEST = "digest"
    """Each morning: write the digest of the staff."""

    @property
    def lane(self) -> Lane:
        return _LANES.get(self, Lane.WORK)


_LANES = {JobKind.REQUEST: Lane.REQUESTS, JobKind.MAIL: Lane.MAIL}


class Job(db.Model):
    """A job that is due at a time, written in the transaction that makes it necessary.

    A worker claims it with a lease. `fence` grows with each claim, and only the worker with the current fence may
    finish the job.
    """

    __tablename__ = "work_items"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_work_items_due_at", "due_at", "id"),
        Index("ix_work_items_failing", "id", sqlite_where=HAS_BROKEN, postgresql_where=HAS_BROKEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(word(JobKind))
    subject_id: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    fence: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)


class Worker(db.Model):
    """A heartbeat, for /readyz."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
