"""Credit notes take an invoice back, as a whole or by line. Never more than is left: by compare-and-set."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import audit, billing_access, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Allocation,
    CreditCause,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    User,
)
from portal.providers.einvoice.document import Category, CreditedBefore, Document
from portal.providers.einvoice.totals import Totals, totals
from portal.services import company as company_service
from portal.services import credit_drafts
from portal.services.credit import lock_payers
from portal.services.invoicing import (
    draft_locks,
    issuing,
    numbering,
    readiness,
    settlement,
)
from portal.services.invoicing.documents import contents, stored_content
from portal.services.invoicing.issuing import Prepared
from portal.services.invoicing.numbering import Series
from portal.services.mail.telling import invoices as mail_invoices

LONGEST_REASON = 500
WHOLE = (CreditCause.NOT_DELIVERED, CreditCause.CANCELLED)
"""A coupon is used as a whole: what was not delivered is credited as a whole."""


@dataclass(frozen=True)
class Preview:
    sums: Totals
    lines: list[InvoiceLine]
    """As they would be on the credit note."""
    number: str
    """If nobody issues another one before."""
    issued_on: date
    """Today, or later: see `_day`."""
    open_after: int
    """Of the invoice."""
    owed: int
    """What the account would get back, as more is paid than is left."""


def all_that_is_left(invoice: Invoice) -> dict[int, int]:
    """Licences by line id."""
    return {line.id: line.left for line in invoice.lines if line.left}


def preview(invoice: Invoice, quantities: Mapping[int, int], *, cause: CreditCause, reason: str) -> Preview:
    """Raises as `credit`; writes nothing."""
    return _previewed(new(invoice, quantities, cause, reason, key="", by=None), invoice)


def _previewed(row: Invoice, of: Invoice) -> Preview:
    series = _series()
    issued_on = _day(of, series)
    sums, number = totals(_documents(row, of, issued_on)(readiness.NUMBER)), numbering.next_number(series, issued_on)
    return Preview(sums, row.lines, number, issued_on, max(of.open - sums.gross, 0), max(sums.gross - of.open, 0))


def _series() -> Series:
    return numbering.series_of(company_service.row(), InvoiceKind.CREDIT_NOTE)


def _day(of: Invoice, series: Series) -> date:
    """Of the next credit note: today, but not before its invoice, which may be of a later day, nor before the newest
    number."""
    return numbering.first_day(series, max(clock.today(), of.issued_on))


def credit(
    invoice: Invoice, quantities: Mapping[int, int], *, key: str, cause: CreditCause, reason: str, by: Actor
) -> Invoice:
    """`quantities`: licences by line id. What is credited lowers what is open; what was paid already stays on the
    account as a credit. Nothing changes at BitTitan. The same key again is the same credit note.

    Raises Conflict if less is left, InvalidInput for `quantities`, `cause` or `reason`."""
    if (made := _made_before(key)) is not None:
        return made
    row = new(invoice, quantities, cause, reason, key=key, by=by)
    series = _series()
    issued_on = _day(invoice, series)
    prepared = issuing.prepare(_documents(row, invoice, issued_on))
    numbering.open_series(series, issued_on)
    try:
        with transaction():
            lock_payers([invoice.billed_account_id])
            corrected = lock(Invoice, invoice.id)
            if corrected.billed_account_id != row.billed_account_id:
                raise StaleVersion(_("The account was merged into another one a moment ago. Look again."))
            store(row, corrected, prepared, series, issued_on, by=by)
            mail_invoices.issued(row)
    except (IntegrityError, Conflict):  # if the same form was sent twice at once, the other one was faster
        made = _made_before(key)
        if made is None:
            raise
        return made
    return billing_access.invoice_for_worker(row.id)


def of_draft(row: Invoice) -> Preview:
    """What a draft (services/credit_drafts.py) would be now. `row`: as visible_invoice returns it."""
    return _previewed(row, billing_access.invoice_for_worker(row.corrects_id))


def draft_document(row: Invoice) -> Document:
    """What it would say if it was issued now. `row`: as visible_invoice returns it."""
    of = billing_access.invoice_for_worker(row.corrects_id)
    return _documents(row, of, _day(of, _series()))(readiness.NUMBER)


def save_reason(draft: Invoice, reason: str, *, version: int, by: User) -> Invoice:
    """Raises StaleVersion, Conflict, InvalidInput for `reason`."""
    values = {"reason": _reason(reason)}
    with transaction():
        row = draft_locks.lock_draft(draft, version)
        row.version += bool(audit.changes("invoice", row, values, act="edit", by=by))
    return row


def issue_draft(row: Invoice, *, version: int, by: User) -> Invoice:
    """As `credit`. `row`: the draft, read a moment before with its lines. Raises StaleVersion, Conflict."""
    draft_locks.check_draft(row.number, row.version, version)
    of = billing_access.invoice_for_worker(row.corrects_id)
    _check(of, {line.credits_line_id: line.quantity for line in row.lines}, row.cause)
    series = _series()
    issued_on = _day(of, series)
    prepared = issuing.prepare(_documents(row, of, issued_on))
    numbering.open_series(series, issued_on)
    with transaction():
        lock_payers([of.billed_account_id])
        corrected = lock(Invoice, of.id)
        draft_locks.hold_draft(row.id, version)
        store(row, corrected, prepared, series, issued_on, by=by)
        mail_invoices.issued(row)
    return row


def store(
    row: Invoice, corrected: Invoice, prepared: Prepared, series: Series, issued_on: date, *, by: Actor,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Inside a transaction that holds the payer and the invoice: what `new` has made, or a draft. Raises Conflict,
    InvalidInput."""
    now = at or clock.now()
    for line in row.lines:
        line.is_issued = True
        _take_back(line)
    credit_drafts.let_go(row, by=by, at=now)
    if prepared.document.credited_before != _credited_before(corrected.id):
        raise Conflict(_("Another credit note for this invoice was issued a moment ago. Look again."))
    if vat := prepared.document.accounting_vat:
        row.home_currency, row.home_vat, row.exchange_rate = vat.currency, vat.amount, vat.exchange_rate
    _set_off(row, corrected, prepared.sums.gross, by, now)
    issuing.number_and_store(row, prepared, series, issued_on, by=by, at=now)
    said = {"field": "credit note", "after": row.number, "why": row.reason}
    audit.record("invoice", corrected.id, "credit", by=by, at=at, **said)


