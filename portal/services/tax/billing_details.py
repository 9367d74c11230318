"""What the billing details of an account may hold."""

import re
from enum import Enum
from typing import Any

from stdnum.de import leitweg
from stdnum.exceptions import ValidationError

from portal.core import field_rules
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import InvoiceDelivery, InvoiceRhythm, TaxCode
from portal.services.tax import tax_codes

FIELDS = ("print_name", "tax_code", "buyer_reference", "electronic_address", "invoice_rhythm", "invoice_delivery")
LONGEST = {"print_name": 200, "buyer_reference": 100, "electronic_address": 120}
_LEITWEG = re.compile(r"(?:0[1-9]|1[0-6]|99)\d*(?:-[A-Za-z0-9]{1,30})?-\d{2}")
"""What begins like the number of a German state or of the federation, and ends in two check digits."""
_ADDRESS = re.compile(r"(?P<scheme>\d{4}|AN|AQ|AS|AU|EM):(?P<id>[^\s:]\S*)")
"""A scheme of the list EAS."""


def tax_code(field: str, value: TaxCode | str | None) -> TaxCode | None:
    """By its code. Raises InvalidInput."""
    if isinstance(value, TaxCode) or not (value or "").strip():
        return value or None
    code = tax_codes.by_code(field_rules.kept_text(value, field, field_rules.LONGEST_ACCOUNT_CODE))
    if code is None:
        raise InvalidInput(field, _("Choose a tax code from the list."))
    return code


def print_name(field: str, value: str | None) -> str | None:
    return field_rules.name(value, field, LONGEST[field]) if (value or "").strip() else None


def buyer_reference(field: str, value: str | None) -> str | None:
    text = field_rules.kept_text(value or "", field, LONGEST[field])
    if _LEITWEG.fullmatch(text):
        try:
            leitweg.validate(text)
        except ValidationError as wrong:
            raise InvalidInput(field, _("It looks like a Leitweg-ID, but its check digits are wrong.")) from wrong
    return text or None


def electronic_address(field: str, value: str | None) -> str | None:
    text = field_rules.kept_text(value or "", field, LONGEST[field])
    if text and not _ADDRESS.fullmatch(text):
        raise InvalidInput(field, _("Write the scheme and the id, such as 9930:DE136695976 or 0088:4012345000009."))
    return text or None


def rhythm(field: str, value: InvoiceRhythm | str | None) -> InvoiceRhythm:
    return _choice(field, value, InvoiceRhythm)


def delivery(field: str, value: InvoiceDelivery | str | None) -> InvoiceDelivery:
    return _choice(field, value, InvoiceDelivery)


def _choice(field: str, value: Any, kind: type[Enum]) -> Any:
    """An empty one is that of new accounts."""
    try:
        return kind(value) if value else next(iter(kind))
    except ValueError as unknown:
        words = ", ".join(each.value for each in kind)
        raise InvalidInput(field, _("Choose one of these: %(words)s.", words=words)) from unknown
