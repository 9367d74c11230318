"""When coupons are compared without anybody pressing."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Self

from portal.environment import Reader, refuse

_TIME = re.compile(r"off|(?:[01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class ReconciliationSettings:
    nightly_at: time | None
    """In TIME_ZONE. None: never."""
    is_hourly: bool
    full_days: int
    """In one of so many nights all coupons are compared, in the others those of the last 35 days."""

    @classmethod
    def of(cls, read: Reader) -> Self:
        at = read.text("RECONCILE_NIGHTLY", "02:00")
        if not _TIME.fullmatch(at):
            refuse("RECONCILE_NIGHTLY must be a time such as 02:00, or off.")
        return cls(
            nightly_at=None if at == "off" else time.fromisoformat(at),
            is_hourly=read.choice("RECONCILE_HOURLY", ("on", "off"), "on") == "on",
            full_days=read.number("RECONCILE_FULL_DAYS", 1, low=1, high=31, whole=True),
        )
