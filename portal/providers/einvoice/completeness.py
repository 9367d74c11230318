"""What EN 16931, XRechnung and Peppol ask a document for, told before anything is generated."""

from collections.abc import Iterator
from enum import StrEnum

from portal.providers.einvoice.document import Category, Document, Kind, Party


class Format(StrEnum):
    FACTUR_X = "Factur-X"
    """CII by the profile EN 16931; ZUGFeRD is the same. The PDF carries this one."""
    XRECHNUNG = "XRechnung"
    """CII for German public buyers."""
    PEPPOL = "Peppol"
    """UBL by Peppol BIS Billing 3."""


BUYER_IS_TAXED = {Category.REVERSE_CHARGE, Category.INTRA_COMMUNITY}
HAVE_NO_REASON = {Category.STANDARD, Category.ZERO}


def missing_fields(document: Document, format: Format) -> tuple[str, ...]:
    """What is missing, or must not be there, by the field's name: `buyer.vat_id`, `tax.AE.reason`.

    Empty if the XML can be generated. A currency with more than two decimals is another matter: see `xml.generate`.
    """
    parts = [_by_tax(document), _by_payment(document)]
    if format is Format.XRECHNUNG:
        parts.append(_by_xrechnung(document))
    if format is Format.PEPPOL:
        parts.append(_by_peppol(document))
    return tuple(dict.fromkeys(name for part in parts for name in part))


def is_outside_scope(document: Document) -> bool:
    """Whether a line is outside the scope of VAT: then all are, and nobody's VAT id is given."""
    return any(line.tax.category is Category.OUTSIDE for line in document.lines)


def _by_tax(document: Document) -> Iterator[str]:
    taxes = {line.tax.category: line.tax for line in document.lines}
    for category, tax in taxes.items():
        if (category in HAVE_NO_REASON) == bool(tax.reason or tax.reason_code):
            yield f"tax.{category}.reason"
    if Category.OUTSIDE in taxes:
        yield from ["tax.O.mixed"] if len(taxes) > 1 else []
        yield from ["seller.registration_id"] if not document.seller.registration_id else []
    elif not document.seller.vat_id:
        yield "seller.vat_id"
    if BUYER_IS_TAXED & taxes.keys() and not document.buyer.vat_id:
        yield "buyer.vat_id"
    if Category.INTRA_COMMUNITY in taxes and not document.period:
        yield "period"


def _by_payment(document: Document) -> Iterator[str]:
    """BR-CO-25; a UBL credit note has no place for a due date."""
    if not document.payment_terms and (document.due_on is None or document.kind is Kind.CREDIT_NOTE):
        yield "payment_terms"


def _by_xrechnung(document: Document) -> Iterator[str]:
    contact = document.seller.contact
    values = {
        "buyer_reference": document.buyer_reference,
        "bank": document.bank,
        "period": document.period,
        "seller.contact.name": contact.name,
        "seller.contact.phone": contact.phone,
        "seller.contact.email": contact.email,
        **_addresses("seller", document.seller),
        **_addresses("buyer", document.buyer),
    }
    return (name for name, value in values.items() if not value)


def _addresses(role: str, party: Party) -> dict[str, object]:
    return {
        f"{role}.address.postcode": party.address.postcode,
        f"{role}.address.city": party.address.city,
        f"{role}.electronic_address": party.electronic_address,
    }


def _by_peppol(document: Document) -> Iterator[str]:
    for role in ("seller", "buyer"):
        if not getattr(document, role).electronic_address:
            yield f"{role}.electronic_address"
    if not document.buyer_reference and not document.purchase_order:
        yield "buyer_reference"
