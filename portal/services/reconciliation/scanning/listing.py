"""Lists BitTitan's coupons page by page, oldest first. Each page is kept with the place that it reached."""

from collections.abc import Callable
from datetime import datetime, timedelta

from portal.core import clock
from portal.extensions import db
from portal.models import ReconciliationState
from portal.providers.base import CouponPage, Unanswered
from portal.services import vendor
from portal.services.reconciliation.scanning import reach, scope, shown_coupons, steps
from portal.services.reconciliation.scanning.steps import Place

AT_ONCE = 5000
"""New coupons that one step lists. The provider remembers what it listed, so this also limits its memory."""
OVERLAP = timedelta(seconds=1)
"""BitTitan is asked by whole seconds."""


def advance(place: Place, renew: Callable[[], bool]) -> datetime | None:
    """Returns when to go on; None if the run has ended."""
    provider = vendor.provider()
    try:
        reach.check(provider)
    except reach.Unreached as reason:
        return _unreached(place, str(reason))
    since, seller_id = _since(place), vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    listed = 0
    for page in provider.list_coupons(since=since, seller_id=seller_id):
        if isinstance(page, Unanswered):
            return steps.unanswered(place, page.cause, page.pause)
        if not renew():
            return clock.now()
        listed += _keep(place, page)
        if listed >= AT_ONCE:
            return clock.now()
    with steps.step(place) as row:
        steps.enter(row, ReconciliationState.ASKING)
    return clock.now()


def _keep(place: Place, page: CouponPage) -> int:
    if not page.coupons:
        return 0
    with steps.step(place) as row:
        new = shown_coupons.add(row, map(shown_coupons.of_issued, page.coupons))
        last = page.coupons[-1].created
        row.listed_until, row.tries = max(row.listed_until or last, last), 0
        steps.count(row, listed=new)
    return new


def _since(place: Place) -> datetime | None:
    return place.listed_until - OVERLAP if place.listed_until else scope.listed_since(place.run)


def _unreached(place: Place, cause: str) -> datetime | None:
    if cause not in reach.FINAL:
        return steps.unanswered(place, cause)
    with steps.step(place) as row:
        steps.end_incomplete(row, cause)
    return None
