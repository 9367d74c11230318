"""What an accountant does with payments, each act in an app context of its own."""

import uuid
from datetime import date, timedelta

from sqlalchemy import func, select

from portal.core import clock
from portal.extensions import db
from portal.models import Allocation, AuditEntry, Invoice, InvoiceKind, Payment, User
from portal.services.invoicing import statements
from portal.services.invoicing.payments import assigning, recording, refunds, reversals
from portal.services.invoicing.payments.recording import Received
from portal.services.invoicing.payments.refunds import Refund
from portal.services.invoicing.payments.sources import Source


class Desk:
    def __init__(self, app, world, nick: str = "dana"):
        self.app, self.world, self.nick = app, world, nick

    def pay(self, invoice_id: int, amount: int, currency: str = "EUR", key: str | None = None, **more) -> int:
        given = self._received(amount, currency, more)
        return self._do(lambda by: recording.record_for_invoice(invoice_id, given, key=key or _key(), by=by, **more).id)

    def pay_in(self, account_id: int, amount: int, currency: str = "EUR", key: str | None = None, **more) -> int:
        given = self._received(amount, currency, more)
        return self._do(lambda by: recording.record_for_account(account_id, given, key=key or _key(), by=by).id)

    def assign(self, payment_id: int, invoice_id: int, amount: int | None = None, **more) -> int:
        return self._do(lambda by: assigning.assign(Source(payment_id), invoice_id, amount, by=by, **more))

    def set_off(self, credit_note_id: int, invoice_id: int, amount: int | None = None, **more) -> int:
        source = Source(credit_note_id=credit_note_id)
        return self._do(lambda by: assigning.assign(source, invoice_id, amount, by=by, **more))

    def refund(self, source: Source, amount: int, key: str | None = None, days_ago: int = 0, **more) -> int:
        wanted = Refund(amount, self.today - timedelta(days=days_ago))
        return self._do(lambda by: refunds.refund(source, wanted, key=key or _key(), by=by, **more).id)

    def reverse(self, payment_id: int, reason: str = "Typed wrongly", **more) -> None:
        self._do(lambda by: reversals.reverse(payment_id, reason, by=by, **more))

    def take_back(self, payment_id: int, invoice_id: int, reason: str = "Another invoice was meant", **more) -> int:
        return self._do(lambda by: reversals.take_back(payment_id, invoice_id, reason, by=by, **more))

    def payment(self, payment_id: int) -> Payment:
        return self._do(lambda _by: db.session.get(Payment, payment_id))

    def invoice(self, invoice_id: int) -> Invoice:
        return self._do(lambda _by: db.session.get(Invoice, invoice_id))

    def balance(self, account_id: int, currency: str = "EUR", last: date | None = None) -> int:
        return self._do(lambda _by: statements.balance(account_id, currency, last))

    def acts(self, subject: str, subject_id: int) -> list[tuple[str, str]]:
        """What its history says, oldest first."""
        rows = select(AuditEntry.act, AuditEntry.after).where(
            AuditEntry.subject == subject, AuditEntry.subject_id == subject_id
        )
        return self._do(lambda _by: [tuple(row) for row in db.session.execute(rows.order_by(AuditEntry.id))])

    def check(self, account_ids) -> None:
        """All that must hold after whatever was done."""
        self._do(lambda _by: check(account_ids))

    def _received(self, amount: int, currency: str, more: dict) -> Received:
        """Takes what it needs out of `more`."""
        named = {name: more.pop(name) for name in ("paid_on", "reference", "note") if name in more}
        return Received(**({"amount": amount, "currency": currency, "paid_on": self.today} | named))

    @property
    def today(self) -> date:
        with self.app.app_context():
            return clock.today()

    def _do(self, act):
        with self.app.app_context():
            return act(db.session.get(User, getattr(self.world, self.nick).id))


def check(account_ids) -> None:
    invoices, payments = list(db.session.scalars(select(Invoice))), list(db.session.scalars(select(Payment)))
    for row in invoices:
        of_it = Allocation.credit_note_id if row.is_credit_note else Allocation.invoice_id
        assert row.settled == _sum(of_it == row.id), row.number
        assert (row.paid_at is not None) == (row.settled == row.gross), row.number
    for row in payments:
        assert row.allocated == _sum((Allocation.payment_id == row.id) | (Allocation.refund_id == row.id)), row.id
    for account_id in account_ids:
        for currency in statements.currencies(account_id):
            own = [row for row in invoices if (row.billed_account_id, row.currency) == (account_id, currency)]
            paid = [row for row in payments if (row.account_id, row.currency) == (account_id, currency)]
            opens = sum(row.open if row.kind is InvoiceKind.INVOICE else -row.open for row in own)
            unassigned = sum(row.unassigned for row in paid)
            assert statements.balance(account_id, currency) == opens - unassigned, (account_id, currency)


def _sum(of_it) -> int:
    return int(db.session.scalar(select(func.sum(Allocation.amount)).where(of_it)) or 0)


def _key() -> str:
    return str(uuid.uuid4())
