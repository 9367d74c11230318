"""Dates of a file. Whether the day or the month comes first is decided once for each column, by what stands in it.

01/02/2026 may be two days. One date in the column that can be read in one way only decides; if dates contradict each
other, or the month seems to come first, those that could be either are not taken, unless a person has said which.
"""

import enum
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now
from portal.services.imports.reading.refusals import BadCell, shown

EARLIEST = date(2000, 1, 1)
_NUMBERS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{1,4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WITH_TIME = re.compile(r"(\S*[0-9])(?:T|,?\s+)([0-9]{1,2}:[0-9]{2}.*)")
_MIDNIGHT = re.compile(
    r"(?:0?0:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s*a\.?m\.?)\s*(?:Z|[+-][0-9]{2}:?[0-9]{2}|[a-z/_ ]+)?", re.I
)


class DateOrder(enum.Enum):
    DAY = "day-first"
    MONTH = "month-first"


class Doubt(enum.Enum):
    MONTH = "month"
    """Some dates can only have the month first, and none the day."""
    BOTH = "both"
    """Some dates can only have the month first, others the day."""


@dataclass(frozen=True)
class Seen:
    """A cell that decides, or is a sample."""

    text: str
    line: int


@dataclass(frozen=True)
class DateReading:
    """How the dates of one column are read."""

    order: DateOrder = DateOrder.DAY
    is_chosen: bool = False
    doubt: Doubt | None = None
    """Why dates that could be either are not taken."""
    day_first: Seen | None = None
    """The first date that can only have the day first."""
    month_first: Seen | None = None
    either: Seen | None = None
    """The first that could be either, rather one that would be two different days."""

    def as_json(self) -> dict[str, Any]:
        seen = {name: getattr(self, name) for name in ("day_first", "month_first", "either")}
        return {
            "order": self.order.value, "is_chosen": self.is_chosen, "doubt": self.doubt.value if self.doubt else None,
            **{name: [cell.text, cell.line] if cell else None for name, cell in seen.items()},
        }  # fmt: skip

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "DateReading":
        seen = {name: Seen(*told[name]) for name in ("day_first", "month_first", "either") if told[name]}
        doubt = Doubt(told["doubt"]) if told["doubt"] else None
        return cls(DateOrder(told["order"]), told["is_chosen"], doubt, **seen)


@dataclass
class DateEvidence:
    """Collected from all cells of a column."""

    reading: DateReading = DateReading()

    def look_at(self, text: str, line: int) -> None:
        kind = _could_be(text)
        if kind is None:
            return
        known = getattr(self.reading, kind)
        if known is None or (kind == "either" and _is_same_day(known.text) and not _is_same_day(text)):
            self.reading = replace(self.reading, **{kind: Seen(shown(text), line)})

    def decided(self, chosen: DateOrder | None) -> DateReading:
        if chosen is not None:
            return replace(self.reading, order=chosen, is_chosen=True)
        if self.reading.month_first is None:
            return self.reading
        return replace(self.reading, doubt=Doubt.BOTH if self.reading.day_first else Doubt.MONTH)


def purchase_date(value: str, reading: DateReading = DateReading()) -> date:
    """Raises BadCell."""
    day = parsed(value, reading)
    if day < EARLIEST:
        raise BadCell(_("“%(text)s” is before the year 2000.", text=value))
    if day > clock.today() + timedelta(days=1):
        raise BadCell(_("“%(text)s” lies in the future.", text=value))
    return day


@lru_cache(maxsize=4096)
def parsed(value: str, reading: DateReading) -> date:
    """Cached, as dates repeat often. Raises BadCell."""
    if not value:
        raise BadCell(_("It is empty. Write a date such as 31/12/2025 or 2025-12-31."))
    text = _without_midnight(value)
    if iso := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in iso.groups())
    elif numbers := _NUMBERS.fullmatch(text):
        year, month, day = _in_order(numbers, value, reading)
    else:
        sentence = _(
            "“%(text)s” is no date. Write the day first, such as 31/12/2025, or 2025-12-31.", text=shown(value)
        )
        raise BadCell(sentence)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCell(_no_such_day(value, month, day, reading)) from None


def told(title: str, reading: DateReading) -> str | None:
    """What the preview says about a column, with a date spelt out. None where nothing could be read in two ways."""
    sample = _sample(reading)
    if reading.is_chosen:
        return _said_chosen(title, reading, sample)
    if reading.doubt is not None:
        return _said_doubt(title, reading)
    if reading.day_first is not None:
        seen = {"text": reading.day_first.text, "line": reading.day_first.line}
        return _("%(column)s: the day comes first, as in %(text)s on line %(line)s. %(sample)s", column=title,
                 sample=sample, **seen)  # fmt: skip
    if reading.either is None:
        return None
    return _("%(column)s: no date tells whether the day or the month comes first. The day was read first: %(sample)s",
             column=title, sample=sample)  # fmt: skip


