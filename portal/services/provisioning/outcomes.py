"""Applies the outcome of a send to the attempt and its asset: a coupon, a definite no, not sent, or unknown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.transaction import lock
from portal.models import Asset, Attempt, AttemptState, JobKind, SyncStatus
from portal.providers.base import Issued, NotSent, Outcome, Refused, Unknown
from portal.providers.causes import Cause
from portal.services import jobs, transitions, vendor_settings
from portal.services.coupons import evidence, identity, recording
from portal.services.provisioning import lookups
from portal.services.vendor import breaker

MOST_TRIES = 3
BACK_OFF = (5, 30)
"""Seconds before the second and the third try."""
PATIENCE = timedelta(hours=24)
"""BitTitan may ask for pauses for this long before the asset is failed."""


@dataclass(frozen=True)
class Case:
    """An attempt with its asset, both locked, and what is already on record."""

    attempt: Attempt
    asset: Asset
    is_new: bool
    """The outcome has no coupon, or neither the coupon's code nor its Id is on record anywhere."""
    has_evidence: bool
    """Coupons are kept for a review of this asset."""


def apply(case: Case, send_number: int, outcome: Outcome, now: datetime) -> datetime | None:
    """Inside a transaction. Returns when the next step is due. A valid code counts in any state; any other outcome
    counts only for the send that it answers."""
    attempt = case.attempt
    if isinstance(outcome, Issued):
        return _take(case, outcome, now)
    if isinstance(outcome, Unknown) and outcome.coupon is not None:
        evidence.keep_evidence(attempt.asset_id, outcome.coupon, by=transitions.worker_for(attempt), now=now)
    if attempt.state is not AttemptState.SENDING or attempt.send_number != send_number:
        return attempt.next_at
    if isinstance(outcome, Refused):
        return to_definite(attempt, AttemptState.REFUSED, outcome.cause, outcome.message, now)
    if isinstance(outcome, NotSent):
        return _not_sent(attempt, outcome, now)
    return to_unknown(attempt, outcome.cause, outcome.message, now)


def _take(case: Case, outcome: Issued, now: datetime) -> datetime | None:
    """Applies an issued coupon. If its code or Id is already on record elsewhere, it is only a claim: it is kept, and a
    look-up decides."""
    attempt, asset, by = case.attempt, case.asset, transitions.worker_for(case.attempt)
    if case.is_new:
        recording.record_new(asset, outcome.coupon, attempt, by=by, now=now, has_evidence=case.has_evidence)
        return None
    if asset.sync_status is SyncStatus.SYNCHRONIZED and identity.is_on_record(outcome.coupon, asset.id):
        return None
    if identity.is_claimed_elsewhere(outcome.coupon):
        evidence.keep_evidence(asset.id, outcome.coupon, by=by, now=now)
        is_being_sent = attempt.state is AttemptState.SENDING
        return to_unknown(attempt, Cause.CODE_KNOWN, "", now) if is_being_sent else attempt.next_at
    recording.apply_coupon(asset.id, outcome.coupon, by=by, now=now, is_listed=False)
    return None


def _not_sent(attempt: Attempt, outcome: NotSent, now: datetime) -> datetime | None:
    """Puts the attempt back to reserved, to be sent later. Pauses that BitTitan asks for use up no try."""
    if outcome.needs_ticket:
        return _again(attempt, outcome, now)
    if outcome.pause is not None or outcome.needs_person:
        if is_out_of_patience(attempt, now):
            return to_definite(attempt, AttemptState.NOT_SENT, outcome.cause, outcome.message, now)
        pause = breaker.LOOK_AGAIN if outcome.needs_person else outcome.pause
        return _again(attempt, outcome, now + timedelta(seconds=pause))
    attempt.tries += 1
    attempt.paused_since = None
    if attempt.tries >= MOST_TRIES:
        return to_definite(attempt, AttemptState.NOT_SENT, outcome.cause, outcome.message, now)
    return _again(attempt, outcome, now + timedelta(seconds=BACK_OFF[attempt.tries - 1]))


def _again(attempt: Attempt, outcome: NotSent, next_at: datetime) -> datetime:
    attempt.state, attempt.lease_until, attempt.next_at = AttemptState.RESERVED, None, next_at
    attempt.cause, attempt.message = outcome.cause, outcome.message or None
    return next_at


def is_out_of_patience(attempt: Attempt, now: datetime) -> bool:
    """Counts from the beginning of the current, uninterrupted wait for BitTitan."""
    attempt.paused_since = attempt.paused_since or now
    return now - attempt.paused_since > PATIENCE


def to_definite(attempt: Attempt, state: AttemptState, cause: str, message: str, now: datetime) -> datetime | None:
    """Closes the attempt, unless an earlier send of it is in doubt. In that case look-ups settle it, and it is never
    sent again."""
    if attempt.is_tainted:
        attempt.sends_no_more = True
        return to_unknown(attempt, cause, message, now)
    transitions.close_attempt(attempt, state, now=now, cause=cause, message=message)
    by = transitions.worker_for(attempt)
    attempt.next_at = None
    transitions.set_status(lock(Asset, attempt.asset_id), SyncStatus.FAILED, by=by, why=cause)
    return None


def to_unknown(attempt: Attempt, cause: str, message: str, now: datetime) -> datetime | None:
    """Inside a transaction. The attempt is not failed: BitTitan may have carried it out. After a repeated send the
    look-up schedule continues; it does not start again."""
    attempt.state, attempt.is_tainted, attempt.lease_until = AttemptState.UNKNOWN, True, None
    attempt.cause, attempt.message, attempt.absent_at = cause, message or None, None
    asset, by = lock(Asset, attempt.asset_id), transitions.worker_for(attempt)
    attempt.next_at = lookups.next_lookup_at(attempt, now) if vendor_settings.current().is_searchable else None
    if attempt.next_at is None:
        transitions.move_to_review(asset, cause, by=by, now=now)
        return None
    if asset.sync_status in (SyncStatus.SYNCHRONIZING, SyncStatus.FAILED):
        transitions.set_status(asset, SyncStatus.UNCONFIRMED, by=by, why=cause)
    jobs.schedule(JobKind.ADVANCE, attempt.id, attempt.next_at)
    return attempt.next_at
