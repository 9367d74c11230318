"""Deletes what has been kept long enough."""

from datetime import datetime, timedelta

from portal.services import clock, imports, vendor_requests

PAUSE = timedelta(hours=1)
"""Between two rounds: nothing stays much longer than was said."""


def tidy() -> datetime:
    imports.tidy(clock.now())
    vendor_requests.tidy(clock.now())
    return clock.now() + PAUSE
