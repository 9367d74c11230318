"""Amounts of money as people type them, exact: never held in a float."""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision

from portal.core.i18n import gettext as _

MOST = 10**15
_TYPED = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.(?P<part>[0-9]{1,6}))?")


def minor_units(text: str, currency: str) -> int:
    """Parses major units such as 10000.50 or 10,000.50. Raises ValueError with a sentence for the person."""
    digits = get_currency_precision(currency)
    match = _TYPED.fullmatch(text.replace(" ", "").replace("\u00a0", "").replace("\u202f", ""))
    if match is None:
        example = "10000" if digits == 0 else f"10000.{'5'.ljust(digits, '0')}"
        raise ValueError(_("Enter an amount such as %(example)s.", example=example))
    part = (match["part"] or "").rstrip("0")
    if len(part) > digits:
        raise ValueError(_("%(currency)s has no more than %(digits)s decimals.", currency=currency, digits=digits))
    amount = int(match["whole"].replace(",", "")) * 10**digits + int(part.ljust(digits, "0") or 0)
    if amount > MOST:
        raise ValueError(_("That is more than can be kept."))
    return amount


def major_units(amount: int, currency: str) -> str:
    """As it would be typed: plain digits and a point."""
    return f"{exact(amount, currency):f}"


def exact(amount: int, currency: str) -> Decimal:
    """In major units. For CSV files, where a text with a minus gets an apostrophe, and is summed by no program."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))
