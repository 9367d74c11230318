"""The protocol that buys one coupon for one asset, once (docs/concepts/provisioning.md).

`request` writes the intent (T1); `advance` takes an attempt one step further: begins a send (T2, committed before the
first byte), sends, records what came back (T3). Whatever is not certain is looked up, never guessed. Correctness rests
on compare-and-set on (state, send number) and on the unique constraints, so any process may stop anywhere.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from portal.core import clock, errors, failpoints
from portal.core.audit import Actor
from portal.core.transaction import lock, read_committed, transaction
from portal.extensions import db, settings
from portal.models import (
    Asset,
    Attempt,
    AttemptState,
    Connection,
    ExchangeKind,
    JobKind,
    SyncStatus,
    Trigger,
)
from portal.providers.base import CouponProvider, Deadline, Issued, NotSent, Outcome, Refused, Unknown
from portal.providers.causes import Cause
from portal.services import jobs, transitions
from portal.services.provisioning import express, import_confirmation, lookups, outcomes, payload
from portal.services.provisioning.express import Send
from portal.services.restore_guard import database_identity
from portal.services.vendor import breaker, exchanges

RECORD_AGAIN = (0.0, 0.5, 2.0, 5.0)
"""Seconds before an outcome is recorded once more; it exists in this process alone."""

_WORDS = {Issued: "issued", Refused: "refused", NotSent: "not_sent", Unknown: "unknown"}


def new_reference() -> str:
    return f"mrd-{secrets.token_hex(16)}"


def request(
    asset: Asset, *, version: int, by: Actor, trigger: Trigger = Trigger.PRESS, staged: dict | None = None,
    not_bought: bool = False, beside: Callable[[Attempt], None] = lambda attempt: None,
) -> None:  # fmt: skip
    """T1 for a failed asset, with what `beside` writes; or nothing of it, and StaleVersion, AttemptOpen or Conflict."""
    try:
        with transaction("T1"):
            row = lock(Asset, asset.id)
            check_may_sync(row, version)
            beside(open_attempt(row, by=by, trigger=trigger, staged=staged or {}, not_bought=not_bought))
    except IntegrityError as clash:
        raise errors.AttemptOpen(_("An attempt has just begun; nothing was sent twice.")) from clash


def check_may_sync(asset: Asset, version: int) -> None:
    if asset.is_locked:
        raise errors.AttemptOpen(_("It is being synchronized already; nothing was sent twice."))
    if not asset.is_active:
        raise errors.Conflict(_("The asset is cancelled; nothing is bought for it."))
    if asset.sync_status is SyncStatus.SYNCHRONIZED:
        raise errors.Conflict(_("The asset has its coupon code; nothing is bought again."))
    if asset.version != version:
        raise errors.StaleVersion(_("Somebody changed this asset while you looked at it. Nothing was bought."))


def open_attempt(asset: Asset, *, by: Actor, trigger: Trigger, staged: dict, not_bought: bool = False) -> Attempt:
    """Inside a transaction that holds the asset: the attempt, its payload for ever, the work to do. Raises Conflict;
    BoughtBefore without the answer that an imported asset needs for its first attempt."""
    if asset.asks_if_bought:
        import_confirmation.record(asset, not_bought, by=by)
    now = clock.now()
    attempt = Attempt(
        asset_id=asset.id,
        number=asset.attempts_made + 1,
        state=AttemptState.RESERVED,
        trigger=trigger,
        requested_by_id=getattr(by, "id", None),
        requested_at=now,
        payload=payload.write(asset, staged),
        staged=staged,
        next_at=now,
    )
    db.session.add(attempt)
    transitions.set_status(asset, SyncStatus.SYNCHRONIZING, by=by, attempts_made=attempt.number, asked_at=None)
    db.session.flush()  # now it has its id, and no other attempt of the asset is open
    jobs.add(JobKind.ADVANCE, attempt.id, now)
    return attempt


_SEEN = (
    select(Attempt.__table__, Asset.created_at.label("ordered_at"))
    .join(Asset, Asset.id == Attempt.asset_id)
    .where(Attempt.id == bindparam("attempt_id"))
)
Seen = Row
"""An attempt as it was when its step began. What is done about it is a compare-and-set, or on a fresh row."""


def advance(attempt_id: int, provider: CouponProvider) -> datetime | None:
    """One step. Returns when the next one is due, None if there is none."""
    db.session.commit()
    attempt, now = read_committed(_SEEN, attempt_id=attempt_id), clock.now()
    db.session.commit()  # nothing is held while BitTitan is asked
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


def _send(attempt: Seen, provider: CouponProvider, now: datetime) -> datetime | None:
    if lookups.must_look_first(attempt, now, ordered_at=attempt.ordered_at):
        next_at = _look_first(attempt, provider)
        if next_at is not lookups.GO_ON:
            return next_at
    return _send_now(attempt, provider)


def _send_now(attempt: Seen, provider: CouponProvider, *, is_renewed: bool = False) -> datetime | None:
    send = _begin(attempt, deadline())
    if isinstance(send, breaker.Delay):
        if send.needs_probe:
            breaker.probe(provider)
        return send.until
    if send is None:
        return clock.now()
    database_identity.remember_send(*send.mark)
    return conclude(send, ask(send, provider), provider, is_renewed=is_renewed)


def deadline() -> Deadline:
    """Made just before the transaction that begins a send."""
    return Deadline(settings().provisioning.total_timeout, lambda: failpoints.hit(failpoints.FIRST_BYTE))


def ask(send: Send, provider: CouponProvider) -> Outcome:
    outcome = provider.create_coupon(send.order, send.deadline)
    failpoints.hit(failpoints.ANSWER_READ)
    return outcome


def conclude(
    send: Send, outcome: Outcome, provider: CouponProvider, *, is_renewed: bool = False
) -> datetime | None:  # fmt: skip
    """T3; where the sign-in was not accepted any more, all of it once more with a new one."""
    if not _wants_new_ticket(outcome) or is_renewed:
        return _record(send, outcome, is_last_ticket=is_renewed)
    _record(send, outcome, is_last_ticket=False)
    provider.renew_ticket()
    return _send_now(send.attempt, provider, is_renewed=True)


def _look_first(reserved: Seen, provider: CouponProvider) -> datetime | None | object:
    """While nothing may be sent, looking is too early: it would have to be done again."""
    is_frozen = db.session.get(Connection, 1, populate_existing=True).frozen_at is not None
    in_a_minute = clock.now() + timedelta(seconds=breaker.LOOK_AGAIN)
    hold = breaker.Delay(in_a_minute) if is_frozen else lookups.current_delay(provider)
    if hold is None:
        return lookups.look_first(reserved, provider)
    with transaction():
        attempt, now = transitions.lock_attempt(reserved), clock.now()
        if attempt.state is not AttemptState.RESERVED:
            return now
        put_off = _hold(attempt, hold, now)
        return put_off and attempt.next_at


def _wants_new_ticket(outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent) and outcome.needs_ticket


def _begin(reserved: Seen, deadline: Deadline) -> Send | breaker.Delay | None:
    """T2: the intent is committed before the first byte. None: somebody else took it."""
    begun = express.alone("T2", lambda row, now: express.begin([reserved.id], row, now, deadline))
    if begun is not None:
        return begun
    with transaction("T2"):
        attempt, connection = transitions.lock_attempt(reserved), lock(Connection, 1)
        now = clock.now()  # after all waiting: an older one would be a clock set back
        if attempt.state is not AttemptState.RESERVED:
            return None
        hold = breaker.admit(connection, attempt, now)
        if hold is not None:
            return _hold(attempt, hold, now)
        lease_until = now + timedelta(seconds=settings().provisioning.lease)
        values = {
            "state": AttemptState.SENDING,
            "send_number": attempt.send_number + 1,
            "lease_until": lease_until,
            "last_sent_at": now,
            "first_sent_at": attempt.first_sent_at or now,
            "next_at": lease_until,
        }
        if not _move(attempt, **values):
            return None
        order = lookups.order_of(attempt, not_after=lease_until, seller_id=connection.organization_id)
        return Send(reserved, attempt.send_number, order, deadline, (connection.instance_id, connection.sends))


def _hold(attempt: Attempt, hold: breaker.Delay, now: datetime) -> breaker.Delay | None:
    """Inside a transaction. Held, not failed; but what BitTitan itself keeps waiting is not kept waiting for ever."""
    if hold.asked_for is None:
        attempt.paused_since = None
    elif outcomes.is_out_of_patience(attempt, now):
        outcomes.to_definite(attempt, AttemptState.NOT_SENT, hold.asked_for, "", now)
        return None
    attempt.next_at = now if hold.needs_probe else hold.until
    return hold


def _move(attempt: Attempt, **values: object) -> bool:
    """Compare-and-set on (state, send number)."""
    seen = (Attempt.id == attempt.id, Attempt.state == attempt.state, Attempt.send_number == attempt.send_number)
    moved = db.session.execute(update(Attempt).where(*seen).values(values), execution_options=_IN_PLACE)
    return bool(moved.rowcount)


_IN_PLACE = {"synchronize_session": "fetch"}


def _recover(attempt: Seen, now: datetime) -> datetime | None:
    """The sender is gone: what it sent may have been carried out."""
    if attempt.lease_until is not None and attempt.lease_until > now:
        return attempt.lease_until
    with transaction("recover"):
        row, now = transitions.lock_attempt(attempt), clock.now()
        if row.state is not AttemptState.SENDING or row.send_number != attempt.send_number:
            return now
        return outcomes.to_unknown(row, Cause.SENDER_LOST, "", now)


def _record(send: Send, outcome: Outcome, *, is_last_ticket: bool) -> datetime | None:
    """Again if somebody recorded the same coupon meanwhile, or if the database was away or busy for a moment."""
    if is_last_ticket and _wants_new_ticket(outcome):
        outcome = NotSent(outcome.cause, outcome.message, outcome.trace, needs_person=True)
    for pause in RECORD_AGAIN:
        try:
            next_at, is_news = _record_once(send, outcome)
            break
        except SQLAlchemyError:  # PostgreSQL calls “read-only” an InternalError
            time.sleep(pause)
    else:
        next_at, is_news = _record_once(send, outcome)
    if is_news:
        jobs.wake_attempts(clock.now())
    return next_at


def _record_once(send: Send, outcome: Outcome) -> tuple[datetime | None, bool]:
    """When to go on; and whether BitTitan answers again."""
    if isinstance(outcome, Issued):
        bought = express.Bought(send, outcome)
        if express.alone("T3", lambda row, now: express.record([bought], row, now)):
            return None, False
    with transaction("T3"):
        attempt, now = transitions.lock_attempt(send.attempt), clock.now()
        is_news = _note(attempt, send.number, outcome, now)
        return outcomes.apply(attempt, send.number, outcome, now), is_news


def _note(attempt: Attempt, send_number: int, outcome: Outcome, now: datetime) -> bool:
    cause = getattr(outcome, "cause", None)
    is_news = breaker.note_outcome(attempt, outcome, now)
    exchanges.record(attempt, ExchangeKind.SEND, outcome.trace, _WORDS[type(outcome)], cause, send_number)
    return is_news
