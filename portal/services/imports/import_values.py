"""Turns cells into values. A cell that is not clear is refused with a sentence.

Nothing is guessed: 1,000 may be a thousand or one, 5.0 may be five or fifty, 01/02/03 may be anything.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from portal.core import clock, csv_safe, field_rules
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import MAX_DAYS, SyncStatus
from portal.services.accounts import account_rules

MOST = 1_000_000
"""Licences in one coupon, as in an order."""
EARLIEST = date(2000, 1, 1)
LONGEST_NAME = 120
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0{1,6})?)?)?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})([/.-])([0-9]{{1,2}})\2([0-9]{{1,4}}){_MIDNIGHT}")
_ISO = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}}){_MIDNIGHT}")
_OPEN_STATUSES = ("synchronizing", "unconfirmed", "checking with bittitan", "review", "needs review", "pending")


class BadCell(ValueError):
    """The message tells the person what to do."""


class Implausible(BadCell):
    """The value is not taken, unless it is recorded already."""

    def __init__(self, message: str, value: str):
        super().__init__(message)
        self.value = value


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


def whole(value: str, most: int) -> int:
    """Raises BadCell."""
    if not value:
        raise BadCell(_("It is empty. Write a whole number from 1 to %(most)s.", most=most))
    is_whole = value.isascii() and value.isdigit() and len(value) <= 10
    if not is_whole or not 1 <= int(value) <= most:
        raise BadCell(
            _(
                "“%(text)s” is no whole number from 1 to %(most)s. Write digits only, without signs or separators.",
                text=shown(value), most=most,
            )
        )  # fmt: skip
    return int(value)


def days(value: str) -> int:
    return whole(value, MAX_DAYS)


def purchase_date(value: str) -> date:
    """Day first, or ISO. Raises BadCell."""
    day = _date(value)
    if day < EARLIEST:
        raise BadCell(_("“%(text)s” is before the year 2000.", text=value))
    if day > clock.today() + timedelta(days=1):
        raise BadCell(_("“%(text)s” lies in the future.", text=value))
    return day


@lru_cache(maxsize=4096)
def _date(value: str) -> date:
    """Cached, as dates repeat often. Raises BadCell."""
    if not value:
        raise BadCell(_("It is empty. Write a date such as 31/12/2025 or 2025-12-31."))
    if iso := _ISO.fullmatch(value):
        year, month, day = (int(part) for part in iso.groups())
    elif day_first := _DAY_FIRST.fullmatch(value):
        if len(day_first[4]) != 4:
            raise BadCell(_("“%(text)s” has no year of four digits. Write it as 31/12/2025.", text=value))
        day, month, year = int(day_first[1]), int(day_first[3]), int(day_first[4])
    else:
        sentence = _(
            "“%(text)s” is no date. Write the day first, such as 31/12/2025, or 2025-12-31.", text=shown(value)
        )
        raise BadCell(sentence)
    try:
        return date(year, month, day)
    except ValueError:
        if month > 12 >= day:
            raise BadCell(_("“%(text)s” has no such month: the day comes first.", text=value)) from None
        raise BadCell(_("“%(text)s” is not in the calendar.", text=value)) from None


def sync_status(value: str) -> SyncStatus:
    """Accepts only the two final statuses. Raises BadCell."""
    word = " ".join(value.casefold().strip("….").split())
    if word == SyncStatus.SYNCHRONIZED.value:
        return SyncStatus.SYNCHRONIZED
    if word == SyncStatus.FAILED.value:
        return SyncStatus.FAILED
    if not word:
        raise BadCell(_("It is empty. Write Synchronized or Failed."))
    if word in _OPEN_STATUSES:
        raise BadCell(
            _(
                "“%(text)s” is no result: find out in the other system how it ended, then write Synchronized or "
                "Failed.",
                text=shown(value),
            )
        )
    raise BadCell(_("“%(text)s” is not known. Write Synchronized or Failed.", text=shown(value)))


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


@lru_cache(maxsize=4096)
def of_account(field: str, value: str) -> str | None:
    """Uses the same rules as the browser's form. Raises BadCell."""
    text(value, 1000)
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
}


def shown(value: str) -> str:
    """The part that fits into a sentence, without characters that would move a terminal's cursor."""
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return short if short.isprintable() else "".join(mark if mark.isprintable() else field_rules.LOST for mark in short)
