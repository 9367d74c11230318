"""Combines what repeats within a minute into one row."""

import threading
from datetime import datetime
from typing import Any

from portal.models import Event, Result, SecurityEvent

MOST_A_MINUTE = 120
"""Different refusals that one process logs singly in a minute; further ones are only counted. Successes are always
logged."""

Row = dict[str, Any]


class Minute:
    """What repeats within a minute becomes one row with its count, logged when the minute is over; per process.

    The first of each kind is logged at once. So nobody can fill the table by repeating an act or changing addresses.
    """

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()
        self._repeated: dict[tuple, Row] = {}
        self._beyond = 0

    def admit(self, row: Row, key: tuple | None, number: int) -> list[Row]:
        """The rows to log now: the counts of a finished minute, and this row if it is the first of its kind."""
        with self._lock:
            due = self._close(row["at"]) if number != self.number else []
            self.number = number
            if key is None:
                return [*due, row]
            if key in self._repeated:
                self._repeated[key]["count"] += 1
                return due
            is_bounded = row["outcome"] != Result.SUCCEEDED.value
            if is_bounded and len(self._repeated) >= MOST_A_MINUTE:
                self._beyond += 1
                return due
            self._repeated[key] = row | {"count": 0}
            return [*due, row]

    def _close(self, now: datetime) -> list[Row]:
        due = [row | {"at": now} for row in self._repeated.values() if row["count"]]
        if self._beyond:
            nobody = dict.fromkeys(column.name for column in SecurityEvent.__table__.c if column.name != "id")
            totals = {"at": now, "event": Event.MORE.value, "outcome": Result.REFUSED.value, "count": self._beyond}
            due.append(nobody | totals)
        self._repeated, self._beyond = {}, 0
        return due
