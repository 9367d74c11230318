"""Texts for the company and tax codes, and for their changes."""

from datetime import datetime
from typing import Any

from wtforms import Field, SelectField

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.display.wording.account_wording import language_name
from portal.display.wording.history_text import Change
from portal.models import AuditEntry, TaxCategory
from portal.web.filters import day

CATEGORIES = {
    TaxCategory.STANDARD: lazy("S, standard rate"),
    TaxCategory.ZERO: lazy("Z, zero rated"),
    TaxCategory.EXEMPT: lazy("E, exempt"),
    TaxCategory.REVERSE_CHARGE: lazy("AE, reverse charge"),
    TaxCategory.EXPORT: lazy("G, export of goods"),
    TaxCategory.OUTSIDE: lazy("O, outside the scope of VAT"),
    TaxCategory.INTRA_COMMUNITY: lazy("K, goods within the EU"),
}
_FIELDS = {
    "legal_name": lazy("Legal name"),
    "street": lazy("Street"),
    "street_more": lazy("Second line of the address"),
    "postcode": lazy("Postcode"),
    "city": lazy("Town"),
    "country": lazy("Country"),
    "vat_id": lazy("VAT id"),
    "registration_number": lazy("Registration number"),
    "contact_name": lazy("Contact on invoices"),
    "contact_phone": lazy("Telephone"),
    "contact_email": lazy("E-mail on invoices"),
    "electronic_address": lazy("Electronic address"),
    "bank_name": lazy("Bank"),
    "iban": lazy("IBAN"),
    "bic": lazy("BIC"),
    "payment_days": lazy("Payment terms, days"),
    "invoice_pattern": lazy("Pattern of invoice numbers"),
    "credit_note_pattern": lazy("Pattern of credit note numbers"),
    "colour": lazy("Colour of rules and titles"),
    "logo_sha256": lazy("Logo"),
    "code": lazy("Code"),
    "name": lazy("Name"),
    "category": lazy("Category"),
    "rate": lazy("Rate"),
    "reason_code": lazy("Reason code"),
}
_TEXTS = {"terms": lazy("Terms"), "reasons": lazy("Reason")}
"""By language: the field is such as `terms de`."""
_ACTS = {"create": lazy("Created"), "retire": lazy("Retired"), "use again": lazy("In use again")}


def field_text(field: Field, value: Any = ...) -> str:
    """`value` (what the field holds, if it is left out) as a person reads it."""
    value = field.data if value is ... else value
    return dict(field.choices).get(value, value) if isinstance(field, SelectField) else value or ""


def rate_text(rate: int) -> str:
    """24 %, or 5.5 %."""
    return f"{rate / 100:.2f}".rstrip("0").rstrip(".") + "\u00a0%"


def change_words(entry: AuditEntry) -> Change:
    field, _space, language = (entry.field or "").partition(" ")
    if entry.act in _ACTS:
        after = entry.after if entry.act == "create" else _day(entry.after)
        return Change(str(_ACTS[entry.act]), None, after, entry.why)
    if language:
        what = _("%(what)s, %(language)s", what=_TEXTS[field], language=language_name(language))
    else:
        what = str(_FIELDS.get(field, field))
    before, after = (_value(field, text) for text in (entry.before, entry.after))
    return Change(what, before, after, entry.why)


def _day(text: str | None) -> str | None:
    return text and day(datetime.fromisoformat(text)).striptags()


def _value(field: str, text: str | None) -> str:
    if not text:
        return ""
    if field == "country":
        return locale_now().territories.get(text, text)
    if field == "rate":
        return rate_text(int(text))
    return f"{text[:12]}…" if field == "logo_sha256" else text
