"""Turns cells into values. A cell that is not clear is refused with a sentence; nothing is guessed.

What depends on the whole file, dates and numbers, stands in reading/.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from portal.core import csv_safe, field_rules, money
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import SyncStatus
from portal.services.accounts import account_rules
from portal.services.imports.reading import exported, numbers
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, Implausible, shown

LONGEST_NAME = 120


def plain(cell: str) -> str:
    """One line, without the apostrophes that stop a spreadsheet from running a formula."""
    text = csv_safe.plain(cell)
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    return text.replace("\r\n", " ").replace("\r", " ").replace("\n", " ").replace("\t", " ").strip()


def text(value: str, most: int, *, empty: object = None) -> str:
    """Raises BadCell."""
    if not value and empty is not None:
        raise BadCell(empty)
    if not value.isprintable() and any(unicodedata.category(mark) in ("Cc", "Cs") for mark in value):
        raise BadCell(_("It holds bytes or control characters that are no text."))
    if field_rules.LOST in value:
        raise BadCell(_("Some characters got lost on the way (%(lost)s). Type them again.", lost=field_rules.LOST))
    if len(value) > most:
        raise BadCell(_("Use at most %(most)s characters; these are %(count)s.", most=most, count=len(value)))
    return value


def sync_status(value: str) -> SyncStatus:
    """Accepts only the two final statuses. Raises BadCell; Implausible for one that only an asset that is there may
    have."""
    word = " ".join(value.casefold().strip("….").split())
    status = exported.STATUSES.get(word)
    if status in (SyncStatus.SYNCHRONIZED, SyncStatus.FAILED):
        return status
    if not word:
        raise BadCell(_("It is empty. Write Synchronized or Failed."))
    if status is None and word != "pending":
        raise BadCell(_("“%(text)s” is not known. Write Synchronized or Failed.", text=shown(value)))
    why = _(
        "“%(text)s” is no result: find out in the other system how it ended, then write Synchronized or Failed.",
        text=shown(value),
    )
    raise Implausible(why, status)


def coupon_code(value: str) -> str | None:
    """Raises BadCell, whose reasons never repeat the code."""
    if not value:
        return None
    try:
        return _by(field_rules.coupon_code, text(value, field_rules.LONGEST_CODE))
    except Implausible as refusal:
        raise Implausible(_("%(why)s Leave it empty where there is none.", why=refusal), refusal.value) from refusal


def asset_id(value: str, empty: str) -> str:
    return _by(field_rules.asset_id, text(value, field_rules.LONGEST_ASSET_ID, empty=empty), "external_id")


def asset_name(value: str) -> str:
    return _by(field_rules.name, text(value, LONGEST_NAME), "name", LONGEST_NAME) if value else ""


def code_of_account(value: str, empty: str) -> str:
    if not value:
        raise BadCell(empty)
    return of_account("code", value)


def reference(value: str, empty: str) -> str:
    """The code of an account that is there, or not; whether it could be given to a new one does not matter."""
    return text(value, 1000, empty=empty)


def amount(value: str, currency: str | None, style: NumberStyle | None) -> int | None:
    """In minor units. Raises BadCell."""
    if not value or currency is None:
        return None
    try:
        return money.minor_units(numbers.amount_text(value, style), currency)
    except ValueError as unreadable:
        raise BadCell(f"“{shown(value)}”: {unreadable}") from unreadable


@lru_cache(maxsize=4096)
def number(field: str, value: str, most: int) -> str:
    """A number of an authority. Raises BadCell."""
    return _by(field_rules.number, text(value, most), field, most)


def of_account(field: str, value: str) -> str | None:
    """Uses the same rules as the browser's form. Raises BadCell."""
    for line in value.splitlines() if field == "address" else (value,):
        text(line, 1000)
    try:
        return _by(account_rules.checked, {field: value})[field]
    except BadCell as refusal:
        if (sentence := _SENTENCES.get(field)) is None:
            raise
        raise BadCell(sentence(shown(value))) from refusal


def _by(rule: Callable[..., Any], *args: Any) -> Any:
    """By a rule that the forms have, too."""
    try:
        return rule(*args)
    except field_rules.Implausible as refusal:
        raise Implausible(refusal.message, refusal.value) from refusal
    except InvalidInput as refusal:
        raise BadCell(refusal.message) from refusal


_SENTENCES: dict[str, Callable[[str], str]] = {
    "country": lambda value: _("“%(text)s” is no country. Write its code, such as DE.", text=value),
    "currency": lambda value: (
        _("“%(text)s” is no currency. Write its code, such as EUR.", text=value)
        if value
        else _("It is empty. Write a currency, such as EUR.")
    ),
    "bittitan_email": lambda value: _("“%(text)s” is no e-mail address.", text=value),
    "billing_email": lambda value: _("“%(text)s” is no e-mail address.", text=value),
    "contact_email": lambda value: _("“%(text)s” is no e-mail address.", text=value),
    "language": lambda value: _("“%(text)s” is no language. Write its code, such as en.", text=value),
}
