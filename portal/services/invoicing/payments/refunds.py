"""Records money that was paid back to an account: what is not assigned of a payment, or not set off of a credit."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from sqlalchemy import select

from portal.core import clock, field_rules
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now
from portal.core.transaction import once_more, transaction
from portal.extensions import db
from portal.models import Invoice, Payment, PaymentKind, User
from portal.services.invoicing.payments import recording, sources, standing
from portal.services.invoicing.payments.sources import LONGEST_NOTE, LONGEST_REFERENCE, Held, Source


@dataclass(frozen=True)
class Refund:
    amount: int
    paid_on: date
    reference: str = ""
    note: str = ""


def refund(source: Source, wanted: Refund, *, key: str, by: User, version: int | None = None) -> Payment:
    """Recorded once for each key; the money itself is moved at the bank. Raises NotVisible, Conflict, InvalidInput,
    StaleVersion if it is not what the person saw."""
    sources.check_right(by)
    wanted = _checked(wanted)

    def act() -> Payment:
        with transaction():
            if (known := _known(key, wanted)) is not None:
                return known
            sources.lock_payer(source)
            held = sources.hold(source)
            standing.of(source).check(version)
            return _record(held, wanted, key, by)

    return once_more(act)


def _record(held: Held, wanted: Refund, key: str, by: User) -> Payment:
    source, now = held.source, clock.now()
    if wanted.paid_on < (first := _day_of(source)):
        day = format_date(first, "medium", locale=locale_now())
        raise InvalidInput("paid_on", _("What is paid back is of %(day)s. Choose that day or a later one.", day=day))
    if wanted.amount > held.unassigned:
        raise InvalidInput("amount", _("That is more than is not assigned."))
    row = Payment(
        key=key, kind=PaymentKind.REFUND, account_id=held.account_id, currency=held.currency, amount=wanted.amount,
        allocated=wanted.amount, paid_on=wanted.paid_on, reference=wanted.reference, note=wanted.note,
        recorded_by_id=by.id, recorded_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    if not sources.take(source, wanted.amount, now):
        raise sources.refuse_moved()
    sources.allocate(source, wanted.amount, refund_id=row.id, by=by, now=now)
    why = wanted.note or None
    sources.note(source, "refund", wanted.amount, held.currency, by=by, now=now, why=why)
    sources.note(Source(payment_id=row.id), "record", wanted.amount, held.currency, by=by, now=now, why=why)
    return row


def _day_of(source: Source) -> date:
    """Of the payment, or of the credit note."""
    of_payment = select(Payment.paid_on).where(Payment.id == source.payment_id)
    of_credit_note = select(Invoice.issued_on).where(Invoice.id == source.credit_note_id)
    return db.session.scalars(of_payment if source.payment_id is not None else of_credit_note).one()


def _checked(wanted: Refund) -> Refund:
    if wanted.amount <= 0:
        raise InvalidInput("amount", _("Enter an amount above zero."))
    recording.check_day(wanted.paid_on)
    reference = field_rules.kept_text(wanted.reference, "reference", LONGEST_REFERENCE)
    return Refund(wanted.amount, wanted.paid_on, reference, field_rules.kept_text(wanted.note, "note", LONGEST_NOTE))


def _known(key: str, wanted: Refund) -> Payment | None:
    row = db.session.scalar(select(Payment).where(Payment.key == key))
    if row is not None and (row.amount, row.paid_on, row.kind) != (wanted.amount, wanted.paid_on, PaymentKind.REFUND):
        raise Conflict(_("This form was used already. Open the page again to record another payment."))
    return row
