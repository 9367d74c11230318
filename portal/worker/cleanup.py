"""Deletes what has been kept long enough."""

from datetime import datetime, timedelta

from portal.core import clock, security_log
from portal.services import imports, vendor_requests

PAUSE = timedelta(hours=1)
"""Between two rounds: nothing stays much longer than was said."""


def tidy() -> datetime:
    now = clock.now()
    imports.tidy(now)
    vendor_requests.tidy(now)
    security_log.tidy(now)
    return clock.now() + PAUSE