def _said_doubt(title: str, reading: DateReading) -> str:
    month = {"column": title, "month": reading.month_first.text, "month_line": reading.month_first.line}
    if reading.doubt is Doubt.MONTH:
        return _(
            "%(column)s: this file seems to put the month first, as in %(month)s on line %(month_line)s. Dates that "
            "could be either are not taken until you say which comes first.", **month,
        )  # fmt: skip
    day = {"day": reading.day_first.text, "day_line": reading.day_first.line}
    return _(
        "%(column)s: the dates contradict each other: %(month)s on line %(month_line)s puts the month first, %(day)s "
        "on line %(day_line)s the day. Dates that could be either are not taken.", **month, **day,
    )  # fmt: skip


def spelt(day: date) -> str:
    return format_date(day, "d MMMM y", locale_now())


def _said_chosen(title: str, reading: DateReading, sample: str) -> str:
    if reading.order is DateOrder.MONTH:
        return _("%(column)s: the month was read first, as you said. %(sample)s", column=title, sample=sample).strip()
    return _("%(column)s: the day was read first, as you said. %(sample)s", column=title, sample=sample).strip()


def _sample(reading: DateReading) -> str:
    """Such as “01/02/2026 is 1 February 2026.”"""
    decisive = reading.month_first if reading.order is DateOrder.MONTH else reading.day_first
    plain = replace(reading, doubt=None)
    for seen in (reading.either, decisive):
        try:
            if seen is not None:
                return _("%(text)s is %(day)s.", text=seen.text, day=spelt(parsed(seen.text, plain)))
        except BadCell:
            continue
    return ""


def _without_midnight(value: str) -> str:
    """The day of an instant at midnight, whatever its zone. Raises BadCell for any other time."""
    parts = _WITH_TIME.fullmatch(value)
    if parts is None or not (_ISO.fullmatch(parts[1]) or _NUMBERS.fullmatch(parts[1])):
        return value
    if not _MIDNIGHT.fullmatch(parts[2]):
        raise BadCell(
            _(
                "“%(text)s” has a time of day, %(time)s, and a purchase has a day only. Write the day, such as "
                "2025-12-31.", text=shown(value), time=shown(parts[2]),
            )
        )  # fmt: skip
    return parts[1]


def _in_order(numbers: re.Match, value: str, reading: DateReading) -> tuple[int, int, int]:
    if len(numbers[4]) != 4:
        raise BadCell(_("“%(text)s” has no year of four digits. Write it as 31/12/2025.", text=value))
    first, second = int(numbers[1]), int(numbers[3])
    if reading.doubt and _could_be(value) == "either":
        raise BadCell(_why_either(value, reading))
    day, month = (first, second) if reading.order is DateOrder.DAY else (second, first)
    return int(numbers[4]), month, day


def _why_either(value: str, reading: DateReading) -> str:
    if reading.doubt is Doubt.MONTH:
        return _(
            "“%(text)s” could be two days: this file seems to put the month first. Say which comes first.", text=value
        )
    return _("“%(text)s” could be two days: dates of this column contradict each other.", text=value)


def _no_such_day(value: str, month: int, day: int, reading: DateReading) -> str:
    if not month > 12 >= day:
        return _("“%(text)s” is not in the calendar.", text=value)
    if reading.doubt is Doubt.MONTH:
        return _("“%(text)s” has the month first. Say that the month comes first in this file.", text=value)
    if reading.order is DateOrder.MONTH:
        return _("“%(text)s” has no such month: the month comes first, as you said.", text=value)
    return _("“%(text)s” has no such month: the day comes first.", text=value)


@lru_cache(maxsize=4096)
def _could_be(value: str) -> str | None:
    """Which of the two numbers can be the month. A date with a time, or without a whole year, tells it as well."""
    parts = _WITH_TIME.fullmatch(value)
    numbers = _NUMBERS.fullmatch(parts[1] if parts else value)
    if numbers is None:
        return None
    first, second = int(numbers[1]), int(numbers[3])
    if not (0 < first < 32 and 0 < second < 32):
        return None
    if first > 12 and second > 12:
        return None
    return "day_first" if first > 12 else "month_first" if second > 12 else "either"


def _is_same_day(value: str) -> bool:
    numbers = _NUMBERS.match(value)
    return numbers is not None and int(numbers[1]) == int(numbers[3])
