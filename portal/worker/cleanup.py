"""Deletes data that has been kept long enough."""

from datetime import datetime, timedelta

from portal.core import clock, security_log
from portal.services import imports, leaving_packs, vendor_requests

PAUSE = timedelta(hours=1)
"""Between two runs, so that nothing is kept much longer than promised."""


def clean_up() -> datetime:
    now = clock.now()
    imports.delete_expired(now)
    vendor_requests.delete_expired(now)
    security_log.delete_expired(now)
    leaving_packs.delete_expired(now)
    return clock.now() + PAUSE
