"""What is missing before the first invoice can be issued."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.models import Company, TaxCategory, TaxCode
from portal.services.tax import languages

_NEEDED = {
    "legal_name": lazy("The legal name is missing."),
    "street": lazy("The street is missing."),
    "postcode": lazy("The postcode is missing."),
    "city": lazy("The town is missing."),
    "country": lazy("The country is missing."),
    "contact_name": lazy("The contact on invoices is missing. XRechnung wants one."),
    "contact_phone": lazy("The telephone number is missing. XRechnung wants one."),
    "contact_email": lazy("The e-mail address is missing. XRechnung wants one."),
    "iban": lazy("The IBAN is missing."),
    "payment_days": lazy("The payment terms are missing."),
    "invoice_pattern": lazy("The pattern of invoice numbers is missing."),
    "credit_note_pattern": lazy("The pattern of credit note numbers is missing."),
}


@dataclass(frozen=True)
class Missing:
    field: str
    sentence: str
    tax_code: TaxCode | None = None
    """Whose field it is; None: the company's."""


def missing(company: Company, tax_codes: Iterable[TaxCode]) -> list[Missing]:
    """`tax_codes`: those in use. Two statements at most."""
    codes = list(tax_codes)
    empty = [Missing(field, str(sentence)) for field, sentence in _NEEDED.items() if getattr(company, field) is None]
    return [*empty, *_numbers(company, codes), *_texts(codes)]


def _numbers(company: Company, codes: list[TaxCode]) -> Iterator[Missing]:
    """The numbers of the authorities, as the tax codes want them."""
    outside = [code for code in codes if code.category is TaxCategory.OUTSIDE]
    if company.vat_id is None and len(outside) < max(len(codes), 1):
        yield Missing("vat_id", _("The VAT id is missing."))
    if company.registration_number is None and outside:
        message = _("The registration number is missing: invoices of category O have no VAT id, and need it.")
        yield Missing("registration_number", message)
    if not codes:
        yield Missing("tax_codes", _("There is no tax code in use."))


def _texts(codes: list[TaxCode]) -> Iterator[Missing]:
    wanted = languages.by_tax_code() if any(code.category.needs_reason for code in codes) else {}
    for code in codes:
        lacking = sorted(wanted.get(code.id, set()) - code.reasons.keys()) if code.category.needs_reason else []
        if lacking:
            names = ", ".join(locale_now().languages.get(language, language) for language in lacking)
            message = _("The reason of %(code)s is missing in languages of accounts: %(names)s.",
                        code=code.code, names=names)  # fmt: skip
            yield Missing(f"reason_{lacking[0]}", message, code)
