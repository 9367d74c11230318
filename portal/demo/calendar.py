"""When people buy: on working days, more each year, and more before the summer holidays and the end of the year."""

from bisect import bisect
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

YEARS = 3
_WEEKDAYS = (1.0, 1.15, 1.1, 1.0, 0.75, 0.06, 0.04)
_MONTHS = (0.95, 0.95, 1.1, 1.0, 1.05, 1.2, 0.85, 0.55, 1.1, 1.15, 1.25, 0.85)
_GROWTH = 0.35
"""Growth a year."""
_HOURS = (6, 7, 8, 8, 9, 9, 9, 10, 10, 11, 12, 13, 13, 14, 14, 15, 16)


def midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def moments(rng: Random, midnight: datetime, count: int) -> list[datetime]:
    """Returns sorted moments before that midnight."""
    ages = range(YEARS * 365, 0, -1)
    days = [midnight - timedelta(days=age) for age in ages]
    weights = [_weight(day, age) for day, age in zip(days, ages, strict=True)]
    return sorted(at_work(rng, day) for day in rng.choices(days, weights, k=count))


def at_work(rng: Random, day: datetime) -> datetime:
    """Returns a random moment of the day's working hours, in UTC."""
    return day + timedelta(hours=rng.choice(_HOURS), milliseconds=rng.randrange(3_600_000))


def counts(rng: Random, midnight: datetime, count: int) -> list[int]:
    """Returns the number of purchases on each day, yesterday last; `count` is their sum."""
    ages = range(YEARS * 365, 0, -1)
    bounds = list(accumulate(_weight(midnight - timedelta(days=age), age) for age in ages))
    counted = [0] * len(ages)
    for _ in range(count):
        counted[bisect(bounds, rng.random() * bounds[-1], hi=len(ages) - 1)] += 1
    return counted


def micros_at_work(rng: Random) -> int:
    """Returns a random moment of the working hours, in microseconds since midnight UTC."""
    return (_HOURS[int(rng.random() * len(_HOURS))] * 3600 + int(rng.random() * 3600)) * 1_000_000 + rng.getrandbits(19)


def _weight(day: datetime, age: int) -> float:
    return _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] * (1 + _GROWTH) ** (-age / 365)
