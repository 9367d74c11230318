"""Which reminder of an asset is written. A step is a number of days before the day that comes near."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FURTHEST = 90
MOST = 8


@dataclass(frozen=True)
class Near:
    """A day that comes near, and the day on which that became known: a step of this day or before is never written."""

    day: date
    known_on: date

    def reminded_on(self, step: int) -> date:
        return self.day - timedelta(days=step)

    def is_ever(self, step: int) -> bool:
        return self.reminded_on(step) > self.known_on

    def nearest(self, steps: Iterable[int], through: date, today: date) -> int | None:
        """The step to write today. `through`: the day up to which all are written. One that was missed is not made up
        for if a nearer one has come."""
        come = min((step for step in steps if self.reminded_on(step) <= today), default=None)
        is_new = come is not None and today < self.day and self.reminded_on(come) > through
        return come if is_new and self.is_ever(come) else None


def days_to_look_at(steps: Iterable[int], through: date, today: date) -> list[date]:
    """On which something may be due whose reminder is to be written today."""
    passed = [through + timedelta(days=n + 1) for n in range((today - through).days)]
    return sorted(
        {day + timedelta(days=step) for step in steps for day in passed if day + timedelta(days=step) > today}
    )


def read(text: str) -> tuple[int, ...]:
    """The furthest first."""
    return tuple(sorted({int(each) for each in text.split(",") if each}, reverse=True))


def written(steps: Iterable[int]) -> str:
    return ",".join(map(str, sorted(set(steps), reverse=True)))
