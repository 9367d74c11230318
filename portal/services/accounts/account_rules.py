"""What the fields of an account may hold. Its place in the tree and the rights are decided in services/accounts."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from babel.numbers import is_currency

from portal.core import field_rules, money, spelling
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import Account, AccountKind, email_address
from portal.models.text_keys import collation_key
from portal.services.tax import billing_details

LONGEST = {"name": 200, "address": 500, "postcode": 20, "city": 100, "vat_number": 40}
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
_PREFIXES = {AccountKind.DISTRIBUTOR: "DIST", AccountKind.PARTNER: "PART", AccountKind.CUSTOMER: "CUST"}
_SHARED = ("XAF", "XCD", "XCG", "XOF", "XPF")
"""The only codes beginning with X that people pay in; the others are metals, tests and units of account."""
_CLEAR = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def checked(details: Mapping[str, Any], stored: Account | None = None) -> dict[str, Any]:
    """Each value as it is stored; an empty one becomes None. A value that only spells the stored one differently is the
    stored one, which is not judged again. Raises InvalidInput for the first invalid one."""
    values = {field: _checked(field, value, stored) for field, value in details.items()}
    code = values.get("tax_code")
    if code is not None and code.is_retired and (stored is None or stored.tax_code_id != code.id):
        raise InvalidInput("tax_code", _("%(code)s is retired. Choose another tax code.", code=code.code))
    return values


def _checked(field: str, value: Any, stored: Account | None) -> Any:
    if stored is not None and spelling.is_same(field, getattr(stored, field), value):
        return getattr(stored, field)
    return _RULES[field](field, value)


def generated_code(kind: AccountKind) -> str:
    """Random, because a sequential number would reveal how many accounts there are."""
    return f"{_PREFIXES[kind]}-{''.join(secrets.choice(_CLEAR) for _ in range(7))}"


@lru_cache(maxsize=50)
def countries(locale: Locale) -> list[tuple[str, str]]:
    """Code and name, sorted by name."""
    named = ((code, name) for code, name in locale.territories.items() if _is_country(code))
    return sorted(named, key=lambda each: collation_key(each[1]))


def currencies(locale: Locale) -> list[tuple[str, str]]:
    """Code and name of the currencies in use anywhere, sorted by code."""
    used = {entry[0] for entries in get_global("territory_currencies").values() for entry in entries if _is_now(entry)}
    return [(code, locale.currencies.get(code, code)) for code in sorted(used)]


def _is_now(entry: tuple) -> bool:
    _code, _since, until, is_tender = entry
    return until is None and is_tender


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO")


def _text(field: str, value: str | None) -> str | None:
    text = unicodedata.normalize("NFC", value or "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST[field]:
        raise InvalidInput(field, _("Use at most %(most)s characters.", most=LONGEST[field]))
    if any(unicodedata.category(mark) in ("Cc", "Cs") and not _is_line_end(field, mark) for mark in text):
        raise InvalidInput(field, _("Leave out control characters: only text can be kept."))
    return text or None


def _line(field: str, value: str | None) -> str | None:
    return field_rules.kept_text(value or "", field, LONGEST[field]) or None


def _is_line_end(field: str, mark: str) -> bool:
    return field == "address" and mark == "\n"


def _name(field: str, value: str | None) -> str:
    return field_rules.name(value, field, LONGEST["name"])


def _code(field: str, value: str | None) -> str | None:
    return field_rules.account_code(value, field) if (value or "").strip() else None


def _number(field: str, value: str | None) -> str | None:
    return field_rules.number(value or "", field, LONGEST[field]) or None


def _email(field: str, value: str | None) -> str | None:
    text = email_address.readable(value or "")
    if text and not email_address.is_address(text):
        raise InvalidInput(field, _("Enter an e-mail address, such as name@company.example."))
    return text or None


def _country(field: str, value: str | None) -> str | None:
    code = (value or "").strip().upper()
    if code and not (_is_country(code) and code in Locale("en").territories):
        raise InvalidInput(field, _("Choose a country from the list."))
    return code or None


def _currency(field: str, value: str | None) -> str:
    code = (value or "").strip().upper()
    is_known = code.isascii() and len(code) == 3 and is_currency(code, "en")
    if not is_known or (code.startswith("X") and code not in _SHARED):
        raise InvalidInput(field, _("Choose a currency from the list."))
    return code


def _language(field: str, value: str | None) -> str:
    text = (value or "").strip().replace("-", "_")
    if not LANGUAGE.fullmatch(text) or not localedata.exists(text):
        raise InvalidInput(field, _("Choose a language from the list."))
    try:
        return str(Locale.parse(text))
    except (UnknownLocaleError, ValueError) as unknown:
        raise InvalidInput(field, _("Choose a language from the list.")) from unknown


def _limit(field: str, value: int | None) -> int | None:
    if value is not None and not 0 <= value <= money.MOST:
        raise InvalidInput(field, _("Enter an amount, or leave it empty for no limit."))
    return value


_RULES: dict[str, Callable[[str, Any], Any]] = {
    "code": _code,
    "name": _name,
    "bittitan_email": _email,
    "contact_email": _email,
    "billing_email": _email,
    "address": _text,
    "postcode": _line,
    "city": _line,
    "country": _country,
    "vat_number": _number,
    "tax_code": billing_details.tax_code,
    "print_name": billing_details.print_name,
    "buyer_reference": billing_details.buyer_reference,
    "electronic_address": billing_details.electronic_address,
    "invoice_rhythm": billing_details.rhythm,
    "invoice_delivery": billing_details.delivery,
    "currency": _currency,
    "language": _language,
    "credit_limit": _limit,
}
FIELDS = tuple(_RULES)
