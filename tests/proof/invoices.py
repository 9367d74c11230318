"""Invoices under kills and crowds: numbers without gaps, each with its XML, and no line billed twice."""

import threading
from collections.abc import Callable
from random import Random

from sqlalchemy import func, select

from portal.core import audit, billing_access, clock
from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import (
    CreditCause,
    Invoice,
    InvoiceDocument,
    InvoiceKind,
    InvoiceLine,
    InvoiceRun,
    InvoiceRunItem,
    InvoiceSeries,
    RunItemState,
    RunState,
)
from portal.services.invoicing import credit_notes, issuing, runs
from portal.services.invoicing.runs import run_job
from tests.proof.place import Place
from tests.proof.processes import Process, Tell, killed_at_statement, statements
from tests.services.invoicing.conftest import Billing

AT_ONCE = 20
PROCESSES = 3
ACCOUNTS = 2


class Invoices:
    def __init__(self, place: Place):
        self.place = place
        self.billing = Billing(place.app, place.world)
        self.billing.prepare()

    def draft(self) -> int:
        return self.billing.draft(*(self.billing.delivered() for _ in range(2)))[0].id

    def issue(self, invoice_id: int) -> None:
        def act() -> None:
            row = billing_access.invoice_for_worker(invoice_id)
            if row.is_draft:
                issuing.issue(row, version=row.version, by=audit.WORKER)

        self.billing.do(act)

    def issued(self) -> int:
        invoice_id = self.draft()
        self.issue(invoice_id)
        return invoice_id

    def credit(self, invoice_id: int) -> None:
        """As one form that is sent again."""

        def act() -> None:
            row = billing_access.invoice_for_worker(invoice_id)
            left = {line.id: line.quantity for line in row.lines}
            more = {"cause": CreditCause.PRICE, "reason": "Agreed.", "by": audit.WORKER}
            credit_notes.credit(row, left, key=f"credit {invoice_id}", **more)

        self.billing.do(act)

    def run(self) -> int:
        """Started, for two accounts and what else is there."""
        world = self.place.world
        for account in (world.customer, world.direct_customer):
            for _ in range(2):
                self.billing.delivered(account=account)
        run = self.billing.do(lambda: runs.make(clock.today(), by=audit.COMMAND_LINE))
        self.billing.do(lambda: run_job.advance(run.id))
        self.billing.do(lambda: run_job.advance(run.id) if self.state(run.id) is RunState.PREPARING else None)
        return run.id

    def state(self, run_id: int) -> RunState:
        return self.billing.do(lambda: db.session.scalar(select(InvoiceRun.state).where(InvoiceRun.id == run_id)))

    def go_on(self, run_id: int) -> None:
        def act() -> None:
            while run_job.advance(run_id) is not None:
                pass

        self.billing.do(act)

    def check(self) -> None:
        assert self.billing.do(self._faults) == []

    def _faults(self) -> list[str]:
        db.session.rollback()
        faults = [fault for kind in InvoiceKind for fault in self._faults_of_numbers(kind)]
        issued = select(Invoice.id, Invoice.number).where(Invoice.number.is_not(None))
        for invoice_id, number in db.session.execute(issued).all():
            xml = select(InvoiceDocument.content).where(InvoiceDocument.invoice_id == invoice_id)
            files = list(db.session.scalars(xml))
            if not files or any(number.encode() not in each for each in files):
                faults.append(f"{number} has no XML with its number")
        lines = select(InvoiceLine.order_line_id, func.count()).where(
            InvoiceLine.credits_line_id.is_(None), InvoiceLine.credited < InvoiceLine.quantity
        )
        for line_id, count in db.session.execute(lines.group_by(InvoiceLine.order_line_id)):
            if count > 1:
                faults.append(f"order line {line_id} is billed {count} times")
        too_much = select(InvoiceLine.id).where(InvoiceLine.credited > InvoiceLine.quantity)
        return faults + [f"line {each} is credited too often" for each in db.session.scalars(too_much)]

    def _faults_of_numbers(self, kind: InvoiceKind) -> list[str]:
        numbers = db.session.scalars(select(Invoice.number).where(Invoice.kind == kind, Invoice.number.is_not(None)))
        found = sorted(int(number.rpartition("-")[2]) for number in numbers)
        following = db.session.scalar(select(InvoiceSeries.next).where(InvoiceSeries.kind == kind)) or 1
        return [] if found == list(range(1, following)) else [f"{kind.value}: {found}, and next {following}"]


def kill_acts(place: Place, lot: Random, times: int) -> None:
    """Killed between any two statements: the act has happened or it has not, and doing it again completes it."""
    invoices = Invoices(place)
    acts: dict[str, tuple[Callable[[], int], Callable[[int], None]]] = {
        "issue": (invoices.draft, invoices.issue),
        "credit": (invoices.issued, invoices.credit),
        "run": (invoices.run, invoices.go_on),
    }
    for name, (prepare, act) in acts.items():
        first = prepare()
        most = statements(place.app, lambda first=first, act=act: act(first))
        assert most > ACCOUNTS, name
        for number in sorted(lot.sample(range(most), min(times, most))):
            subject = prepare()
            killed_at_statement(place.app, number, lambda subject=subject, act=act: act(subject))
            invoices.check()
            act(subject)
            invoices.check()
            _is_done(invoices, name, subject)


def _is_done(invoices: Invoices, name: str, subject: int) -> None:
    def done() -> bool:
        if name == "run":
            items = list(db.session.scalars(select(InvoiceRunItem).where(InvoiceRunItem.run_id == subject)))
            return len(items) >= ACCOUNTS and {item.state for item in items} == {RunItemState.ISSUED}
        row = billing_access.invoice_for_worker(subject)
        return not row.is_draft and (name == "issue" or row.open == 0)

    assert invoices.billing.do(done), f"{name} of {subject} was not completed"
    assert name != "run" or invoices.state(subject) is RunState.DONE


def issue_together(place: Place, lot: Random) -> None:
    """20 at once from three processes, two of which are killed, while a run goes on in the killed ones."""
    invoices = Invoices(place)
    drafts = [invoices.draft() for _ in range(AT_ONCE)]
    run_id = invoices.run()
    shares = [drafts[number::PROCESSES] for number in range(PROCESSES)]
    processes = [
        Process(place.app, lambda tell, share=share: _crowd(invoices, share, run_id, tell)) for share in shares
    ]
    for process in processes[1:]:
        process.wait(within=lot.uniform(0.05, 1.5))
    assert processes[0].wait() == 0
    invoices.check()
    for draft in drafts:
        invoices.issue(draft)
    invoices.go_on(run_id)
    invoices.check()
    _is_done(invoices, "run", run_id)


def _crowd(invoices: Invoices, share: list[int], run_id: int, tell: Tell) -> None:
    def issue(invoice_id: int) -> None:
        try:
            invoices.issue(invoice_id)
        except DomainError as refusal:
            tell(refusal.message)

    threads = [threading.Thread(target=issue, args=(each,)) for each in share]
    threads.append(threading.Thread(target=invoices.go_on, args=(run_id,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
