"""What repeats within a minute is one row."""

import threading
from datetime import datetime
from typing import Any

from portal.models import Event, Result, SecurityEvent

MOST_A_MINUTE = 120
"""Different refusals that one process tells one by one; what is beyond is counted. What succeeded is always told."""

Row = dict[str, Any]


class Minute:
    """What repeats within a minute is one row with its count, told when the minute is over; one for each process.

    The first of each is told at once. So nobody fills the table by trying again and again, or by new addresses.
    """

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()
        self._repeated: dict[tuple, Row] = {}
        self._beyond = 0

    def admit(self, row: Row, key: tuple | None, number: int) -> list[Row]:
        """What is to be told now: the counts of a minute that is over, and this row where it is the first."""
        with self._lock:
            told = self._close(row["at"]) if number != self.number else []
            self.number = number
            if key is None:
                return [*told, row]
            if key in self._repeated:
                self._repeated[key]["count"] += 1
                return told
            is_bounded = row["outcome"] != Result.SUCCEEDED.value
            if is_bounded and len(self._repeated) >= MOST_A_MINUTE:
                self._beyond += 1
                return told
            self._repeated[key] = row | {"count": 0}
            return [*told, row]

    def _close(self, now: datetime) -> list[Row]:
        told = [row | {"at": now} for row in self._repeated.values() if row["count"]]
        if self._beyond:
            nobody = dict.fromkeys(column.name for column in SecurityEvent.__table__.c if column.name != "id")
            more = {"at": now, "event": Event.MORE.value, "outcome": Result.REFUSED.value, "count": self._beyond}
            told.append(nobody | more)
        self._repeated, self._beyond = {}, 0
        return told
