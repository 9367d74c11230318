"""After a restore: what did BitTitan issue that this database does not know? Asked by reference, then by date.

A little at each step, so that it can stop anywhere. What it finds goes the way of every coupon: recorded, kept for a
review, or in the surplus register, where what stands under a reference that is not here has no asset. A coupon that was
redeemed, expired or revoked meanwhile is not listed by BitTitan and cannot be found.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.extensions import db, settings
from portal.models import Asset, Connection, Coupon, CouponStanding
from portal.providers.base import CouponOrder, CouponProvider, IssuedCoupon, Unanswered
from portal.services import bittitan, clock, errors, unit, work
from portal.services.provisioning import freezing, lookups, payload, settling, turns
from portal.services.reconciliation import surplus
from portal.services.reconciliation.comparing import PREFIX
from portal.services.work import Claim

AT_ONCE = 20
"""References that one step asks about."""


def step(claim: Claim) -> datetime | None:
    """When to go on; None once it is complete, or there is nothing to search."""
    db.session.commit()
    row, now = db.session.get(Connection, 1, populate_existing=True), clock.now()
    if row.frozen_at is None or row.searched_at is not None or not settings().bittitan.is_searchable:
        return None
    provider = bittitan.provider()
    hold = lookups.waits(provider)
    if hold is not None:
        return max(hold.until, now + timedelta(seconds=1))
    if row.search_began_at is None:
        return _begin(now)
    ids = list(db.session.scalars(freezing.in_question().where(Asset.id > row.searched_to).limit(AT_ONCE)))
    return _ask_about(ids, provider, now) if ids else _scan(row, provider, claim)


def _begin(now: datetime) -> datetime:
    with unit.writing():
        row = unit.fresh(Connection, 1)
        row.search_began_at, row.searched_to = now, 0
    return now


def _ask_about(ids: list[int], provider: CouponProvider, began_at: datetime) -> datetime:
    for asset_id in ids:
        asset, seller_id = db.session.get(Asset, asset_id), bittitan.seller_id()
        db.session.commit()  # nothing is held while BitTitan is asked
        answer = provider.find_coupons(asset.reference, seller_id=seller_id)
        lookups.note(answer)
        if isinstance(answer, Unanswered):
            return clock.now() + turns.ASK_AGAIN
        with unit.writing():
            if answer.coupons:
                take(asset_id, list(answer.coupons), clock.now())
            unit.fresh(Connection, 1).searched_to = asset_id
    rate = settings().provisioning.rate
    return began_at + timedelta(seconds=len(ids) / rate if rate else 0)


def _scan(row: Connection, provider: CouponProvider, claim: Claim) -> datetime | None:
    """All that BitTitan lists since then, page for page; a page that is not answered begins the scan again."""
    since, seller_id = row.lost_from and row.lost_from - freezing.MARGIN, bittitan.seller_id()
    db.session.commit()  # nothing is held while BitTitan is asked
    for page in provider.list_coupons(since=since, seller_id=seller_id):
        if isinstance(page, Unanswered):
            lookups.note(page)
            return clock.now() + turns.ASK_AGAIN
        if not work.renew(claim):
            return clock.now()
        if page.coupons:
            lookups.note(page)
        for coupon in page.coupons:
            _keep(coupon)
        db.session.commit()
    return _complete()


def _complete() -> datetime | None:
    """Only what began after the quarantine counts: until then BitTitan may still carry out what was sent before."""
    with unit.writing():
        row, now = unit.fresh(Connection, 1), clock.now()
        counts_from = row.frozen_at + timedelta(seconds=settings().provisioning.quarantine)
        if row.search_began_at >= counts_from:
            row.searched_at = now
            return None
        row.search_began_at, row.searched_to = None, freezing.ALL
        return max(counts_from, now)


def _keep(coupon: IssuedCoupon) -> None:
    is_here = (Coupon.code == coupon.code, Coupon.standing != CouponStanding.WITHDRAWN)
    if db.session.scalar(select(Coupon.id).where(*is_here)) is not None:
        return
    asset_id = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference))
    with unit.writing():
        if asset_id is not None:
            take(asset_id, [coupon], clock.now())
        elif coupon.reference.startswith(PREFIX):
            surplus.keep_stray(coupon, by=lookups.WORKER, now=clock.now())


def take(asset_id: int, coupons: list[IssuedCoupon], now: datetime) -> None:
    """Inside a unit: the way of every coupon that is found under an asset's reference.

    It came with an attempt that is lost: after the last one here, the account's link may have been corrected, say. So
    it is also as asked for if it is what would be asked for today.
    """
    if all(settling.known(coupon) for coupon in coupons):
        return
    asset = unit.fresh(Asset, asset_id)
    coupons = settling.undecided(asset, coupons)
    if not coupons:
        return
    attempt, asked = settling.newest_attempt(asset), _order_of(asset)
    oldest = min(coupons, key=lambda coupon: (coupon.created, coupon.id))
    is_as_of_today = asked is not None and asked.is_met_by(oldest)
    if attempt is not None and (attempt.is_open or not is_as_of_today):
        lookups.found(attempt, coupons, now)
        return
    if not is_as_of_today:
        settling.keep_for_review(asset, coupons, by=lookups.WORKER, now=now)
        return
    settling.take(asset_id, oldest, by=lookups.WORKER, now=now)
    for coupon in coupons:
        if coupon is not oldest:
            settling.keep_surplus(asset, coupon, by=lookups.WORKER, now=now)


def _order_of(asset: Asset) -> CouponOrder | None:
    """What the asset would be asked for as, today; None where it cannot be ordered."""
    try:
        return lookups.order_for(payload.write(asset, {}))
    except errors.Conflict:
        return None
