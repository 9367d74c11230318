"""The time that a report is about: a month, a quarter, a year, or any days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Self

_YEAR = re.compile(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")
FIRST, LAST, LONGEST = date(2000, 1, 1), date(2099, 12, 31), timedelta(days=3660)
_DAY = timedelta(days=1)


class Span(Enum):
    """By its number of months."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12
    DAYS = 0


@dataclass(frozen=True)
class Period:
    span: Span
    first: date
    last: date

    @classmethod
    def of(cls, span: Span, day: date) -> Self:
        """The month, quarter or year of that day."""
        first = day.replace(month=(day.month - 1) // span.value * span.value + 1, day=1)
        return cls(span, first, last_of_month(_months_later(first, span.value - 1)))

    @classmethod
    def read(cls, text: str) -> Self:
        """Such as 2026, 2026-Q3 or 2026-11. Raises ValueError."""
        match = _YEAR.fullmatch(text)
        if match is None:
            raise ValueError(text)
        year, month, quarter = match.groups()
        span = Span.MONTH if month else Span.QUARTER if quarter else Span.YEAR
        return cls.of(span, date(int(year), int(month or (int(quarter or 1) * 3)), 1))

    @classmethod
    def between(cls, first: date, last: date) -> Self:
        """Raises ValueError if they are in the wrong order, too far from each other, or in another century."""
        if not FIRST <= first <= last <= LAST or last - first > LONGEST:
            raise ValueError
        return cls(Span.DAYS, first, last)

    @property
    def key(self) -> str:
        """What `read` understands; empty for any days."""
        if self.span is Span.QUARTER:
            return f"{self.first:%Y}-Q{(self.first.month + 2) // 3}"
        return {Span.YEAR: f"{self.first:%Y}", Span.MONTH: f"{self.first:%Y-%m}"}.get(self.span, "")

    @property
    def before(self) -> Self:
        """The period of the same length that ends the day before."""
        if self.span is not Span.DAYS:
            return type(self).of(self.span, self.first - _DAY)
        return type(self)(Span.DAYS, self.first - (self.last - self.first) - _DAY, self.first - _DAY)

    @property
    def year_before(self) -> Self:
        return type(self)(self.span, _months_later(self.first, -12), _months_later(self.last, -12, ends=self._ends))

    @property
    def following(self) -> Self:
        """Of a month, quarter or year: the next one."""
        return type(self).of(self.span, self.last + _DAY)

    @property
    def parts(self) -> tuple[list[tuple[date, date]], list[tuple[date, date]]]:
        """Whole months, from the first day of one to the first day of another, and the days beside them."""
        first_month = self.first if self.first.day == 1 else _months_later(self.first.replace(day=1), 1)
        last_month = self.last.replace(day=1)
        if self.last != last_of_month(self.last):
            last_month = _months_later(last_month, -1)
        if first_month > last_month:
            return [], [(self.first, self.last)]
        edges = [(self.first, first_month - _DAY), (last_of_month(last_month) + _DAY, self.last)]
        return [(first_month, last_month)], [edge for edge in edges if edge[0] <= edge[1]]

    @property
    def _ends(self) -> bool:
        return self.last == last_of_month(self.last)


def last_of_month(day: date) -> date:
    return _months_later(day.replace(day=1), 1) - _DAY


def _months_later(day: date, months: int, *, ends: bool = False) -> date:
    """The same day, or the last one of a month that is shorter; with `ends` always the last one."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - _DAY
    return last if ends else first.replace(day=min(day.day, last.day))
