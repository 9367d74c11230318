"""The demo's invoices of the last 30 months: issued by the rules of the portal, credited, paid, and some overdue."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import bindparam, event, update
from sqlalchemy.orm import Session, joinedload

from portal.core import audit
from portal.extensions import db, settings
from portal.models import (
    Allocation,
    Asset,
    AuditEntry,
    CreditCause,
    Invoice,
    InvoiceKind,
    InvoiceRhythm,
    InvoiceSeries,
    Job,
    JobKind,
    Order,
    OrderLine,
    Payment,
    User,
)
from portal.models.types import UTCDateTime
from portal.services import company
from portal.services.invoicing import (
    billable,
    credit_notes,
    drafts,
    issuing,
    numbering,
    readiness,
    settlement,
)
from portal.services.invoicing.documents import contents, stored_content
from portal.services.invoicing.documents.contents import Sources
from portal.services.invoicing.payments import sources

MONTHS = 30
CREDITED, PARTLY_PAID, LATE, UNASSIGNED = 0.03, 0.02, 0.04, 0.01
"""How many of the invoices are credited, paid in part, or not paid; and paid a second time by mistake."""
BEFORE = "Invoiced in the system before this portal."
LONGEST_UNPAID, STUBBORN = timedelta(days=100), 0.03
"""After so long nearly everybody has paid."""
FIRST_PDFS, PDF_PACE = timedelta(seconds=5), timedelta(milliseconds=200)
Bought = tuple[OrderLine, Asset]


class InvoiceHistory:
    """Inside a transaction, after all purchases are written."""

    def __init__(self, seed: int, now: datetime, by: User):
        self._rng, self._now, self._by = Random(f"{seed}:invoices"), now, by
        self._today = now.astimezone(settings().time_zone).date()
        self._company, self._codes = company.row(), drafts.tax_codes()
        self._pdfs: list[int] = []
        self._before: list[int] = []

    def create(self) -> list[dict[str, object]]:
        """The lines of the current month wait for their run. Returns the audit entries, which are written in order with
        those of all other stories."""
        with _audit_entries() as entries, db.session.no_autoflush:
            self._create()
        return entries

    def _create(self) -> None:
        months = self._months()
        self._open_series({month.year for month in months})
        found = self._bought(months[0])
        self._leave_to_the_books_before()
        for month in months[:-1]:
            for lines in _by_invoice(found.get(month, [])):
                self._bill(lines, _next_month(month))
        self._schedule_pdfs()

    def _months(self) -> list[date]:
        first = self._today.replace(day=1)
        months = [first]
        while len(months) <= MONTHS:
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        return months[::-1]

    def _open_series(self, years: set[int]) -> None:
        for kind in InvoiceKind:
            for year in sorted(years | {self._today.year}):
                db.session.add(InvoiceSeries(kind=kind, year=year, next=1))
        db.session.flush()

    def _leave_to_the_books_before(self) -> None:
        """What was delivered before the first invoice."""
        before = update(OrderLine).where(OrderLine.id.in_(self._before)).values(non_billable_reason=BEFORE)
        db.session.execute(before, execution_options={"synchronize_session": False})

    def _bought(self, since: date) -> dict[date, list[Bought]]:
        """By the month of delivery. What was delivered before is billed elsewhere."""
        found: dict[date, list[Bought]] = {}
        payer = joinedload(OrderLine.order).joinedload(Order.billed_account)
        rows = billable.lines().options(joinedload(Asset.coupon), payer)
        for line, asset in db.session.execute(rows):
            day = contents.delivered_on(asset)
            if day is not None and day >= since:
                found.setdefault(day.replace(day=1), []).append((line, asset))
            else:
                self._before.append(line.id)
        return found

    def _bill(self, lines: list[Bought], issued_on: date) -> None:
        """Issued on the first day of the next month. What is not ready waits; the newest month has its drafts."""
        payer = lines[0][0].order.billed_account
        sources = Sources(self._company, payer, self._codes)
        at = min(datetime.combine(issued_on, time(7), UTC), self._now)
        cause = f"demo {payer.id} {lines[0][0].id} {issued_on}"
        for row in drafts.make(lines, cause=cause, by=self._by, at=at):
            if readiness.is_ready(readiness.signs(row, sources)):
                self._issue(row, sources, issued_on, at)
            elif issued_on.replace(day=1) != self._today.replace(day=1):
                db.session.delete(row)
                db.session.flush()
            for each in (*row.lines, row):
                db.session.expunge(each)  # a session with thousands of rows is slow

    def _issue(self, row: Invoice, sources: Sources, issued_on: date, at: datetime) -> None:
        due_on = readiness.due_day(sources, issued_on)
        prepared = issuing.prepare(
            lambda mark: contents.invoice(row, sources, number=mark, issued_on=issued_on, due_on=due_on)
        )
        issuing.fix_lines(row, prepared.document)
        series = numbering.series_of(self._company, InvoiceKind.INVOICE)
        issuing.number_and_store(row, prepared, series, issued_on, by=self._by, at=at)
        self._pdfs.append(row.id)
        self._settle(row, at)

    def _settle(self, row: Invoice, at: datetime) -> None:
        chance, is_old = self._rng.random(), row.issued_on < self._today - LONGEST_UNPAID
        if is_old and chance >= CREDITED and self._rng.random() > STUBBORN:
            self._pay(row, row.gross, self._rng.randint(2, 70))
        elif chance < CREDITED:
            self._credit(row, at)
        elif chance < CREDITED + PARTLY_PAID:
            self._pay(row, row.gross * self._rng.randint(30, 90) // 100, self._rng.randint(5, 25))
        elif chance > LATE + CREDITED + PARTLY_PAID:
            self._pay(row, row.gross, self._rng.randint(2, 24))
            if self._rng.random() < UNASSIGNED:
                self._pay(row, row.gross, 30)

    def _pay(self, row: Invoice, amount: int, days: int) -> None:
        paid_on = row.issued_on + timedelta(days=days)
        if paid_on >= self._today or not amount:  # today’s money comes at nine, which may be later than now
            return
        at = datetime.combine(paid_on, time(9), UTC)
        payment = Payment(
            key=f"demo-{row.id}-{days}", account_id=row.billed_account_id, currency=row.currency, amount=amount,
            paid_on=paid_on, reference=row.number, recorded_by_id=self._by.id, recorded_at=at,
        )  # fmt: skip
        db.session.add(payment)
        db.session.flush()
        audit.record("payment", payment.id, "record", by=self._by, at=at, after=sources.written(amount, row.currency))
        if settlement.settle(row.id, amount, at):
            payment.allocated = amount
            values = {"payment_id": payment.id, "invoice_id": row.id, "amount": amount}
            db.session.add(Allocation(**values, made_at=at, made_by_id=self._by.id))
            db.session.flush()

    def _credit(self, row: Invoice, at: datetime) -> None:
        """The last line, on the same day, so that the days of the numbers only grow."""
        credited = {row.lines[-1].id: row.lines[-1].quantity}
        how = {"key": f"demo-credit-{row.id}", "by": self._by, "at": at}
        note = credit_notes.new(row, credited, CreditCause.PRICE, "As agreed.", **how)
        of = stored_content.from_json(row.content)
        prepared = issuing.prepare(lambda mark: contents.credit_note(note, of, number=mark, issued_on=row.issued_on))
        series = numbering.series_of(self._company, InvoiceKind.CREDIT_NOTE)
        credit_notes.store(note, row, prepared, series, row.issued_on, by=self._by, at=at)
        self._pdfs.append(note.id)

    def _schedule_pdfs(self) -> None:
        """The newest first, so that what is looked at first is there first."""
        due = self._now + FIRST_PDFS
        later = [{"its_id": each, "due": due + PDF_PACE * place} for place, each in enumerate(reversed(self._pdfs))]
        job = update(Job.__table__).where(Job.kind == JobKind.INVOICE_PDF, Job.subject_id == bindparam("its_id"))
        if later:
            db.session.connection().execute(job.values(due_at=bindparam("due", type_=UTCDateTime)), later)


@contextmanager
def _audit_entries() -> Iterator[list[dict[str, object]]]:
    """What the services would write to the log meanwhile."""
    entries: list[dict[str, object]] = []

    def keep(session: Session, *_: object) -> None:
        for row in [row for row in session.new if isinstance(row, AuditEntry)]:
            session.expunge(row)
            entries.append({name: getattr(row, name) for name in AuditEntry.__table__.columns.keys() if name != "id"})

    session = db.session()
    event.listen(session, "before_flush", keep)
    try:
        yield entries
        session.flush()
    finally:
        event.remove(session, "before_flush", keep)


def _by_invoice(lines: Sequence[Bought]) -> Iterator[list[Bought]]:
    """One for each account, or for each order."""
    groups: dict[tuple[int, int], list[Bought]] = {}
    for line, asset in lines:
        payer = line.order.billed_account
        is_monthly = payer.invoice_rhythm is InvoiceRhythm.MONTHLY
        groups.setdefault((payer.id, 0 if is_monthly else line.order_id), []).append((line, asset))
    yield from (groups[key] for key in sorted(groups))


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
