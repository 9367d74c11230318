"""Looks up what became of a request that may have been carried out: found, certainly absent, or left to a person."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, select

from portal.core import clock, failpoints
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Asset, Attempt, AttemptState, Connection, ExchangeKind, JobKind, SyncStatus
from portal.providers.base import Answered, CouponOrder, CouponPage, CouponProvider, IssuedCoupon, Unanswered
from portal.providers.causes import Cause
from portal.services import jobs, transitions, vendor, vendor_settings
from portal.services.coupons import evidence, identity, recording, reopening, unassigned_coupons
from portal.services.vendor import breaker, exchanges, rate_limit
from portal.services.vendor.rate_limit import ASK_AGAIN

NEW = timedelta(seconds=60)
"""For this long an attempt is known to be the asset's first. An older one may come from a restored backup."""
SECOND_LOOK = 60
"""Seconds between the two look-ups that prove an absence."""
CONCLUDE_WITHIN = timedelta(hours=20)
"""A coupon may expire after a day, so an absence that is seen later proves nothing."""
WHILE_DISPUTED = timedelta(seconds=5)
"""Another asset holds the code and is looked up first; then this one may take it."""
GO_ON = object()


def must_look_first(attempt: Attempt | Row, now: datetime, *, ordered_at: datetime) -> bool:
    """Whether to look up coupons before sending: an earlier attempt of this asset may have brought one after all,
    perhaps lost in a restore. Not needed if the asset was ordered or looked up just now."""
    if not vendor_settings.current().is_searchable:
        return False
    if attempt.looked_first_at is not None:
        return now > attempt.looked_first_at + NEW
    return attempt.number > 1 or now > ordered_at + NEW


def current_delay(provider: CouponProvider) -> breaker.Delay | None:
    """What prevents a look-up now, or None. Probes an open breaker once its pause is over."""
    row, now = db.session.get(Connection, 1, populate_existing=True), clock.now()
    db.session.commit()
    delay = breaker.current_delay(row, now) if row.organization_id is not None else None
    if delay is not None and delay.needs_probe:
        breaker.probe(provider)
        return delay
    if delay is None and rate_limit.is_silent(row, now):
        return breaker.Delay(row.next_lookup_at)
    return delay


def look_first(attempt: Attempt, provider: CouponProvider) -> datetime | None | object:
    """Returns GO_ON once BitTitan has answered that there is no coupon."""
    answer = _ask(attempt, provider)
    with transaction("look first"):
        row, now = _record_exchange(attempt, answer), clock.now()
        if row.state is not AttemptState.RESERVED:
            return now
        if isinstance(answer, Unanswered):
            row.next_at, row.cause = now + ASK_AGAIN, answer.cause
            if answer.trace.status is None:  # no response at all, so the purchase could not have been sent either
                breaker.count_failure(lock(Connection, 1), answer.cause, now)
            return row.next_at
        asset = lock(Asset, row.asset_id)
        if undecided := evidence.exclude_decided(asset, answer.coupons):
            return apply_found(row, undecided, now)
        if unassigned_coupons.first_redeemable(asset, now) is not None:
            transitions.move_to_review(asset, Cause.NOT_AS_ASKED, by=transitions.worker_for(row), now=now)
            return None
        row.looked_first_at = now
    return GO_ON


def look_up(attempt: Attempt, provider: CouponProvider) -> datetime | None:
    """Makes one look-up of an attempt whose outcome is unknown. Returns when the next step is due."""
    delay = current_delay(provider)
    if delay is not None:
        return _wait(attempt, delay)
    began_at = clock.now()
    answer = _ask(attempt, provider)
    with transaction("look-up"):
        row, now = _record_exchange(attempt, answer), clock.now()
        if row.state is not AttemptState.UNKNOWN or row.send_number != attempt.send_number:
            return now
        if isinstance(answer, Unanswered):
            return _give_up(row, now) if _is_over(row, now) else _at(row, now + ASK_AGAIN)
        if undecided := evidence.exclude_decided(lock(Asset, row.asset_id), answer.coupons):
            return apply_found(row, undecided, now)
        return _absent(row, began_at, now)


