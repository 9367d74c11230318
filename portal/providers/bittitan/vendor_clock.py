"""Measures how far BitTitan's clock is ahead of ours, by the `Date` of its answers and by the creation time of coupons
that it has just issued.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SMALL = 5.0
"""Seconds of difference that are ignored: `Date` has no fractions, and answers take time."""


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Returns the time of the `Date` header, or None."""
    return read_date(next((value for name, value in headers.items() if name.lower() == "date"), ""))


def read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def now_at(headers: Mapping[str, str]) -> datetime:
    """Returns BitTitan's time in this answer; our own time if it has none."""
    return date_of(headers) or datetime.now(UTC)


class VendorClock:
    """One for each process; its threads share it."""

    def __init__(self) -> None:
        self._by_date: float | None = None
        self._by_coupon: float | None = None
        self._trusts_date = True

    @property
    def offset(self) -> float | None:
        """Seconds by which BitTitan's clock is ahead of ours; negative if behind. The larger of two measurements."""
        measured = [seconds for seconds in (self._by_date, self._by_coupon) if seconds is not None]
        return max(measured, key=abs, default=None)

    def answered(self, headers: Mapping[str, str]) -> None:
        date = date_of(headers)
        if date is not None:
            self._by_date = _difference(date + timedelta(seconds=0.5))

    def made_a_coupon(self, created: datetime) -> None:
        """A coupon was just issued: its creation time shows the clock with which deadlines are compared."""
        self._by_coupon = _difference(created)

    def contradicted(self) -> None:
        """A purchase was refused as too late. BitTitan's clock may have been corrected, so from now on `Date` counts
        instead of the last coupon. If `Date` counted already, our own time is used for the next purchase."""
        self._trusts_date = self._by_coupon is not None or not self._trusts_date
        self._by_coupon = None

    def theirs(self, moment: datetime) -> datetime:
        """Converts an instant of our clock to BitTitan's clock."""
        by_date = self._by_date if self._trusts_date else None
        offset = self._by_coupon if self._by_coupon is not None else by_date
        if offset is None or abs(offset) <= SMALL:
            return moment
        return moment + timedelta(seconds=offset)


def _difference(theirs: datetime) -> float:
    return (theirs - datetime.now(UTC)).total_seconds()
