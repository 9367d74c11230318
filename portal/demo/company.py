"""The seller of the demo, and its tax codes."""

from datetime import datetime, timedelta
from types import MappingProxyType

from portal.demo.account_tree import AccountTree
from portal.extensions import db
from portal.models import Company, InvoiceRhythm, TaxCategory, TaxCode
from portal.services.tax import proposals, tax_codes
from portal.services.tax.usual_texts import REASON_CODES, REASONS

_SELLER = {
    "legal_name": "Meridian Distribution A.E.", "street": "Ακτή Μιαούλη 85", "postcode": "185 38", "city": "Πειραιάς",
    "country": "GR", "vat_id": "EL094014201", "registration_number": "123456789000",
    "contact_name": "Elena Papadaki", "contact_phone": "+30 210 555 0100", "contact_email": "billing@meridian.example",
    "electronic_address": "9933:EL094014201",
    "bank_name": "Εθνική Τράπεζα, Αθήνα", "iban": "GR1601101250000000012300695", "bic": "ETHNGRAA",
    "payment_days": 14, "invoice_pattern": "INV-{year}-{number:06}", "credit_note_pattern": "CN-{year}-{number:06}",
    "colour": "#2F4AA8",
    "terms": {
        "en": "Payable within 14 days without deduction.", "de": "Zahlbar innerhalb von 14 Tagen ohne Abzug.",
        "el": "Πληρωτέο εντός 14 ημερών χωρίς έκπτωση.", "fr": "Payable sous 14 jours sans escompte.",
    },
}  # fmt: skip
STANDARD, REVERSE_CHARGE, OUTSIDE = "GR-24", "EU-RC", "NON-EU"
_OUTSIDE = {
    "ar": "خارج نطاق ضريبة القيمة المضافة", "he": "מחוץ לתחולת מע״מ", "tr": "KDV kapsamı dışında",
    "sr": "Ван предмета опорезивања ПДВ-ом",
}  # fmt: skip
"""Beside the usual texts. Japanese has none, so its invoices wait."""
_EXEMPT = {"en": "Exempt from VAT: cultural services", "el": "Απαλλαγή από τον ΦΠΑ: πολιτιστικές υπηρεσίες"}
UNDECIDED = "ES"
"""Of the accounts that the portal cannot propose a tax code for, only those of this country wait for a person."""
_CODES = MappingProxyType(
    {
        STANDARD: ("Greece, standard", TaxCategory.STANDARD, 2400),
        "GR-17": ("Greece, islands", TaxCategory.STANDARD, 1700),
        REVERSE_CHARGE: ("EU business, reverse charge", TaxCategory.REVERSE_CHARGE, 0),
        OUTSIDE: ("Outside the EU", TaxCategory.OUTSIDE, 0),
        "GR-0": ("Greece, zero rate", TaxCategory.ZERO, 0),
        "GR-EX": ("Greece, exempt", TaxCategory.EXEMPT, 0),
        "EXPORT": ("Export of goods", TaxCategory.EXPORT, 0),
        "EU-GOODS": ("EU business, goods", TaxCategory.INTRA_COMMUNITY, 0),
    }
)
_DECIDED = MappingProxyType(
    {"CUST-1151": "GR-0", "CUST-1139": "GR-EX", "PART-010": "EXPORT", "PART-007": "EU-GOODS"}
)  # fmt: skip
"""What a person decided otherwise, so that there are invoices with each category."""
_PEPPOL_SCHEMES = MappingProxyType({"DE": "9930", "GR": "9933", "FR": "9957", "AT": "9914"})
"""By country: the scheme of a VAT id as an electronic address."""
_BUYER_REFERENCES = MappingProxyType(
    {"PART-001": "04011000-1234512345-06", "PART-002": "ΠΡ-2210", "PART-007": "ACHATS-75", "CUST-1138": "KST 4711"}
)
"""Of the public buyers and others that ask for one; the first is a Leitweg-ID."""


def decide_tax_codes(tree: AccountTree) -> None:
    """Inside a transaction: as the portal proposes, and public buyers get what they need."""
    codes = tax_codes.usable()
    by_code = {code.code: code for code in codes}
    direct = tree.customers.get(tree.distributor.id, [])
    for place, account in enumerate((*tree.partners, *direct)):
        proposed = proposals.propose(_SELLER["country"], account, codes).tax_code
        decided = by_code.get(_DECIDED.get(account.code)) or proposed
        account.tax_code = decided or (by_code[STANDARD] if account.country != UNDECIDED else None)
        account.invoice_rhythm = InvoiceRhythm.ORDER if place % 6 == 4 else InvoiceRhythm.MONTHLY
        account.buyer_reference = _BUYER_REFERENCES.get(account.code)
        if account.country in _PEPPOL_SCHEMES and account.vat_number:
            account.electronic_address = f"{_PEPPOL_SCHEMES[account.country]}:{account.vat_number}"


def create_company(today: datetime) -> None:
    """Inside a transaction."""
    company = db.session.get(Company, 1)
    for field, value in _SELLER.items():
        setattr(company, field, value)
    db.session.add_all(
        TaxCode(
            code=code, name=name, category=category, rate=rate, reason_code=REASON_CODES.get(category),
            reasons=_reasons(category), created_at=today - timedelta(days=1900),
        )
        for code, (name, category, rate) in _CODES.items()
    )  # fmt: skip


def _reasons(category: TaxCategory) -> dict[str, str]:
    own = {TaxCategory.OUTSIDE: _OUTSIDE, TaxCategory.EXEMPT: _EXEMPT}
    return dict(REASONS.get(category, {})) | own.get(category, {})
