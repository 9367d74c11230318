"""Invoice runs: all that is to be billed up to a day, previewed, issued one by one, and the receipt."""

import enum
from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.invoice import Invoice
from portal.models.order import Order
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class RunState(enum.Enum):
    PREPARING = "preparing"
    """The worker looks for what is to be billed."""
    PREPARED = "prepared"
    """Nothing is issued yet; a person looks at the preview."""
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """By a person, or because who started it may not issue any more. The rest is not begun."""


class RunOrigin(enum.Enum):
    PERSON = "person"
    SCHEDULE = "schedule"
    COMMAND = "command"


class InvoiceRun(db.Model):
    __tablename__ = "invoice_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the form, or of the period that is scheduled: one press is one run."""
    state: Mapped[RunState] = mapped_column(word(RunState, "invoicerunstate"), default=RunState.PREPARING)
    origin: Mapped[RunOrigin] = mapped_column(word(RunOrigin, "invoicerunorigin"))
    until: Mapped[date]
    """The last day of its period. What was delivered later is not billed."""
    issued_on: Mapped[date | None]
    """The day of the invoices; None: the day on which each is issued."""
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_runs.id"))
    """Only the accounts that this run did not invoice."""
    prepared_up_to: Mapped[int] = mapped_column(default=0)
    """The last account that was looked at while it is being prepared."""
    others: Mapped[dict] = mapped_column(JSON, default=dict)
    """What is not in the run: by reason the number of lines, and their amounts by currency."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    made_by: Mapped[User | None] = relationship(foreign_keys=made_by_id, lazy="raise")
    started_by: Mapped[User | None] = relationship(foreign_keys=started_by_id, lazy="raise")
    ended_by: Mapped[User | None] = relationship(foreign_keys=ended_by_id, lazy="raise")

    @property
    def number(self) -> str:
        return f"RUN-{self.id}"

    @property
    def period(self) -> str:
        """Such as 2026-11."""
        return f"{self.until:%Y-%m}"

    @property
    def is_prepared(self) -> bool:
        return self.state is RunState.PREPARED

    @property
    def is_moving(self) -> bool:
        return self.state in (RunState.PREPARING, RunState.RUNNING)

    @property
    def has_ended(self) -> bool:
        return self.state in (RunState.DONE, RunState.STOPPED)


class RunItemState(enum.Enum):
    WAITING = "waiting"
    LEFT_OUT = "left-out"
    """Before the start; `reason` says what is missing."""
    DRAFTED = "drafted"
    """Its draft is made. It is issued next, or was a moment ago."""
    ISSUED = "issued"
    NOT_ISSUED = "not-issued"
    """`reason` says why. Its lines are free for the next run."""
    NOT_BEGUN = "not-begun"


class InvoiceRunItem(db.Model):
    """One invoice of a run: all lines of an account, or of one order, with one currency, in or outside VAT's scope."""

    __tablename__ = "invoice_run_items"
    __table_args__ = (
        Index("ix_invoice_run_items_state", "run_id", "state", "id"),
        Index("ix_invoice_run_items_account_id", "account_id", "id"),
        Index("ix_invoice_run_items_invoice_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("invoice_runs.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    """Of accounts that are invoiced per order."""
    currency: Mapped[str] = mapped_column(String(3))
    is_outside: Mapped[bool]
    """Outside the scope of VAT."""
    state: Mapped[RunItemState] = mapped_column(word(RunItemState, "invoicerunitemstate"))
    reason: Mapped[str] = mapped_column(Text, default="")
    mend: Mapped[str | None] = mapped_column(String(20))
    mend_id: Mapped[int | None]
    """Where what is missing is given: `account`, `company` or `tax_code`, with the id."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the account, the tax codes and the lines, as the preview saw them."""
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id", ondelete="SET NULL"))
    lines_count: Mapped[int]
    licences: Mapped[int]
    net: Mapped[int] = mapped_column(BigInteger)
    vat: Mapped[int] = mapped_column(BigInteger)
    gross: Mapped[int] = mapped_column(BigInteger)

    run: Mapped[InvoiceRun] = relationship(lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")
    invoice: Mapped[Invoice | None] = relationship(lazy="raise", passive_deletes="all")


class InvoiceSchedule(db.Model):
    """The one row that says when a worker starts a run by itself."""

    __tablename__ = "invoice_schedule"
    __table_args__ = (CheckConstraint("day BETWEEN 1 AND 28", name="day_in_range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[int | None]
    """Of each month, for the month before; None: never."""
    version: Mapped[int] = mapped_column(default=1)
