from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Account, Invoice, InvoiceLine, InvoiceRhythm, InvoiceRun, InvoiceRunItem
from portal.services.invoicing import runs
from portal.services.invoicing.runs import run_job
from tests.services.invoicing.conftest import Billing


class Runs:
    """What people and the worker do with runs, each act in a context of its own."""

    def __init__(self, billing: Billing):
        self.billing, self.do = billing, billing.do

    def rhythm(self, account: Account, rhythm: InvoiceRhythm) -> None:
        with self.billing.app.app_context(), self.billing.world.transaction():
            db.session.get(Account, account.id).invoice_rhythm = rhythm

    def make(self, until: date | None = None, **more) -> InvoiceRun:
        return self.do(lambda: runs.make(until or clock.today(), by=self.billing.dana, **more))

    def prepared(self, until: date | None = None, **more) -> InvoiceRun:
        return self.work(self.make(until, **more))

    def work(self, run: InvoiceRun) -> InvoiceRun:
        """All steps of the worker that are due."""

        def act() -> InvoiceRun:
            while run_job.advance(run.id) is not None:
                pass
            return db.session.get(InvoiceRun, run.id, populate_existing=True)

        return self.do(act)

    def start(self, run: InvoiceRun, version: int | None = None) -> InvoiceRun:
        return self.do(lambda: runs.start(run, version=version or run.version, by=self.billing.dana))

    def done(self, until: date | None = None) -> InvoiceRun:
        return self.work(self.start(self.prepared(until)))

    def items(self, run: InvoiceRun) -> list[InvoiceRunItem]:
        rows = select(InvoiceRunItem).where(InvoiceRunItem.run_id == run.id).order_by(InvoiceRunItem.id)
        return self.do(lambda: list(db.session.scalars(rows)))

    def outcomes(self, run: InvoiceRun) -> list[tuple[str, str]]:
        return [(item.state.value, item.reason) for item in self.items(run)]

    def invoices(self) -> list[Invoice]:
        return self.do(lambda: list(db.session.scalars(select(Invoice).order_by(Invoice.id))))

    def numbers(self) -> list[str]:
        return sorted(row.number for row in self.invoices() if row.number)

    def billed(self) -> list[int]:
        """The assets on issued invoices."""
        rows = select(InvoiceLine.asset_id).where(InvoiceLine.is_issued).order_by(InvoiceLine.asset_id)
        return self.do(lambda: list(db.session.scalars(rows)))

    def change(self, account: Account, act: Callable[[Account], None]) -> None:
        with self.billing.app.app_context(), self.billing.world.transaction():
            row = db.session.get(Account, account.id)
            act(row)
            row.version += 1


@pytest.fixture
def runner(billing) -> Runs:
    return Runs(billing)
