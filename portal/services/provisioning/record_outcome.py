"""record_outcome: the last of the three transactions of a purchase. It records what came back and all that follows.

The same functions decide about one answer (`record_outcome`, in its own transaction) and about many (`record_outcomes`,
in the shared transaction of a worker's round). outcomes.py decides what an answer leads to.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection, ExchangeKind
from portal.providers.base import Issued, IssuedCoupon, NotSent, Outcome, Refused, Unknown
from portal.services import jobs, transitions
from portal.services.coupons import evidence, identity
from portal.services.provisioning import outcomes, purchase_errors
from portal.services.provisioning.begin_send import Send
from portal.services.provisioning.outcomes import Case
from portal.services.transitions import Locked
from portal.services.vendor import breaker, exchanges

RECORD_AGAIN = (0.0, 0.5, 2.0, 5.0)
"""Seconds before another try to record an outcome. Until it is recorded, it exists only in this process."""

_WORDS = {Issued: "issued", Refused: "refused", NotSent: "not_sent", Unknown: "unknown"}


@dataclass(frozen=True, eq=False)  # compared by identity: one send may have two answers
class Answer:
    """The outcome of a send. Until it is recorded, it exists only in this process."""

    send: Send
    outcome: Outcome


@dataclass(frozen=True)
class Recorded:
    answer: Answer
    next_at: datetime | None
    """When the next step of the attempt is due; None if there is none."""
    is_news: bool
    """BitTitan answers again, and look-ups wait for that: call `jobs.wake_attempts` after the commit."""


def record_outcome(answer: Answer) -> datetime | None:
    """Records in its own transaction. Tries again if somebody else recorded the same coupon meanwhile, or if the
    database was busy or away for a moment. Raises NotVisible if the attempt is gone."""
    for pause in RECORD_AGAIN:
        try:
            recorded = _record_alone(answer)
            break
        except SQLAlchemyError:  # PostgreSQL reports “read-only” as an InternalError
            purchase_errors.note(purchase_errors.SINGLE, f"attempt {answer.send.attempt_id} is recorded once more")
            time.sleep(pause)
    else:
        recorded = _record_alone(answer)
    if recorded.is_news:
        jobs.wake_attempts(clock.now())
    return recorded.next_at


def _record_alone(answer: Answer) -> Recorded:
    with transaction("record_outcome"):
        recorded = record_outcomes([answer])
        if not recorded:
            raise errors.NotVisible
    return recorded[0]


def record_outcomes(answers: Sequence[Answer], connection: Connection | None = None) -> list[Recorded]:
    """Inside a transaction. Returns the outcomes that could be recorded in it.

    `connection`: the locked connection row, if the transaction already holds it. Then it waits for no other row
    (transitions.lock_attempts): it leaves out attempts that somebody else has locked, and coupons whose code or Id is
    already on record, as those touch rows of other assets.
    """
    is_alone = connection is None
    locked = transitions.lock_attempts([each.send.attempt_id for each in answers], waits=is_alone)
    connection = connection or lock(Connection, 1)
    now = clock.now()
    pairs = _matched(answers, locked)
    cases = [(answer, case) for answer, case in _cases(pairs) if is_alone or case.is_new]
    recorded = [_record(answer, case, connection, now) for answer, case in cases]
    db.session.flush()  # a violated constraint shows here
    return recorded


def _matched(answers: Sequence[Answer], locked: list[Locked]) -> list[tuple[Answer, Locked]]:
    """Pairs each answer with its attempt. After a restore, another attempt may have the number of the one sent."""
    marks = {(each.attempt.id, each.asset.id, each.attempt.payload): each for each in locked}
    keys = [(each.send.attempt_id, each.send.asset_id, each.send.order.payload) for each in answers]
    return [(answer, marks[key]) for answer, key in zip(answers, keys, strict=True) if key in marks]


def _cases(pairs: list[tuple[Answer, Locked]]) -> list[tuple[Answer, Case]]:
    """Adds what is already on record: one query for all answers, made after the attempts are locked."""
    coupons = [coupon for answer, _ in pairs if (coupon := _coupon(answer)) is not None]
    marks = identity.marks_on_record(coupons)
    in_review = evidence.assets_with_evidence([locked.asset.id for _, locked in pairs])
    cases = []
    for answer, locked in pairs:
        coupon = _coupon(answer)
        is_new = coupon is None or not marks.has_any_of(coupon)
        cases.append((answer, Case(locked.attempt, locked.asset, is_new, locked.asset.id in in_review)))
    return cases


def _coupon(answer: Answer) -> IssuedCoupon | None:
    """The coupon in the answer, whether it is as ordered or not."""
    return answer.outcome.coupon if isinstance(answer.outcome, Issued | Unknown) else None


def _record(answer: Answer, case: Case, connection: Connection, now: datetime) -> Recorded:
    outcome, number = answer.outcome, answer.send.number
    is_news = breaker.note_outcome(connection, case.attempt, outcome, now)
    cause = getattr(outcome, "cause", None)
    exchanges.record(case.attempt, ExchangeKind.SEND, outcome.trace, _WORDS[type(outcome)], cause, number)
    return Recorded(answer, outcomes.apply(case, number, outcome, now), is_news)
