"""Assigns money that an account has paid, or was credited, to an open invoice of the same account and currency."""

from datetime import datetime

from portal.core import billing_access, clock
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.models import Invoice, User
from portal.services.invoicing.payments import recording, sources, standing
from portal.services.invoicing.payments.sources import Held, Source
from portal.services.invoicing.settlement import settle_invoice


def assign(source: Source, invoice_id: int, amount: int | None, *, by: User, version: int | None = None) -> int:
    """`amount=None`: as much as fits. Returns what was assigned. Of two people who assign the same money, one does.
    Raises NotVisible, Conflict, InvalidInput, StaleVersion if it is not what the person saw."""
    sources.check_right(by)
    billing_access.visible_invoice(by, invoice_id)
    with transaction():
        sources.lock_payer(source)
        held = sources.hold(source, invoice_id)
        standing.of(source).check(version)
        invoice = lock(Invoice, invoice_id)
        _check_fits(held, invoice)
        amount = _checked(amount, held, invoice)
        _move(held, invoice, amount, by, clock.now())
    return amount


def _check_fits(held: Held, invoice: Invoice) -> None:
    recording.check_payable(invoice, invoice.currency)
    if (invoice.billed_account_id, invoice.currency) != (held.account_id, held.currency):
        raise InvalidInput("invoice", _("Choose an invoice of the same account, in %(currency)s.",
                                        currency=held.currency))  # fmt: skip


def _checked(amount: int | None, held: Held, invoice: Invoice) -> int:
    most = min(held.unassigned, invoice.open)
    if most <= 0:
        raise sources.refuse_moved()
    if amount is None:
        return most
    if amount <= 0:
        raise InvalidInput("amount", _("Enter an amount above zero."))
    if amount > held.unassigned:
        raise InvalidInput("amount", _("That is more than is not assigned."))
    if amount > invoice.open:
        raise InvalidInput("amount", _("That is more than is open of %(number)s.", number=invoice.number))
    return amount


def _move(held: Held, invoice: Invoice, amount: int, by: User, now: datetime) -> None:
    source = held.source
    if not (sources.take(source, amount, now) and settle_invoice(invoice.id, amount, now)):
        raise sources.refuse_moved()
    sources.allocate(source, amount, invoice_id=invoice.id, by=by, now=now)
    sources.note(source, "assign", amount, held.currency, by=by, now=now, why=invoice.number)
    act = "payment" if source.payment_id is not None else "credit"
    sources.note_invoice(invoice.id, act, amount, held.currency, by=by, now=now)
