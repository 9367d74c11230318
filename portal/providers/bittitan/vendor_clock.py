"""BitTitan's clock is not ours. By how much they differ, its own answers tell: in `Date`, and in the instant at which
it says that it made a coupon just now.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SMALL = 5.0
"""Seconds of a difference that is none: `Date` has no fractions, and answers take their time."""


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """When BitTitan says that it answered."""
    return read_date(next((value for name, value in headers.items() if name.lower() == "date"), ""))


def read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def now_at(headers: Mapping[str, str]) -> datetime:
    """What BitTitan's clock says in this answer; ours where it does not tell."""
    return date_of(headers) or datetime.now(UTC)


class VendorClock:
    """One for each process; threads share it."""

    def __init__(self) -> None:
        self._by_date: float | None = None
        self._by_coupon: float | None = None
        self._trusts_date = True

    @property
    def offset(self) -> float | None:
        """Seconds by which it is ahead of ours; negative if it is behind. Of two that differ, the larger."""
        seen = [each for each in (self._by_date, self._by_coupon) if each is not None]
        return max(seen, key=abs, default=None)

    def answered(self, headers: Mapping[str, str]) -> None:
        date = date_of(headers)
        if date is not None:
            self._by_date = _difference(date + timedelta(seconds=0.5))

    def made_a_coupon(self, created: datetime) -> None:
        """A moment ago: the very clock that a deadline is compared with."""
        self._by_coupon = _difference(created)

    def contradicted(self) -> None:
        """A purchase was refused as too late: its clock may have been mended, so the date of this answer counts. If it
        was that which counted, the next one is told our own time."""
        self._trusts_date = self._by_coupon is not None or not self._trusts_date
        self._by_coupon = None

    def theirs(self, moment: datetime) -> datetime:
        """An instant of ours as BitTitan's clock will show it."""
        by_date = self._by_date if self._trusts_date else None
        offset = self._by_coupon if self._by_coupon is not None else by_date
        if offset is None or abs(offset) <= SMALL:
            return moment
        return moment + timedelta(seconds=offset)


def _difference(theirs: datetime) -> float:
    return (theirs - datetime.now(UTC)).total_seconds()
