"""What a VAT id looks like. Good check digits make it plausible; whether it is registered, only an authority knows."""

from functools import cache
from importlib import import_module
from types import ModuleType

from stdnum.exceptions import ValidationError

EU = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split())
_OTHERS = {"GB": "stdnum.gb.vat", "CH": "stdnum.ch.vat", "NO": "stdnum.no.mva", "XI": "stdnum.eu.vat"}
"""Outside the EU, by the country or the prefix of the number."""


def compact(text: str) -> str:
    """Without spaces and signs, in capital letters. Greek numbers begin with EL, though the country is GR."""
    plain = "".join(mark for mark in text.upper() if mark.isalnum())
    return f"EL{plain[2:]}" if plain.startswith("GR") and plain[2:].isdigit() else plain


def is_plausible(text: str, country: str | None = None) -> bool | None:
    """Whether the check digits are right; None where the portal knows no rule. A number without a prefix is read as
    one of `country`; one of the EU needs its prefix on an invoice, so it is not plausible without one."""
    number = compact(text)
    prefix = number[:2]
    if prefix in EU - {"GR"} or prefix in ("EL", "XI"):
        return _is_valid("stdnum.eu.vat", number)
    if country in EU:
        return False
    checker = _OTHERS.get(country or prefix) or _OTHERS.get(prefix)
    return None if checker is None else _is_valid(checker, number)


def country_of(text: str) -> str | None:
    """The country by the prefix of a number of the EU."""
    prefix = compact(text)[:2]
    prefix = "GR" if prefix == "EL" else prefix
    return prefix if prefix in EU else None


def _is_valid(name: str, number: str) -> bool:
    try:
        _module(name).validate(number)
    except ValidationError:
        return False
    return True


@cache
def _module(name: str) -> ModuleType:
    return import_module(name)
