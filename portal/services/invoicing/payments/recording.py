"""Records money that an account has paid: for invoices, up to what is open of them, or without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.core import billing_access, clock, field_rules, money
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, lock_in_order, once_more, transaction
from portal.extensions import db
from portal.models import Account, Invoice, Payment, PaymentKind, PaymentSource, User
from portal.services import credit
from portal.services.invoicing.payments import payers, sources, standing
from portal.services.invoicing.payments.sources import LONGEST_NOTE, LONGEST_REFERENCE, Source
from portal.services.invoicing.settlement import settle_invoice

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Received:
    amount: int
    currency: str
    paid_on: date
    reference: str = ""
    note: str = ""
    source: PaymentSource = PaymentSource.HAND
    source_line: int | None = None


def record_for_invoice(
    invoice_id: int, received: Received, *, key: str, by: User, version: int | None = None
) -> Payment:
    """Settles the invoice up to what is open; the rest is not assigned. Recorded once for each key. Raises NotVisible,
    Conflict, InvalidInput, StaleVersion if it is not what the person saw."""
    sources.check_right(by)
    invoice = billing_access.visible_invoice(by, invoice_id)
    received = checked(received)

    def act() -> Payment:
        with transaction():
            if (known := _known(key, received)) is not None:
                return known
            credit.lock_payers([invoice.billed_account_id])
            row = lock(Invoice, invoice_id)
            standing.of_invoice(invoice_id).check(version)
            check_payable(row, received.currency)
            return record(received, row.billed_account_id, [row], key=key, by=by, now=clock.now())

    return once_more(act)


def record_for_account(account_id: int, received: Received, *, key: str, by: User) -> Payment:
    """Nothing of it is assigned. Recorded once for each key. Raises NotVisible, Conflict, InvalidInput."""
    sources.check_right(by)
    payers.payer(by, account_id)
    received = checked(received)

    def act() -> Payment:
        with transaction():
            if (known := _known(key, received)) is not None:
                return known
            account = lock(Account, account_id)
            payers.check(account)
            return record(received, account.id, [], key=key, by=by, now=clock.now())

    return once_more(act)


def record(
    received: Received, account_id: int, invoices: Sequence[Invoice], *, key: str, by: User, now: datetime
) -> Payment:
    """Inside a transaction that holds the invoices, whose account it is: pays them in this order."""
    payment = Payment(
        key=key, kind=PaymentKind.PAYMENT, account_id=account_id, currency=received.currency, amount=received.amount,
        paid_on=received.paid_on, reference=received.reference, source=received.source,
        source_line=received.source_line, note=received.note, recorded_by_id=by.id, recorded_at=now,
    )  # fmt: skip
    parts = _parts(received.amount, invoices)
    payment.allocated = sum(amount for _invoice, amount in parts)
    db.session.add(payment)
    db.session.flush()
    source = Source(payment_id=payment.id)
    sources.note(source, "record", payment.amount, payment.currency, by=by, now=now, why=received.note or None)
    for invoice, amount in parts:
        if not settle_invoice(invoice.id, amount, now):
            raise sources.refuse_moved()
        sources.allocate(source, amount, invoice_id=invoice.id, by=by, now=now)
        sources.note_invoice(invoice.id, "payment", amount, payment.currency, by=by, now=now)
    return payment


def lock_invoices(invoice_ids: Sequence[int]) -> dict[int, Invoice]:
    """Inside a transaction: those of them that exist, as they are now."""
    lock_in_order(Invoice, invoice_ids)
    rows = select(Invoice).where(Invoice.id.in_(set(invoice_ids))).execution_options(populate_existing=True)
    return {row.id: row for row in db.session.scalars(rows)}


def check_payable(invoice: Invoice, currency: str) -> None:
    """Raises Conflict for what nobody pays, and InvalidInput for another currency."""
    if invoice.is_draft:
        raise Conflict(_("It is a draft. Issue it first."))
    if invoice.is_credit_note:
        raise Conflict(_("A credit note is not paid. Assign it to an invoice, or refund it."))
    if invoice.currency != currency:
        sentence = _("The invoice is in %(currency)s.", currency=invoice.currency)
        raise InvalidInput("amount", sentence)


def checked(received: Received) -> Received:
    """With its texts as they are kept. Raises InvalidInput."""
    if not 0 < received.amount <= money.MOST:
        raise InvalidInput("amount", _("Enter an amount above zero."))
    check_day(received.paid_on)
    reference = field_rules.kept_text(received.reference, "reference", LONGEST_REFERENCE)
    note = field_rules.kept_text(received.note, "note", LONGEST_NOTE)
    return Received(
        received.amount, received.currency, received.paid_on, reference, note, received.source, received.source_line
    )


def check_day(day: date, field: str = "paid_on") -> None:
    """Raises InvalidInput. A bank may be a day ahead."""
    if day < EARLIEST:
        raise InvalidInput(field, _("It is before the year 2000."))
    if day > clock.today() + timedelta(days=1):
        raise InvalidInput(field, _("It lies in the future."))


def known(keys: Sequence[str]) -> dict[str, Payment]:
    """Payments with these keys."""
    rows: dict[str, Payment] = {}
    for start in range(0, len(keys), 500):
        found = select(Payment).where(Payment.key.in_(keys[start : start + 500]))
        rows |= {row.key: row for row in db.session.scalars(found)}
    return rows


def _known(key: str, received: Received) -> Payment | None:
    """Raises Conflict if the key was used for something else."""
    row = db.session.scalar(select(Payment).where(Payment.key == key))
    if row is None:
        return None
    if (row.amount, row.currency, row.paid_on) != (received.amount, received.currency, received.paid_on):
        raise Conflict(_("This form was used already. Open the page again to record another payment."))
    return row


def _parts(amount: int, invoices: Sequence[Invoice]) -> list[tuple[Invoice, int]]:
    parts = []
    for invoice in invoices:
        part = min(amount, invoice.open)
        if part > 0:
            parts.append((invoice, part))
            amount -= part
    return parts
