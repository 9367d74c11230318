"""What the fields of the company may hold. All are optional; services/company/readiness.py says what is missing."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from babel import Locale
from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from portal.core import field_rules, spelling
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import Company, email_address
from portal.services.company import number_patterns
from portal.services.tax import billing_details, vat_ids

LONGEST = {
    "legal_name": 200, "street": 200, "street_more": 200, "postcode": 20, "city": 100, "vat_id": 40,
    "registration_number": 40, "contact_name": 120, "contact_phone": 40, "contact_email": 254, "bank_name": 120,
}  # fmt: skip
LONGEST_TERMS = 1000
MOST_DAYS = 365
LEAST_CONTRAST = 4.5
"""On white, as for text (WCAG 2.2)."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def checked(details: Mapping[str, Any], stored: Company) -> dict[str, Any]:
    """Each value as it is stored; an empty one becomes None. What is stored already is not judged again. Raises
    InvalidInput for the first invalid one."""
    values = {
        field: value if spelling.is_same(field, getattr(stored, field), value) else _RULES[field](field, value)
        for field, value in details.items()
    }
    _check_vat_id(values, stored)
    _check_patterns(values, stored)
    return {field: value or None for field, value in values.items()} | _days(values)


def checked_terms(terms: Mapping[str, str]) -> dict[str, str]:
    texts = {
        language: field_rules.long_text(text or "", f"terms_{language}", LONGEST_TERMS)
        for language, text in terms.items()
    }
    return {language: text for language, text in texts.items() if text}


def contrast(colour: str) -> float:
    """Of `colour` on white: 1 to 21."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _days(values: Mapping[str, Any]) -> dict[str, int | None]:
    """0 days are days."""
    return {"payment_days": values["payment_days"]} if "payment_days" in values else {}


def _check_vat_id(values: Mapping[str, Any], stored: Company) -> None:
    if not values.get("vat_id") or values["vat_id"] == stored.vat_id:
        return
    country = values.get("country", stored.country)
    if vat_ids.is_plausible(values["vat_id"], country) is False:
        message = _("That is no VAT id: check its digits, and its country’s letters. Greek ones begin with EL.")
        raise InvalidInput("vat_id", message)


def _check_patterns(values: Mapping[str, Any], stored: Company) -> None:
    names = ("invoice_pattern", "credit_note_pattern")
    invoices, credit_notes = (values.get(name, getattr(stored, name)) for name in names)
    if invoices and credit_notes and number_patterns.may_collide(invoices, credit_notes):
        message = _("An invoice could get the same number. Begin them with other letters, such as INV- and CN-.")
        raise InvalidInput("credit_note_pattern", message)


def _line(field: str, value: str | None) -> str:
    return field_rules.kept_text(value or "", field, LONGEST[field])


def _email(field: str, value: str | None) -> str:
    text = email_address.readable(value or "")
    if text and not email_address.is_address(text):
        raise InvalidInput(field, _("Enter an e-mail address, such as name@company.example."))
    return text


def _country(field: str, value: str | None) -> str:
    code = (value or "").strip().upper()
    if code and not (len(code) == 2 and code.isalpha() and code in Locale("en").territories):
        raise InvalidInput(field, _("Choose a country from the list."))
    return code


def _vat_id(field: str, value: str | None) -> str:
    return vat_ids.compact(_line(field, value))


def _iban(field: str, value: str | None) -> str:
    text = "".join((value or "").split()).upper()
    return text and _valid(field, iban, text, _("That is no IBAN: check its digits."))


def _bic(field: str, value: str | None) -> str:
    text = "".join((value or "").split()).upper()
    return text and _valid(field, bic, text, _("That is no BIC: it has 8 or 11 letters and digits."))


def _valid(field: str, checker: Any, text: str, sentence: str) -> str:
    try:
        return checker.validate(text)
    except ValidationError as wrong:
        raise InvalidInput(field, sentence) from wrong


def _payment_days(field: str, value: int | None) -> int | None:
    if value is not None and not 1 <= value <= MOST_DAYS:
        raise InvalidInput(field, _("Enter a whole number from %(low)s to %(high)s.", low=1, high=MOST_DAYS))
    return value


def _colour(field: str, value: str | None) -> str:
    text = (value or "").strip().upper()
    if text and not _COLOUR.fullmatch(text):
        raise InvalidInput(field, _("Enter a colour such as #2F4AA8."))
    if text and contrast(text) < LEAST_CONTRAST:
        raise InvalidInput(field, _("It is too light to be read on white. Choose a darker one."))
    return text


_RULES: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("legal_name", "street", "street_more", "postcode", "city"), _line),
    "country": _country,
    "vat_id": _vat_id,
    **dict.fromkeys(("registration_number", "contact_name", "contact_phone"), _line),
    "contact_email": _email,
    "electronic_address": billing_details.electronic_address,
    "bank_name": _line,
    "iban": _iban,
    "bic": _bic,
    "payment_days": _payment_days,
    "invoice_pattern": number_patterns.checked,
    "credit_note_pattern": number_patterns.checked,
    "colour": _colour,
}
FIELDS = tuple(_RULES)