def keep_watching(attempt: Attempt, provider: CouponProvider) -> datetime | None:
    """The attempt is settled, but a coupon (or a second one) may still appear: looks it up until the schedule ends."""
    if not vendor_settings.current().is_searchable or attempt.last_sent_at is None:
        return None
    delay = current_delay(provider)
    if delay is not None:
        return delay.until
    answer = _ask(attempt, provider)
    with transaction("watch"):
        row, now = _record_exchange(attempt, answer), clock.now()
        if isinstance(answer, Answered):
            undecided = evidence.exclude_decided(lock(Asset, row.asset_id), answer.coupons)
            if undecided:
                row.next_at = None
                return apply_found(row, undecided, now)
        if isinstance(answer, Unanswered):
            return _at(row, now + 10 * ASK_AGAIN)
        row.lookup_step += 1
        return _at(row, next_lookup_at(row, now))


def look_again(attempt: Attempt, provider: CouponProvider) -> bool:
    """Looks up an attempt in any state, because BitTitan showed a coupon under its reference. Returns False if BitTitan
    did not answer, or listed no undecided coupon."""
    answer = _ask(attempt, provider)
    with transaction():
        row, now = _record_exchange(attempt, answer), clock.now()
        if isinstance(answer, Unanswered):
            return False
        undecided = evidence.exclude_decided(lock(Asset, row.asset_id), answer.coupons)
        if undecided:
            apply_found(row, undecided, now)
        return bool(undecided)


def record_answer(answer: Answered | CouponPage | Unanswered) -> None:
    """Notes for all look-ups whether BitTitan answers, is silent, or asked for a pause."""
    row = db.session.get(Connection, 1, populate_existing=True)
    if not isinstance(answer, Unanswered) and not row.lookup_failures:
        db.session.commit()
        return
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        if isinstance(answer, Unanswered):
            rate_limit.note_silence(row, now)
            if answer.needs_person or answer.pause is not None:
                breaker.pause_or_stop(row, answer, now)
            return
        row.answered_at = now
        is_news = rate_limit.note_answer(row)
    if is_news:
        jobs.wake_attempts(now)


def next_lookup_at(attempt: Attempt, now: datetime) -> datetime | None:
    """When the schedule asks for the next look-up; None once it is over. An extra look-up, made early because BitTitan
    answers again, replaces none that is still to come."""
    moments = [attempt.last_sent_at + timedelta(seconds=each) for each in settings().provisioning.lookups]
    if attempt.lookup_step == 0:  # no look-up has been made yet
        return max(now, moments[0])
    return next((moment for moment in moments if moment > now), None)


def order_of(attempt: Attempt) -> CouponOrder:
    return order_for(attempt.payload)


def order_for(
    payload: str, not_after: datetime | None = None, seller_id: str = "", settings_version: int | None = None
) -> CouponOrder:
    request = json.loads(payload)
    return CouponOrder(
        payload=payload,
        reference=request["ExternalReference"],
        sku_id=request["ProductSkuId"],
        organization_id=request["OrganizationId"],
        quantity=request["Quantity"],
        expire_days=request["ExpireDays"],
        not_after=not_after,
        seller_id=seller_id,
        settings_version=settings_version,
    )


def _ask(attempt: Attempt, provider: CouponProvider) -> Answered | Unanswered:
    """Holds no transaction while BitTitan is asked."""
    seller_id = vendor.seller_id()
    db.session.commit()
    failpoints.hit(failpoints.ASKED)
    answer = provider.find_coupons(order_of(attempt).reference, seller_id=seller_id)
    failpoints.hit(failpoints.ANSWERED)
    record_answer(answer)
    return answer


def _wait(attempt: Attempt, delay: breaker.Delay) -> datetime | None:
    """Postpones a look-up that could not be made; it uses up no step. Once the schedule is over, the asset goes to
    review all the same."""
    with transaction():
        row, now = transitions.lock_attempt(attempt), clock.now()
        if row.state is not AttemptState.UNKNOWN or row.send_number != attempt.send_number:
            return now
        if _is_over(row, now):
            return _give_up(row, now)
        return _at(row, now if delay.needs_probe else max(delay.until, now))


def _is_over(attempt: Attempt, now: datetime) -> bool:
    return now > attempt.last_sent_at + timedelta(seconds=settings().provisioning.lookups[-1])


def _record_exchange(attempt: Attempt, answer: Answered | Unanswered) -> Attempt:
    row = transitions.lock_attempt(attempt)
    result = "unanswered" if isinstance(answer, Unanswered) else "found" if answer.coupons else "absent"
    exchanges.record(row, ExchangeKind.LOOKUP, answer.trace, result, getattr(answer, "cause", None))
    return row