def _documents(row: Invoice, of: Invoice, issued_on: date) -> Callable[[str], Document]:
    """Makes the credit note's document with a given number."""
    said, before = stored_content.from_json(of.content), _credited_before(of.id)
    return lambda number: contents.credit_note(row, said, number=number, issued_on=issued_on, before=before)


def _credited_before(invoice_id: int) -> tuple[CreditedBefore, ...]:
    columns = InvoiceTax.category, InvoiceTax.rate
    rows = select(*columns, func.sum(InvoiceTax.net), func.sum(InvoiceTax.vat)).group_by(*columns).order_by(*columns)
    notes = select(Invoice.id).where(Invoice.corrects_id == invoice_id)
    return tuple(
        CreditedBefore(Category(category.value), Decimal(rate) / 100, int(net), int(vat))
        for category, rate, net, vat in db.session.execute(rows.where(InvoiceTax.invoice_id.in_(notes)))
    )


def _made_before(key: str) -> Invoice | None:
    made = db.session.scalar(select(Invoice.id).where(Invoice.key == key))
    return None if made is None else billing_access.invoice_for_worker(made)


def new(
    invoice: Invoice, quantities: Mapping[int, int], cause: CreditCause, reason: str, *, key: str, by: Actor | None,
    at: datetime | None = None,
) -> Invoice:  # fmt: skip
    """Not saved yet. Raises Conflict, InvalidInput."""
    _check(invoice, quantities, cause)
    reason = _reason(reason)
    credited = [line for line in invoice.lines if quantities.get(line.id)]
    lines = [credit_drafts.credit_line(place, line, quantities[line.id]) for place, line in enumerate(credited, 1)]
    return Invoice(
        key=key or str(uuid.uuid4()),
        cause=cause,
        reason=reason,
        made_by_id=by.id if isinstance(by, User) else None,
        made_at=at or clock.now(),
        lines_count=len(lines),
        licences=sum(line.quantity for line in lines),
        lines=lines,
        **credit_drafts.copied(invoice),
    )


def _reason(text: str) -> str:
    reason = field_rules.long_text(text, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say why. The buyer reads it on the credit note."))
    return reason


def _check(invoice: Invoice, quantities: Mapping[int, int], cause: CreditCause) -> None:
    if invoice.is_draft or invoice.is_credit_note:
        raise Conflict(_("Only an issued invoice can be credited."))
    lines = {line.id: line for line in invoice.lines}
    if not any(quantities.values()) or not quantities.keys() <= lines.keys():
        raise InvalidInput("quantities", _("Say how many licences of which line are credited."))
    for line_id, quantity in quantities.items():
        line = lines[line_id]
        if not 0 <= quantity <= line.left:
            raise Conflict(_too_many(line))
        if cause in WHOLE and 0 < quantity < line.left:
            message = _("What was not delivered is credited as a whole: line %(place)s has %(left)s licences.",
                        place=line.position, left=line.left)  # fmt: skip
            raise InvalidInput("quantities", message)


def _too_many(line: InvoiceLine) -> str:
    return _("Of line %(place)s, %(left)s licences are left to credit.", place=line.position, left=line.left)


def _take_back(line: InvoiceLine) -> None:
    """Raises Conflict if another credit note was faster."""
    after = InvoiceLine.credited + line.quantity
    row = update(InvoiceLine).where(InvoiceLine.id == line.credits_line_id, after <= InvoiceLine.quantity)
    changed = db.session.execute(row.values(credited=after), execution_options={"synchronize_session": False})
    if not changed.rowcount:
        raise Conflict(_("Somebody else credited line %(place)s a moment before.", place=line.position))


def _set_off(row: Invoice, corrected: Invoice, gross: int, by: Actor, now: datetime) -> None:
    """The credit note settles its invoice, as far as that is open."""
    amount = min(gross, corrected.open)
    row.gross, row.settled, row.paid_at = gross, amount, now if amount == gross else None
    db.session.add(row)
    db.session.flush()
    if amount > 0:
        settlement.settle_invoice(corrected.id, amount, now)
        made_by = by.id if isinstance(by, User) else None
        values = {"credit_note_id": row.id, "invoice_id": corrected.id, "amount": amount}
        db.session.add(Allocation(**values, made_at=now, made_by_id=made_by))
