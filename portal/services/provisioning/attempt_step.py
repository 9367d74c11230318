"""One step of an attempt: do what is due next, and guess nothing."""

from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, select

from portal.core import clock, failpoints
from portal.core.transaction import read_committed, transaction
from portal.extensions import db
from portal.models import Asset, Attempt, AttemptState, Connection
from portal.providers.base import CouponProvider, NotSent
from portal.providers.causes import Cause
from portal.services import transitions
from portal.services.provisioning import lookups, outcomes
from portal.services.provisioning.begin_send import Decision, Send, begin_send, postpone
from portal.services.provisioning.record_outcome import Answer, record_outcome
from portal.services.vendor import breaker
from portal.services.vendor.breaker import Delay

_SNAPSHOT = (
    select(Attempt.__table__, Asset.created_at.label("ordered_at"))
    .join(Asset, Asset.id == Attempt.asset_id)
    .where(Attempt.id == bindparam("attempt_id"))
)
AttemptSnapshot = Row
"""An attempt as read at the beginning of its step. Decisions are made later, on the locked row."""


def advance(attempt_id: int, provider: CouponProvider) -> datetime | None:
    """Takes one step. Returns when the next one is due, or None if there is none."""
    db.session.commit()
    attempt, now = read_committed(_SNAPSHOT, attempt_id=attempt_id), clock.now()
    db.session.commit()  # hold no transaction while BitTitan is asked
    failpoints.hit(failpoints.READ)
    if attempt is None:
        return None
    if attempt.next_at is not None and attempt.next_at > now and attempt.state is not AttemptState.SENDING:
        return attempt.next_at
    match attempt.state:
        case AttemptState.RESERVED:
            return _send(attempt, provider, now)
        case AttemptState.SENDING:
            return _recover(attempt, now)
        case AttemptState.UNKNOWN:
            return lookups.look_up(attempt, provider)
        case AttemptState.REVIEW | AttemptState.NOT_EXECUTED | AttemptState.SUCCEEDED if attempt.next_at is not None:
            return lookups.keep_watching(attempt, provider)
    return None


def carry_out(decision: Decision | None, provider: CouponProvider) -> datetime | None:
    """Carries out a committed decision about a send. Returns when the next step is due."""
    if decision is None:
        return clock.now()
    if isinstance(decision, Delay):
        return wait(decision, provider)
    return conclude(ask(decision, provider), provider)


def wait(delay: Delay, provider: CouponProvider) -> datetime:
    if delay.needs_probe:
        breaker.probe(provider)
    return delay.until


def ask(send: Send, provider: CouponProvider) -> Answer:
    outcome = provider.create_coupon(send.order, send.deadline)
    failpoints.hit(failpoints.ANSWER_READ)
    return Answer(send, outcome)


def conclude(answer: Answer, provider: CouponProvider) -> datetime | None:
    """Records the answer. If BitTitan no longer accepted the sign-in, renews it and sends once more."""
    next_at = record_outcome(answer)
    if not needs_ticket(answer):
        return next_at
    provider.renew_ticket()
    decision = begin_send(answer.send.attempt_id)
    if not isinstance(decision, Send):
        return carry_out(decision, provider)
    return record_outcome(_last(ask(decision, provider)))


def needs_ticket(answer: Answer) -> bool:
    return isinstance(answer.outcome, NotSent) and answer.outcome.needs_ticket


def _last(answer: Answer) -> Answer:
    """Marks the answer for a person if BitTitan does not accept the renewed sign-in either."""
    if not needs_ticket(answer) or answer.outcome.cause == Cause.SETTINGS_CHANGED:
        return answer
    refused = answer.outcome
    return Answer(answer.send, NotSent(refused.cause, refused.message, refused.trace, needs_person=True))


def _send(attempt: AttemptSnapshot, provider: CouponProvider, now: datetime) -> datetime | None:
    if lookups.must_look_first(attempt, now, ordered_at=attempt.ordered_at):
        next_at = _look_first(attempt, provider)
        if next_at is not lookups.GO_ON:
            return next_at
    return carry_out(begin_send(attempt.id), provider)


def _look_first(reserved: AttemptSnapshot, provider: CouponProvider) -> datetime | None | object:
    """Looks up earlier coupons before sending. Not while sending is held: the look-up would have to be repeated."""
    is_frozen = db.session.get(Connection, 1, populate_existing=True).frozen_at is not None
    in_a_minute = clock.now() + timedelta(seconds=breaker.LOOK_AGAIN)
    delay = Delay(in_a_minute) if is_frozen else lookups.current_delay(provider)
    if delay is None:
        return lookups.look_first(reserved, provider)
    with transaction():
        attempt, now = transitions.lock_attempt(reserved), clock.now()
        if attempt.state is not AttemptState.RESERVED:
            return now
        postponed = postpone(attempt, delay, now)
        return postponed and attempt.next_at


def _recover(attempt: AttemptSnapshot, now: datetime) -> datetime | None:
    """The sender is gone, but its request may have been carried out."""
    if attempt.lease_until is not None and attempt.lease_until > now:
        return attempt.lease_until
    with transaction("recover"):
        row, now = transitions.lock_attempt(attempt), clock.now()
        if row.state is not AttemptState.SENDING or row.send_number != attempt.send_number:
            return now
        return outcomes.to_unknown(row, Cause.SENDER_LOST, "", now)
