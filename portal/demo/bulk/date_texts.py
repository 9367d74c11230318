"""Formats days and instants as text from tables, which is fast. Days count from the first, instants are microseconds of
a day.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = 3_600_000_000
_QUARTER = HOUR // 4
_LONGEST = 4000


class DateTexts:
    def __init__(self, first: date, zone: ZoneInfo):
        self._first, self._zone = first, zone
        self._texts = [(first + timedelta(days=day)).isoformat() for day in range(-1, _LONGEST)]
        self._clock = [f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}" for at in range(86_400)]
        self._since = int(datetime.combine(first, time(), UTC).timestamp() * 1000)
        self._places: dict[tuple[int, int], int] = {}

    def at(self, day: int, micros: int) -> str:
        return f"{self._texts[day + 1]} {self._clock[micros // 1_000_000]}.{micros % 1_000_000:06}"

    def uuid(self, day: int, micros: int, bits: int) -> str:
        """Returns a version 7 UUID, which begins with the time, so that new ones are neighbours in an index. `bits` are
        64 random bits."""
        tail = f"{bits:016x}"
        head = f"{self._since + day * 86_400_000 + micros // 1000:012x}"
        return f"{head[:8]}-{head[8:]}-7{tail[:3]}-a{tail[3:6]}-{tail[4:]}"

    def local(self, day: int, micros: int, later: int = 0) -> str:
        """Returns the distributor's calendar day, plus `later` days."""
        key = day, micros // _QUARTER  # time zones differ by whole quarters of an hour
        if key not in self._places:
            instant = datetime.combine(self._first, time(), UTC) + timedelta(days=day, microseconds=key[1] * _QUARTER)
            self._places[key] = (instant.astimezone(self._zone).date() - self._first).days
        return self._texts[self._places[key] + later + 1]
