"""What an invoice or a credit note says, taken from its rows, the company, the account and the tax codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from babel.dates import format_date

from portal.core import clock
from portal.models import Account, Asset, Company, Invoice, InvoiceLine, TaxCode
from portal.models.text_keys import fold
from portal.providers.einvoice import wording
from portal.providers.einvoice.document import (
    AccountingVat,
    Address,
    Bank,
    Category,
    Contact,
    CreditedBefore,
    Document,
    ElectronicAddress,
    Kind,
    Line,
    Party,
    PrecedingInvoice,
    Tax,
)
from portal.providers.einvoice.totals import totals
from portal.services.tax import languages

MOST_STREET_LINES = 3
PRINTED = languages.ALWAYS
"""The languages that documents are printed in. For others the printed words are English."""


@dataclass(frozen=True)
class Sources:
    """What a document is made from, besides its own rows."""

    company: Company
    buyer: Account
    tax_codes: Mapping[str, TaxCode]
    """By code_key."""
    home_currency: str = ""
    """Of the distributor's account."""

    def tax_code_of(self, line: InvoiceLine) -> TaxCode | None:
        """Of its order. Where that had none, or one that is gone, today's of the account: it may have been decided
        since the draft was made."""
        return self.tax_codes.get(fold(line.tax_code or "")) or self.buyer.tax_code


def invoice(row: Invoice, sources: Sources, *, number: str, issued_on: date, due_on: date) -> Document:
    """Every line has a tax code, and the buyer a country: readiness has said so."""
    lines = tuple(
        replace(_line(each, _tax(sources.tax_code_of(each), row.language)), description=_description(each, row))
        for each in row.lines
    )
    return Document(
        kind=Kind.INVOICE,
        number=number,
        issued_on=issued_on,
        due_on=due_on,
        lines=lines,
        payment_terms=sources.company.terms.get(languages.base(row.language), ""),
        **_of_both(row, sources, issued_on),
    )


def credit_note(
    row: Invoice, of: Document, *, number: str, issued_on: date, before: Iterable[CreditedBefore] = ()
) -> Document:
    """`of`: what the invoice said. The parties and the taxes are those of the invoice. `before`: what earlier credit
    notes took back."""
    taxes = {(tax.category.value, _points(tax.rate)): tax for tax in (line.tax for line in of.lines)}
    lines = tuple(_line(each, taxes[each.category.value, each.rate]) for each in row.lines)
    made = Document(
        kind=Kind.CREDIT_NOTE,
        number=number,
        issued_on=issued_on,
        currency=of.currency,
        seller=of.seller,
        buyer=of.buyer,
        lines=lines,
        language=of.language,
        period=of.period,
        buyer_reference=of.buyer_reference,
        purchase_order=of.purchase_order,
        account_number=of.account_number,
        payment_terms=wording.labels(of.language)["credit_text"],
        bank=of.bank,
        preceding=PrecedingInvoice(of.number, of.issued_on),
        credited_before=tuple(before),
        notes=(row.reason,) if row.reason else (),
        colour=of.colour,
    )
    return replace(made, accounting_vat=_credited_accounting_vat(made, of))


def _credited_accounting_vat(made: Document, of: Document) -> AccountingVat | None:
    """At the invoice's rate. As with the VAT itself, the parts add up to that of the invoice."""
    if of.accounting_vat is None:
        return None
    whole, before = totals(of).vat, sum(each.vat for each in made.credited_before)

    def until(vat: int) -> int:
        return (2 * of.accounting_vat.amount * vat + whole) // (2 * whole) if whole else 0

    return replace(of.accounting_vat, amount=until(before + totals(made).vat) - until(before))


def printed_language(language: str) -> str:
    base = languages.base(language)
    return base if base in PRINTED else PRINTED[0]


def delivered_on(asset: Asset) -> date | None:
    """The day on which BitTitan issued the coupon, or on which it was recorded."""
    if asset.issued_at is not None:
        return clock.day_of(asset.issued_at)
    return clock.day_of(asset.coupon.recorded_at) if asset.coupon is not None else None


def _of_both(row: Invoice, sources: Sources, issued_on: date) -> dict:
    company, buyer = sources.company, sources.buyer
    period = (row.period_from, row.period_until) if row.period_from else (issued_on, issued_on)
    accounting = row.home_currency and row.home_vat is not None
    return {
        "currency": row.currency,
        "seller": _seller(company),
        "buyer": _buyer(buyer),
        "language": printed_language(row.language),
        "period": period,
        "buyer_reference": buyer.buyer_reference or "",
        "purchase_order": row.po_number,
        "account_number": buyer.code,
        "bank": Bank(company.iban, company.bic or "", company.bank_name or "") if company.iban else None,
        "accounting_vat": AccountingVat(row.home_currency, row.home_vat, row.exchange_rate) if accounting else None,
        "colour": company.colour or Document.colour,
    }


def _seller(company: Company) -> Party:
    street = tuple(filter(None, (company.street, company.street_more)))
    contact = Contact(company.contact_name or "", company.contact_phone or "", company.contact_email or "")
    return Party(
        name=company.legal_name,
        address=Address(company.country, street, company.postcode or "", company.city or ""),
        vat_id=company.vat_id or "",
        registration_id=company.registration_number or "",
        contact=contact,
        electronic_address=_electronic(company.electronic_address, company.contact_email),
    )


def _buyer(account: Account) -> Party:
    return Party(
        name=account.print_name or account.name,
        address=Address(account.country, _street(account.address), account.postcode or "", account.city or ""),
        vat_id=account.vat_number or "",
        electronic_address=_electronic(account.electronic_address, account.billing_email),
    )


def _description(line: InvoiceLine, row: Invoice) -> str:
    """The asset, the order, its PO where the orders have several, and the day of the delivery: in no language but for
    the date."""
    printed, order = printed_language(row.language), line.order_line.order
    locale = wording.LOCALES.get(printed, printed)
    day = format_date(line.delivered_on, "medium", locale=locale) if line.delivered_on else ""
    has_several = row.order_id is None and not row.po_number
    po_number = f"PO {order.po_number}" if has_several and order.po_number else ""
    return " · ".join(filter(None, (line.asset and line.asset.number, order.number, po_number, day)))


def _street(address: str | None) -> tuple[str, ...]:
    """What is beyond the third line joins it."""
    lines = [line.strip() for line in (address or "").splitlines() if line.strip()]
    first, rest = lines[: MOST_STREET_LINES - 1], lines[MOST_STREET_LINES - 1 :]
    return (*first, ", ".join(rest)) if rest else tuple(first)


def _electronic(address: str | None, email: str | None) -> ElectronicAddress | None:
    """Where there is no other address, XRechnung accepts e-mail."""
    if address:
        scheme, _colon, identifier = address.partition(":")
        return ElectronicAddress(scheme, identifier)
    return ElectronicAddress("EM", email) if email else None


def _tax(code: TaxCode, language: str) -> Tax:
    reason = code.reasons.get(languages.base(language), "") if code.category.needs_reason else ""
    return Tax(
        Category(code.category.value), Decimal(code.rate) / 100, reason, (code.reason_code or "") if reason else ""
    )


def _points(rate: Decimal) -> int:
    return int(rate * 100)


def _line(row: InvoiceLine, tax: Tax) -> Line:
    return Line(
        name=row.product_name,
        quantity=row.quantity,
        unit_price=row.unit_price,
        tax=tax,
        recipient=row.recipient,
        description=row.description,
        item_number=row.product_code,
    )
