"""Asks BitTitan what became of recorded codes: when a person wants to know, and by itself, the oldest answers first.

An answer is written down in the coupon and never changes the version of its asset. No answer changes nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from portal.core import clock
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Asset, Coupon, CouponStanding, RequestKind, StatusCheck, VendorRequest

MOST = 3
"""Presses of “Ask BitTitan now” for one asset in a minute, of all people together."""
MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=30)
DELETED_AT_ONCE = 5000


def check_may_ask(asset_id: int) -> None:
    """Inside a transaction, in which the press is recorded. Raises Conflict."""
    lock(Asset, asset_id)
    recorded = (Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)
    if db.session.scalar(select(Coupon.id).where(*recorded)) is None:
        raise Conflict(_("There is no coupon code yet."))
    since = clock.now() - MINUTE
    presses = (VendorRequest.kind == RequestKind.CHECK_STATUS, VendorRequest.subject_id == asset_id)
    rows = select(func.count(), func.min(VendorRequest.asked_at)).where(*presses, VendorRequest.asked_at > since)
    number, first = db.session.execute(rows).one()
    if number >= MOST:
        raise Conflict(
            _("BitTitan was asked about this code %(most)s times in a minute. The next time may be at %(time)s.",
              most=MOST, time=_clock(first + MINUTE))
        )  # fmt: skip


def delete_expired(now: datetime) -> None:
    """Some at a time: what is left goes with the next run."""
    with transaction():
        old = select(StatusCheck.id).where(StatusCheck.at < now - KEPT).order_by(StatusCheck.at).limit(DELETED_AT_ONCE)
        db.session.execute(delete(StatusCheck).where(StatusCheck.id.in_(old.scalar_subquery())))


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(settings().time_zone):%H:%M:%S}"
