"""Unexpected exceptions during a purchase: an error in the log and a counter in /metrics."""

import logging
import sys
from collections import Counter
from threading import Lock

from flask import current_app
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from portal.core.transaction import transaction
from portal.database import is_busy, is_taken
from portal.services import metrics

log = logging.getLogger(__name__)

SUBJECT = "purchase error"
SHARED, SINGLE = "shared", "single"
"""The kind of transaction in which it happened: shared by many purchases, or of a single one."""
_lock = Lock()


def is_contention(failure: BaseException | None) -> bool:
    """Expected when many write at once: waiting for a lock took too long, the database rolled back a transaction in
    favour of another, or somebody else has recorded the same code."""
    return isinstance(failure, DBAPIError) and (is_busy(failure) or is_taken(failure))


def note(kind: str, what: str) -> None:
    """Call it in an `except` block, in an app context. Writes nothing to the database yet: that may be what failed."""
    if is_contention(sys.exc_info()[1]):
        log.warning("%s: others wrote at the same time", what, exc_info=True)
        return
    log.exception("%s after an unexpected exception", what)
    with _lock:
        _counted()[kind] += 1


def write() -> None:
    """Outside any transaction. Adds the errors counted since the last call to the metric. Keeps them if the database
    cannot be written."""
    with _lock:
        counts = +_counted()
    if not counts:
        return
    try:
        with transaction():
            for kind in counts.elements():
                metrics.increment(SUBJECT, kind)
    except SQLAlchemyError:
        log.warning("the counter of purchase errors cannot be written now", exc_info=True)
        return
    with _lock:
        _counted().subtract(counts)


def _counted() -> Counter[str]:
    """The counter of this process."""
    return current_app.extensions.setdefault("purchase_errors", Counter())
