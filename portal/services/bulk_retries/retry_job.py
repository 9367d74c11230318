"""The worker's part of a bulk retry: a few items per step, each through the same code as a single retry.

A step may run twice or be killed anywhere: an item is requested in the transaction that opens its attempt, and only
while it is waiting. So no item is requested twice, however many workers there are, and the next step continues.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select

from portal.core import clock, errors
from portal.extensions import db
from portal.models import Asset, Attempt, AttemptState, BulkState, Retry, RetryItem, Trigger, User
from portal.services import bulk_lists, bulk_retries, provisioning
from portal.services.bulk_lists import bulk_list_job
from portal.services.bulk_retries import retry_items
from portal.services.bulk_retries.retry_items import RETRIES, Why

WINDOW = 50
"""At most this many of its attempts wait to be sent. The others can still be stopped, and single retries get
through."""
SOON, LATER = timedelta(seconds=1), timedelta(seconds=3)


def advance(retry_id: int) -> datetime | None:
    """One step. Returns when the next one is due, or None once the retry has ended."""
    retry = bulk_list_job.running(RETRIES, retry_id)
    if retry is None:
        return None
    by = bulk_list_job.starter(retry)
    if by is None:
        return bulk_list_job.end(RETRIES, retry, BulkState.HALTED, why="right")
    room = _room(retry)
    if room is None:
        return bulk_list_job.end(RETRIES, retry, BulkState.HALTED, why="canary")
    waiting = bulk_list_job.waiting(RETRIES, retry, max(room, 0))
    requested = sum([_take(retry, item, by) for item in waiting])
    if waiting and requested < len(waiting):
        return clock.now()  # some were left out, so there is room for others
    if _is_over(retry):
        return bulk_list_job.end(RETRIES, retry, BulkState.DONE)
    return clock.now() + (SOON if requested else LATER)


def _room(retry: Retry) -> int | None:
    """How many items may be requested now. None: the first one bought nothing, so the others are not begun."""
    requested = select(Attempt.state).join(RetryItem, RetryItem.attempt_id == Attempt.id)
    requested = requested.where(RetryItem.retry_id == retry.id)
    first = db.session.scalar(requested.order_by(RetryItem.id).limit(1))
    if not retry.has_canary or first is AttemptState.SUCCEEDED:
        is_open = Attempt.state.in_((AttemptState.RESERVED, AttemptState.SENDING))
        return WINDOW - db.session.scalar(select(func.count()).select_from(requested.where(is_open).subquery()))
    if first is None:
        return 1
    return None if retry_items.is_over(first) and bulk_list_job.waiting(RETRIES, retry, 1) else 0


def _take(retry: Retry, item: RetryItem, by: User) -> bool:
    """Returns True if an attempt was opened. Otherwise leaves the item out and records why."""
    why = bulk_list_job.why_not(RETRIES, retry, item)
    if why is None:
        asset = db.session.get(Asset, item.asset_id)
        staged = {"expire_days": retry.expire_days} if retry.expire_days else {}
        also_write = partial(bulk_retries.request_item, item)
        try:
            provisioning.request(
                asset, version=item.version, by=by, trigger=Trigger.BULK, staged=staged,
                not_bought=retry.includes_imported, credits_seen=item.credits_seen, also_write=also_write,
            )  # fmt: skip
            return True
        except errors.DomainError:  # somebody was faster, with the asset or with the item
            why = bulk_list_job.why_not(RETRIES, retry, item) or Why.STALE.value
    bulk_lists.leave_out(RETRIES, item, why)
    return False


def _is_over(retry: Retry) -> bool:
    is_unsettled = retry_items.outcome().in_(retry_items.UNSETTLED)
    unsettled = retry_items.items([retry.id], RetryItem.id).where(is_unsettled)
    return db.session.scalar(unsettled.limit(1)) is None
