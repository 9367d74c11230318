"""What a request that may have been carried out led to: found, or absent beyond doubt, or for a person to find out."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.extensions import db, settings
from portal.models import Asset, Attempt, AttemptState, ExchangeKind, SyncStatus
from portal.providers.base import Answered, CouponOrder, CouponProvider, IssuedCoupon, Unanswered
from portal.services import breaker, clock, leftovers, settling, unit

WORKER = "worker"
ASK_AGAIN = timedelta(seconds=30)
"""After a look-up that was not answered; it uses up no step."""
SECOND_LOOK = 60
"""Seconds between the two look-ups that an absence needs."""
CONCLUDE_WITHIN = timedelta(hours=20)
"""A coupon may expire after a day: later, an absence says nothing."""
GO_ON = object()


def must_look_first(attempt: Attempt) -> bool:
    """An earlier attempt of this asset may have brought a coupon after all."""
    return attempt.number > 1 and attempt.looked_first_at is None and settings().bittitan.is_searchable


def look_first(attempt: Attempt, provider: CouponProvider) -> datetime | None | object:
    """GO_ON once BitTitan answered that there is none."""
    answer = provider.find_coupons(order_of(attempt).reference)
    with unit.writing():
        row, now = _kept(attempt, answer), clock.now()
        if row.state is not AttemptState.RESERVED:
            return now
        if isinstance(answer, Unanswered):
            row.next_at, row.cause = now + ASK_AGAIN, answer.cause
            return row.next_at
        asset = unit.fresh(Asset, row.asset_id)
        if left := settling.undecided(asset, answer.coupons):
            return _found(row, left, now)
        if leftovers.worth_something(asset, now) is not None:
            settling.review(asset, "NotAsAsked", by=WORKER, now=now)
            return None
        row.looked_first_at = now
    return GO_ON


def settle(attempt: Attempt, provider: CouponProvider) -> datetime | None:
    """One look-up of an attempt whose outcome is unknown."""
    began_at = clock.now()
    db.session.commit()
    answer = provider.find_coupons(order_of(attempt).reference)
    with unit.writing():
        row, now = _kept(attempt, answer), clock.now()
        if row.state is not AttemptState.UNKNOWN or row.send_number != attempt.send_number:
            return now
        if isinstance(answer, Unanswered):
            is_over = now > row.last_sent_at + timedelta(seconds=settings().provisioning.lookups[-1])
            return _give_up(row, now) if is_over else _at(row, now + ASK_AGAIN)
        if left := settling.undecided(unit.fresh(Asset, row.asset_id), answer.coupons):
            return _found(row, left, now)
        return _absent(row, began_at, now)


def watch(attempt: Attempt, provider: CouponProvider) -> datetime | None:
    """Settled without a coupon, but one may turn up: looked up to the end of the schedule."""
    if not settings().bittitan.is_searchable or attempt.last_sent_at is None:
        return None
    answer = provider.find_coupons(order_of(attempt).reference)
    with unit.writing():
        row, now = _kept(attempt, answer), clock.now()
        if isinstance(answer, Answered):
            left = settling.undecided(unit.fresh(Asset, row.asset_id), answer.coupons)
            if left:
                row.next_at = None
                return _found(row, left, now)
        if isinstance(answer, Unanswered):
            return _at(row, now + 10 * ASK_AGAIN)
        row.lookup_step += 1
        return _at(row, after(row, now))


def look_again(attempt: Attempt, provider: CouponProvider) -> bool:
    """In any state, because BitTitan was seen to show a coupon under its reference. False: not answered, or not so."""
    answer = provider.find_coupons(order_of(attempt).reference)
    with unit.writing():
        row, now = _kept(attempt, answer), clock.now()
        if isinstance(answer, Unanswered):
            return False
        left = settling.undecided(unit.fresh(Asset, row.asset_id), answer.coupons)
        if left:
            _found(row, left, now)
        return bool(left)


def after(attempt: Attempt, now: datetime) -> datetime | None:
    """When the schedule asks for the next look-up; None once it is used up."""
    steps = settings().provisioning.lookups
    if attempt.lookup_step >= len(steps):
        return None
    return max(now, attempt.last_sent_at + timedelta(seconds=steps[attempt.lookup_step]))


def order_of(attempt: Attempt, not_after: datetime | None = None, seller_id: str = "") -> CouponOrder:
    asked = json.loads(attempt.payload)
    return CouponOrder(
        payload=attempt.payload,
        reference=asked["ExternalReference"],
        sku_id=asked["ProductSkuId"],
        organization_id=asked["OrganizationId"],
        quantity=asked["Quantity"],
        expire_days=asked["ExpireDays"],
        not_after=not_after,
        seller_id=seller_id,
    )


def _kept(attempt: Attempt, answer: Answered | Unanswered) -> Attempt:
    row = settling.hold(attempt)
    word = "unanswered" if isinstance(answer, Unanswered) else "found" if answer.coupons else "absent"
    settling.keep(row, ExchangeKind.LOOKUP, answer.trace, word, getattr(answer, "cause", None))
    return row


def _found(attempt: Attempt, coupons: Sequence[IssuedCoupon], now: datetime) -> datetime | None:
    """The oldest that is as asked is recorded; whatever else was issued goes to the surplus register."""
    asset = unit.fresh(Asset, attempt.asset_id)
    orders = [order_of(each) for each in db.session.scalars(select(Attempt).where(Attempt.asset_id == asset.id))]
    oldest_first = sorted(coupons, key=lambda coupon: (coupon.created, coupon.id))
    met = [coupon for coupon in oldest_first if any(order.is_met_by(coupon) for order in orders)]
    if not met:
        settling.keep_for_review(asset, oldest_first, by=WORKER, now=now)
        return None
    settling.take(asset.id, met[0], by=WORKER, now=now)
    for coupon in oldest_first:
        if coupon is not met[0]:
            settling.keep_surplus(asset, coupon, by=WORKER, now=now)
    return None


def _absent(attempt: Attempt, began_at: datetime, now: datetime) -> datetime | None:
    if settings().bittitan.server == "idempotent" and not attempt.sends_no_more:
        if now > attempt.first_sent_at + timedelta(seconds=settings().provisioning.lookups[-1]):
            return _give_up(attempt, now)
        attempt.lookup_step += 1
        attempt.state, attempt.looked_first_at = AttemptState.RESERVED, now
        return _at(attempt, now)
    quarantine = settings().provisioning.quarantine
    attempt.lookup_step += 1
    is_past = began_at >= attempt.last_sent_at + timedelta(seconds=quarantine)
    if not is_past or not breaker.trusts_the_clock(began_at):
        at_the_end = max(now + ASK_AGAIN, attempt.last_sent_at + timedelta(seconds=quarantine))
        return _at(attempt, after(attempt, now) or at_the_end)
    if began_at > attempt.first_sent_at + CONCLUDE_WITHIN:
        return _give_up(attempt, now)
    gap = timedelta(seconds=min(SECOND_LOOK, quarantine))
    attempt.absent_at = attempt.absent_at or began_at
    if began_at < attempt.absent_at + gap or began_at == attempt.absent_at:
        return _at(attempt, attempt.absent_at + gap)
    return _conclude(attempt, now)


def _conclude(attempt: Attempt, now: datetime) -> datetime | None:
    """Twice answered, after the quarantine: BitTitan did not carry it out."""
    asset = unit.fresh(Asset, attempt.asset_id)
    if settings().bittitan.absence == "review" or settling.has_evidence(asset):
        return _give_up(attempt, now)
    settling.close(attempt, AttemptState.NOT_EXECUTED, now=now, cause=attempt.cause, message=attempt.message or "")
    settling.set_status(asset, SyncStatus.FAILED, by=WORKER, why="not executed")
    return _at(attempt, after(attempt, now))


def _give_up(attempt: Attempt, now: datetime) -> datetime | None:
    """It could not be found out: a person must look. The schedule goes on beside, as far as it reaches."""
    settling.review(unit.fresh(Asset, attempt.asset_id), "NeverFound", by=WORKER, now=now)
    return _at(attempt, after(attempt, now))


def _at(attempt: Attempt, next_at: datetime | None) -> datetime | None:
    attempt.next_at = next_at
    return next_at
