"""Limits the pace. Purchases keep the configured rate over all workers; look-ups do not flood a silent BitTitan."""

from datetime import datetime, timedelta

from portal.extensions import settings
from portal.models import Connection

BURST = 1.0
"""Seconds' worth of purchases that may go at once before the rate spreads them."""
ASK_AGAIN = timedelta(seconds=30)
"""Time to wait after an unanswered look-up; it uses up no step."""
LONGEST_LINE = timedelta(minutes=10)
"""Whoever would wait longer asks again after this time: the clock may have been set back since."""
QUIET = timedelta(seconds=5)
"""After such a pause, an answered purchase is news for look-ups that got no answer. Within a series it is not."""


def take_slot(row: Connection, now: datetime) -> datetime | None:
    """Inside a transaction that holds the row. Returns None if the purchase may go now; otherwise when to ask again.

    Waiting purchases get successive times, so that a thousand of them do not come back at the same moment.
    """
    rate = settings().provisioning.rate
    if rate <= 0:
        return None
    slot = _slot(row, now)
    if slot > now + timedelta(seconds=BURST):
        return queue_for_slot(row, now, slot - timedelta(seconds=BURST))
    row.next_slot_at = slot + timedelta(seconds=1 / rate)
    return None


def _slot(row: Connection, now: datetime) -> datetime:
    """When the next slot is free. A time further ahead than possible was written before the clock was set back."""
    slot = max(row.next_slot_at or now, now)
    latest = now + timedelta(seconds=BURST + 1 / settings().provisioning.rate)
    return slot if slot <= latest else now


def queue_for_slot(row: Connection, now: datetime, earliest: datetime) -> datetime:
    """Inside a transaction that holds the row. Returns the next free time, spaced by the rate."""
    rate = settings().provisioning.rate
    turn = max(row.next_turn_at or earliest, earliest)
    if rate <= 0 or turn > now + LONGEST_LINE:
        return min(turn, now + LONGEST_LINE) if rate > 0 else earliest
    row.next_turn_at = turn + timedelta(seconds=1 / rate)
    return turn


def is_silent(row: Connection, now: datetime) -> bool:
    """Several look-ups in a row had no answer. One look-up now tries for all of them, and it is not yet due."""
    if row.lookup_failures < settings().provisioning.breaker_failures or row.next_lookup_at is None:
        return False
    return now < row.next_lookup_at <= now + ASK_AGAIN


def note_silence(row: Connection, now: datetime) -> None:
    """Inside a transaction."""
    row.lookup_failures += 1
    row.next_lookup_at = now + ASK_AGAIN


def note_answer(row: Connection) -> bool:
    """Inside a transaction: BitTitan answers. Returns True if look-ups were waiting for that."""
    had_failed, row.lookup_failures = row.lookup_failures > 0, 0
    return had_failed
