"""The portal asks BitTitan by itself: the oldest answers first, a little at a time, within the day's budget.

Nothing is kept about how far it is: the age of the answers says what comes next, and when the next step is due depends
on how many requests this one took. So it goes on after a kill, and the budget is never spent at once.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from portal.core import clock
from portal.core.audit import WORKER
from portal.extensions import db, settings
from portal.models import CheckCause, Coupon, CouponStanding, StatusCheck
from portal.models.coupon import MAY_CHANGE
from portal.services import jobs, vendor
from portal.services.lists.join_hints import Apart
from portal.services.provisioning import lookups
from portal.services.status_checks import checking
from portal.services.vendor.rate_limit import ASK_AGAIN

FIRST_AFTER = timedelta(minutes=2)
AT_ONCE = 10
YOUNG = timedelta(days=1)
"""So long an answer is not asked for again, and a question that had none is not repeated."""
PAUSE = timedelta(hours=1)
"""Until the next step if there is nothing old enough."""
DAY = timedelta(days=1)


def step(claim: jobs.Claim) -> datetime | None:
    """Returns when the next step is due; None if another worker has taken over the job."""
    budget, began_at = settings().status_checks_a_day, clock.now()
    if budget == 0:
        return began_at + PAUSE
    delay = lookups.current_delay(vendor.provider())
    if delay is not None:
        return max(delay.until, began_at + ASK_AGAIN)
    spent, due = 0, _oldest(began_at)
    for asset_id in due:
        if not jobs.renew(claim):
            return None
        outcome = checking.check(asset_id, cause=CheckCause.ROLLING, by=WORKER)
        if outcome is None:
            continue
        spent += outcome.requests
        if outcome.is_silent:
            return clock.now() + max(ASK_AGAIN, spent * DAY / budget)
    return began_at + (spent * DAY / budget if spent else PAUSE)


def _oldest(now: datetime) -> list[int]:
    """Assets whose codes were never asked about, then those whose answers are the oldest."""
    ids = _some(Coupon.read_at.is_(None), now, AT_ONCE)
    return ids + _some(Coupon.read_at < now - YOUNG, now, AT_ONCE - len(ids))


def _some(is_old, now: datetime, most: int) -> list[int]:
    asked = exists().where(StatusCheck.asset_id == Coupon.asset_id, StatusCheck.at > now - YOUNG).correlate(Coupon)
    is_settled = (Coupon.confirm_at.is_(None), Coupon.disputed_at.is_(None))
    is_recorded = Apart(Coupon.standing == CouponStanding.RECORDED)  # by age in the index that begins with it
    rows = select(Coupon.asset_id).where(MAY_CHANGE, is_old, is_recorded, *is_settled, ~asked)
    ids = list(db.session.scalars(rows.order_by(Coupon.read_at, Coupon.asset_id).limit(most)))
    db.session.commit()  # hold no transaction while BitTitan is asked
    return ids
