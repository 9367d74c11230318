"""Compares BitTitan's clock with ours: records the difference for all processes and people, and alerts if it is large.

Nothing depends on the clocks being equal: deadlines are given in BitTitan's time (providers/bittitan/vendor_clock.py),
and purchases since a backup are not searched for by date alone.
"""

from datetime import datetime, timedelta

from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Connection
from portal.services import alerts, vendor

KIND = "clock"
NEWS = 5
"""Seconds by which the difference must change to be recorded again."""
FAR = timedelta(minutes=5)
_ALERT = (
    "BitTitan’s clock is about {how_much} {which} the portal’s. Purchases go on, in BitTitan’s own time. Check that "
    "the portal’s machines and the database keep the right time; if they do, tell BitTitan."
)


def check(now: datetime) -> None:
    """Inside a transaction, now and then: records the offset that this process saw in the last answers."""
    offset = vendor.provider().clock_offset
    known = db.session.get(Connection, 1, populate_existing=True).clock_offset
    if offset is None or known is not None and abs(offset - known) <= NEWS:
        return
    lock(Connection, 1).clock_offset = round(offset)
    if abs(offset) >= FAR.total_seconds():
        alerts.raise_once(KIND, _ALERT.format(**_alert_values(offset)), now, again=True)


def _alert_values(offset: float) -> dict[str, str]:
    minutes = round(abs(offset) / 60)
    how_much = f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
    return {"how_much": how_much, "which": "ahead of" if offset > 0 else "behind"}
