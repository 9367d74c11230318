"""BitTitan's clock beside ours: noted where all processes and people see it, and an alert where they are far apart.

Nothing depends on their being alike: deadlines are told in BitTitan's own time (providers/bittitan/vendor_clock.py),
and what was bought since a backup is not looked for by date alone.
"""

from datetime import datetime, timedelta

from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Connection
from portal.services import alerts, vendor

KIND = "clock"
NEWS = 5
"""Seconds by which it has to move to be written down again."""
FAR = timedelta(minutes=5)
_ALERT = (
    "BitTitan’s clock is about {how_much} {which} the portal’s. Purchases go on, in BitTitan’s own time. Check that "
    "the portal’s machines and the database keep the right time; if they do, tell BitTitan."
)


def check(now: datetime) -> None:
    """Inside a transaction, now and then: what this process was told by the last answers."""
    offset = vendor.provider().clock_offset
    known = db.session.get(Connection, 1, populate_existing=True).clock_offset
    if offset is None or known is not None and abs(offset - known) <= NEWS:
        return
    lock(Connection, 1).clock_offset = round(offset)
    if abs(offset) >= FAR.total_seconds():
        alerts.raise_once(KIND, _ALERT.format(**_said(offset)), now, again=True)


def _said(offset: float) -> dict[str, str]:
    minutes = round(abs(offset) / 60)
    how_much = f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
    return {"how_much": how_much, "which": "ahead of" if offset > 0 else "behind"}
