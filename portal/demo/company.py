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
UNDECIDED = "ES"
"""Of the accounts that the portal cannot propose a tax code for, only those of this country wait for a person."""
_CODES = MappingProxyType(
    {
        STANDARD: ("Greece, standard", TaxCategory.STANDARD, 2400),
        "GR-17": ("Greece, islands", TaxCategory.STANDARD, 1700),
        REVERSE_CHARGE: ("EU business, reverse charge", TaxCategory.REVERSE_CHARGE, 0),
        OUTSIDE: ("Outside the EU", TaxCategory.OUTSIDE, 0),
    }
)


def decide_tax_codes(tree: AccountTree) -> None:
    """Inside a transaction: as the portal proposes, and public buyers get what they need."""
    codes = tax_codes.usable()
    by_code = {code.code: code for code in codes}
    direct = tree.customers.get(tree.distributor.id, [])
    for place, account in enumerate((*tree.partners, *direct)):
        proposed = proposals.propose(_SELLER["country"], account, codes).tax_code
        account.tax_code = proposed or (by_code[STANDARD] if account.country != UNDECIDED else None)
        account.invoice_rhythm = InvoiceRhythm.ORDER if place % 6 == 4 else InvoiceRhythm.MONTHLY
        if account.country == "DE" and account.vat_number:
            account.electronic_address = f"9930:{account.vat_number}"


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
    return dict(REASONS.get(category, {})) | (_OUTSIDE if category is TaxCategory.OUTSIDE else {})
