"""Deletes data that has been kept long enough."""

from datetime import datetime, timedelta

from portal.core import clock, security_log
from portal.services import imports, status_checks, vendor_requests
from portal.services.imports.coupon_lists import uploads
from portal.services.reconciliation import expiry

PAUSE = timedelta(hours=1)
"""Between two runs, so that nothing is kept much longer than promised."""


def clean_up() -> datetime:
    now = clock.now()
    imports.delete_expired(now)
    uploads.delete_expired(now)
    expiry.delete_expired(now)
    vendor_requests.delete_expired(now)
    status_checks.delete_expired(now)
    security_log.delete_expired(now)
    return clock.now() + PAUSE
