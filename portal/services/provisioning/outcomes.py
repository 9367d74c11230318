"""What a send led to, applied to the attempt and its asset: coupon, definite no, not sent, or "don't know"."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.audit import WORKER
from portal.core.transaction import lock
from portal.extensions import settings
from portal.models import Asset, Attempt, AttemptState, JobKind, SyncStatus
from portal.providers.base import Issued, NotSent, Outcome, Refused, Unknown
from portal.providers.causes import Cause
from portal.services import jobs, transitions
from portal.services.coupons import evidence, identity, recording
from portal.services.provisioning import lookups
from portal.services.vendor import breaker

MOST_TRIES = 3
BACK_OFF = (5, 30)
"""Seconds before the second and the third try."""
PATIENCE = timedelta(hours=24)
"""So long BitTitan may ask for pauses before an asset is failed."""


@dataclass(frozen=True)
class Case:
    """An attempt with its asset, both locked, and what stands on record already."""

    attempt: Attempt
    asset: Asset
    is_new: bool
    """Neither the code nor the Id of the coupon that was answered stands anywhere, or no coupon was answered."""
    has_evidence: bool
    """Coupons are kept for a review of the asset."""


def apply(case: Case, send_number: int, outcome: Outcome, now: datetime) -> datetime | None:
    """Inside a transaction. Returns when the next step is due. A valid code counts in any state; everything else only
    for the send that it answers."""
    attempt = case.attempt
    if isinstance(outcome, Issued):
        return _take(case, outcome, now)
    if isinstance(outcome, Unknown) and outcome.coupon is not None:
        evidence.keep_evidence(attempt.asset_id, outcome.coupon, by=WORKER, now=now)
    if attempt.state is not AttemptState.SENDING or attempt.send_number != send_number:
        return attempt.next_at
    if isinstance(outcome, Refused):
        return to_definite(attempt, AttemptState.REFUSED, outcome.cause, outcome.message, now)
    if isinstance(outcome, NotSent):
        return _not_sent(attempt, outcome, now)
    return to_unknown(attempt, outcome.cause, outcome.message, now)


def _take(case: Case, outcome: Issued, now: datetime) -> datetime | None:
    """A code or an Id that stands somewhere already is a claim, no more: the coupon is kept, and a look decides."""
    attempt, asset = case.attempt, case.asset
    if case.is_new:
        recording.take_new(asset, outcome.coupon, attempt, by=WORKER, now=now, has_evidence=case.has_evidence)
        return None
    if asset.sync_status is SyncStatus.SYNCHRONIZED and identity.is_on_record(outcome.coupon, asset.id):
        return None
    if identity.is_claimed_elsewhere(outcome.coupon):
        evidence.keep_evidence(asset.id, outcome.coupon, by=WORKER, now=now)
        is_being_sent = attempt.state is AttemptState.SENDING
        return to_unknown(attempt, Cause.CODE_KNOWN, "", now) if is_being_sent else attempt.next_at
    recording.apply_coupon(asset.id, outcome.coupon, by=WORKER, now=now, is_listed=False)
    return None


def _not_sent(attempt: Attempt, outcome: NotSent, now: datetime) -> datetime | None:
    """Back to where it was, and again later. Pauses that BitTitan asks for use up no try."""
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
    """Counts from when BitTitan first kept it waiting, without a break."""
    attempt.paused_since = attempt.paused_since or now
    return now - attempt.paused_since > PATIENCE


def to_definite(attempt: Attempt, state: AttemptState, cause: str, message: str, now: datetime) -> datetime | None:
    """Closes the attempt only if no earlier send of it is in doubt; else look-ups settle it, and it is sent no more."""
    if attempt.is_tainted:
        attempt.sends_no_more = True
        return to_unknown(attempt, cause, message, now)
    transitions.close_attempt(attempt, state, now=now, cause=cause, message=message)
    attempt.next_at = None
    transitions.set_status(lock(Asset, attempt.asset_id), SyncStatus.FAILED, by=WORKER, why=cause)
    return None


def to_unknown(attempt: Attempt, cause: str, message: str, now: datetime) -> datetime | None:
    """Inside a transaction. Not failed: the request may have been carried out. Sent again, the schedule goes on, not
    anew."""
    attempt.state, attempt.is_tainted, attempt.lease_until = AttemptState.UNKNOWN, True, None
    attempt.cause, attempt.message, attempt.absent_at = cause, message or None, None
    asset = lock(Asset, attempt.asset_id)
    attempt.next_at = lookups.next_lookup_at(attempt, now) if settings().bittitan.is_searchable else None
    if attempt.next_at is None:
        transitions.move_to_review(asset, cause, by=WORKER, now=now)
        return None
    if asset.sync_status in (SyncStatus.SYNCHRONIZING, SyncStatus.FAILED):
        transitions.set_status(asset, SyncStatus.UNCONFIRMED, by=WORKER, why=cause)
    jobs.schedule(JobKind.ADVANCE, attempt.id, attempt.next_at)
    return attempt.next_at
