"""Issue: the number, the texts, the taxes and the XML are committed together, or nothing is.

Whatever takes time is made before the transaction, with a mark where the number will be: 20 people who issue at once
wait for each other only for a few statements and the commit. The mark is a token that no text contains, and a number is
letters, digits and - / . _, so the XML stays what its schema accepted.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Integer, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from portal import side_process
from portal.core import audit, clock
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    Company,
    DocumentKind,
    Invoice,
    InvoiceDocument,
    InvoiceKind,
    InvoiceTax,
    JobKind,
    TaxCategory,
    TaxCode,
    User,
)
from portal.providers.einvoice import totals, xml
from portal.providers.einvoice.completeness import Format, missing_fields
from portal.providers.einvoice.document import Document
from portal.services import company as company_service
from portal.services import credit, jobs
from portal.services.company.company_rules import MOST_DAYS
from portal.services.invoicing import (
    billable,
    draft_locks,
    drafts,
    exchange,
    numbering,
    readiness,
)
from portal.services.invoicing.documents import contents, stored_content
from portal.services.invoicing.documents.contents import Sources
from portal.services.invoicing.numbering import Series
from portal.services.invoicing.readiness import Sign, Standing
from portal.services.mail.telling import invoices as mail_invoices

FARTHEST = timedelta(days=31)
"""The day of a number is a floor for all that follow, and nothing takes it back: a mistyped year would end a series."""
EMAIL_SCHEME = "EM"
"""Peppol delivers to no e-mail address."""
THREE_DECIMALS, EMAIL_ALONE = "three-decimals", "email-alone"
_FORMATS = {
    Format.FACTUR_X: DocumentKind.FACTUR_X,
    Format.XRECHNUNG: DocumentKind.XRECHNUNG,
    Format.PEPPOL: DocumentKind.PEPPOL,
}


class NotReady(Conflict):
    """Something is missing. `signs`: all that readiness found."""

    def __init__(self, signs: Sequence[Sign]):
        missing = [sign.sentence for sign in signs if sign.standing is Standing.NO]
        super().__init__(_("It cannot be issued yet. %(first)s", first=missing[0]))
        self.signs = signs


@dataclass(frozen=True)
class Prepared:
    """What an issue stores, with `mark` in place of the number."""

    mark: str
    document: Document
    content: str
    """The document as it is stored."""
    sums: totals.Totals
    files: dict[DocumentKind, bytes]


def sources_of(row: Invoice) -> Sources:
    """Three statements; the draft's account is loaded."""
    return Sources(company_service.row(), row.billed_account, drafts.tax_codes(), exchange.home_currency())


def issue(
    row: Invoice, *, version: int, by: Actor, issued_on: date | None = None, due_on: date | None = None
) -> Invoice:
    """`row`: the draft, read a moment before with its lines. By default of `first_day`, and due by the company's terms.
    Raises NotReady, StaleVersion, Conflict; InvalidInput for `issued_on` or `due_on`."""
    draft_locks.check_draft(row.number, row.version, version)
    sources = sources_of(row)
    seen = _versions(sources)
    found = readiness.signs(row, sources)
    if not readiness.is_ready(found):
        raise NotReady(found)
    if issued_on is None:
        issued_on = first_day(sources.company, clock.day_of(clock.now()))
    check_day(issued_on)
    due_on = _checked_due_day(due_on or readiness.due_day(sources, issued_on), issued_on)
    prepared = prepare(lambda mark: contents.invoice(row, sources, number=mark, issued_on=issued_on, due_on=due_on))
    series = numbering.series_of(sources.company, InvoiceKind.INVOICE)
    numbering.open_series(series, issued_on)
    with transaction():
        credit.lock_payers([row.billed_account_id])
        draft_locks.hold_draft(row.id, version)
        if _versions_now(sources) != seen:
            raise StaleVersion(_("The account, a tax code or the company was changed a moment ago. Look again."))
        if (asset := billable.not_delivered_any_more(row.id)) is not None:  # its cancellation found no invoice
            raise StaleVersion(_("%(number)s is not delivered any more. Look again.", number=asset.number))
        fix_lines(row, prepared.document)
        number_and_store(row, prepared, series, issued_on, by=by)
        mail_invoices.issued(row)
    return row


def prepare(document_of: Callable[[str], Document]) -> Prepared:
    """`document_of` makes the document with a given number."""
    mark = f"N{uuid.uuid4().hex}"
    document = document_of(mark)
    files = {_FORMATS[form]: side_process.call(xml.generate, document, form) for form in formats_of(document)}
    return Prepared(mark, document, stored_content.to_json(document), totals.totals(document), files)


def formats_of(document: Document) -> list[Format]:
    """Factur-X always, the others if nothing that they want is missing; none for a currency with three decimals."""
    return [form for form in Format if not lacking(document, form)]