def apply_found(
    attempt: Attempt, coupons: Sequence[IssuedCoupon], now: datetime, *, is_complete: bool = True
) -> datetime | None:  # fmt: skip
    """Records the oldest coupon that meets an order of the asset. The others go to the surplus register; those that
    another asset claims follow once that asset was looked up.

    `is_complete`: `coupons` is all that BitTitan lists under the reference. If it may not be, the asset is looked up
    again.
    """
    asset, by = lock(Asset, attempt.asset_id), transitions.worker_for(attempt)
    if reopening.must_confirm_first(asset, coupons, is_complete=is_complete, by=by, now=now):
        return attempt.next_at
    orders = [order_of(each) for each in db.session.scalars(select(Attempt).where(Attempt.asset_id == asset.id))]
    oldest_first = sorted(coupons, key=lambda coupon: (coupon.created, coupon.id))
    matching = [coupon for coupon in oldest_first if any(order.is_met_by(coupon) for order in orders)]
    if not matching:
        evidence.keep_for_review(asset, oldest_first, by=by, now=now)
        attempt.lookup_step += 1
        return _at(attempt, next_lookup_at(attempt, now) if attempt.last_sent_at else None)
    status = recording.apply_coupon(asset.id, matching[0], by=by, now=now)
    for coupon in oldest_first:
        if coupon is not matching[0]:
            evidence.keep_surplus(asset, coupon, by=by, now=now)
    is_over = attempt.last_sent_at is not None and _is_over(attempt, now)
    if status is not SyncStatus.SYNCHRONIZED and identity.is_disputed(matching[0]):
        return _give_up(attempt, now) if is_over else _at(attempt, now + WHILE_DISPUTED)
    is_all = is_complete and not any(identity.is_disputed(coupon) for coupon in coupons)
    if is_all or is_over or not vendor_settings.current().is_searchable:
        return _at(attempt, None)
    jobs.schedule(JobKind.ADVANCE, attempt.id, now + WHILE_DISPUTED)
    return _at(attempt, now + WHILE_DISPUTED)


def _absent(attempt: Attempt, began_at: datetime, now: datetime) -> datetime | None:
    if vendor_settings.may_be_elsewhere(attempt):
        attempt.lookup_step += 1
        return _give_up(attempt, now)
    if vendor_settings.current().server == "idempotent" and not attempt.sends_no_more:
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
        return _at(attempt, next_lookup_at(attempt, now) or at_the_end)
    if began_at > attempt.first_sent_at + CONCLUDE_WITHIN:
        return _give_up(attempt, now)
    gap = timedelta(seconds=min(SECOND_LOOK, quarantine))
    if attempt.absent_at is None or not breaker.trusts_the_clock(attempt.absent_at):
        attempt.absent_at = began_at  # an absence from before the clock jumped proves nothing
    if began_at < attempt.absent_at + gap or began_at == attempt.absent_at:
        return _at(attempt, attempt.absent_at + gap)
    return _conclude(attempt, now)


def _conclude(attempt: Attempt, now: datetime) -> datetime | None:
    """BitTitan answered twice after the quarantine that there is no coupon: it did not carry out the request. If it had
    answered with a code earlier, a person must look, even if that code proved to be another asset's."""
    asset, was_answered = (
        lock(Asset, attempt.asset_id),
        attempt.cause in (reopening.CAUSE, reopening.CODE_KNOWN),
    )
    if settings().bittitan.absence == "review" or was_answered or evidence.has_evidence(asset):
        return _give_up(attempt, now)
    transitions.close_attempt(
        attempt, AttemptState.NOT_EXECUTED, now=now, cause=attempt.cause, message=attempt.message or ""
    )
    transitions.set_status(asset, SyncStatus.FAILED, by=transitions.worker_for(attempt), why="not executed")
    return _at(attempt, next_lookup_at(attempt, now))


def _give_up(attempt: Attempt, now: datetime) -> datetime | None:
    """The outcome could not be found out: a person must look. Scheduled look-ups continue meanwhile."""
    asset, by = lock(Asset, attempt.asset_id), transitions.worker_for(attempt)
    transitions.move_to_review(asset, Cause.NEVER_FOUND, by=by, now=now)
    return _at(attempt, next_lookup_at(attempt, now))


def _at(attempt: Attempt, next_at: datetime | None) -> datetime | None:
    attempt.next_at = next_at
    return next_at