def lacking(document: Document, form: Format) -> tuple[str, ...]:
    """Why there is no such file: THREE_DECIMALS, EMAIL_ALONE, or fields of the document. Empty if there is one."""
    currencies = [document.currency, *([document.accounting_vat.currency] if document.accounting_vat else [])]
    if any(totals.decimals(currency) > xml.MOST_DECIMALS for currency in currencies):
        return (THREE_DECIMALS,)
    if form is Format.FACTUR_X:
        return ()
    parties = {"seller": document.seller, "buyer": document.buyer}
    by_email = [
        f"{EMAIL_ALONE}.{role}"
        for role, party in parties.items()
        if form is Format.PEPPOL and party.electronic_address and party.electronic_address.scheme == EMAIL_SCHEME
    ]
    return (*missing_fields(document, form), *by_email)


def why_no_file(document: Document, kind: DocumentKind) -> tuple[str, ...]:
    """As `lacking`; not for the PDF."""
    return next(lacking(document, form) for form, made in _FORMATS.items() if made is kind)


def number_and_store(
    row: Invoice, prepared: Prepared, series: Series, issued_on: date, *, by: Actor, at: datetime | None = None
) -> None:
    """Inside a transaction, at its end: what depends on the number comes after everything else. Raises InvalidInput
    for `issued_on`."""
    now, sums, document = at or clock.now(), prepared.sums, prepared.document
    jobs.add(JobKind.INVOICE_PDF, row.id, now)
    db.session.flush()
    _store_taxes(row.id, sums)
    number = numbering.take(series, issued_on)
    _store_files(row.id, prepared, number, now)
    audit.record("invoice", row.id, "issue", by=by, at=now, field="number", after=number)
    row.net, row.vat, row.gross = sums.net, sums.vat, sums.gross
    row.number, row.issued_on, row.due_on = number, issued_on, document.due_on or issued_on
    row.buyer_name, row.content = document.buyer.name, prepared.content.replace(prepared.mark, number)
    row.issued_by_id, row.issued_at = by.id if isinstance(by, User) else None, now
    row.version += 1
    try:
        db.session.flush()
    except IntegrityError as taken:
        message = _("There is another document with the number %(number)s. Change the pattern.", number=number)
        raise Conflict(message, link=("company", "")) from taken


def first_day(company: Company, today: date) -> date:
    """Of which an invoice can be: today, or the day of the newest number if that is later."""
    if not company.invoice_pattern:
        return today
    return numbering.first_day(numbering.series_of(company, InvoiceKind.INVOICE), today)


def check_day(day: date) -> None:
    """Raises InvalidInput unless it is today or soon."""
    today = clock.day_of(clock.now())
    if day < today:
        raise InvalidInput("issued_on", _("Choose today or a later day."))
    if day > today + FARTHEST:
        raise InvalidInput("issued_on", _("Choose a day within %(num)s days. No later number can have an earlier day.",
                                          num=FARTHEST.days))  # fmt: skip


def _checked_due_day(due_on: date, issued_on: date) -> date:
    if due_on < issued_on:
        raise InvalidInput("due_on", _("Choose the day of the invoice or a later one."))
    if due_on > issued_on + timedelta(days=MOST_DAYS):
        raise InvalidInput("due_on", _("Choose a day within %(num)s days of the invoice.", num=MOST_DAYS))
    return due_on


def _versions(sources: Sources) -> tuple[object, ...]:
    codes = sorted((code.id, code.version) for code in sources.tax_codes.values())
    return sources.company.version, sources.buyer.version, *codes


_VERSIONS = select(
    select(Company.version).scalar_subquery(),
    select(Account.version).where(Account.id == bindparam("buyer_id", type_=Integer)).scalar_subquery(),
    TaxCode.id,
    TaxCode.version,
).order_by(TaxCode.id)


def _versions_now(sources: Sources) -> tuple[object, ...]:
    rows = db.session.connection().execute(_VERSIONS, {"buyer_id": sources.buyer.id}).all()
    return *rows[0][:2], *(tuple(row[2:]) for row in rows)


def fix_lines(row: Invoice, document: Document) -> None:
    """Inside a transaction: the lines say from now on what the document says."""
    row.number_lines()  # of a draft that is older than this rule
    for line, said in zip(row.lines, document.lines, strict=True):
        line.category, line.rate = TaxCategory(said.tax.category.value), int(said.tax.rate * 100)
        line.description, line.is_issued = said.description, True


def _store_taxes(invoice_id: int, sums: totals.Totals) -> None:
    rows = [
        {
            "invoice_id": invoice_id,
            "category": TaxCategory(each.tax.category.value),
            "rate": int(each.tax.rate * 100),
            "reason": each.tax.reason,
            "reason_code": each.tax.reason_code,
            "net": each.net,
            "vat": each.vat,
        }
        for each in sums.by_tax
    ]
    db.session.connection().execute(insert(InvoiceTax.__table__), rows)


def _store_files(invoice_id: int, prepared: Prepared, number: str, now: datetime) -> None:
    rows = []
    for kind, marked in prepared.files.items():
        content = marked.replace(prepared.mark.encode(), number.encode())
        digest = hashlib.sha256(content).hexdigest()
        values = {"invoice_id": invoice_id, "kind": kind, "content": content, "size": len(content), "made_at": now}
        rows.append(values | {"sha256": digest, "left_out": ""})
    if rows:
        db.session.connection().execute(insert(InvoiceDocument.__table__), rows)
