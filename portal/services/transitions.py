"""Moves an attempt and its asset from one state to the next, and alerts people where needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AttemptState, Lifecycle, SyncStatus, User
from portal.providers.causes import Cause
from portal.services import credit, credit_drafts, metrics
from portal.services.asset_requests import settling
from portal.services.mail.telling import failures

# For the staff: always in English, like the rest of the record.
_REVIEWS = {
    "": "It could not be found out whether BitTitan issued a coupon.",
    Cause.CODE_KNOWN: "BitTitan shows a coupon under the asset’s reference that is recorded with another asset.",
    Cause.CODE_NOT_CONFIRMED: "BitTitan does not confirm the code that it answered the purchase with.",
    Cause.NOT_AS_ASKED: "BitTitan issued a coupon that is not what was asked for.",
}


@dataclass(frozen=True)
class Locked:
    """An attempt and its asset, locked until the transaction ends."""

    attempt: Attempt
    asset: Asset


_LOCKED = (
    select(Attempt, Asset)
    .join_from(Attempt, Asset, Asset.id == Attempt.asset_id)
    .where(Attempt.id.in_(bindparam("ids", expanding=True)))
    .order_by(Asset.id)
    .options(joinedload(Attempt.requested_by).lazyload(User.account))
    .execution_options(populate_existing=True)
)
_WAITING, _SKIPPING = (_LOCKED.with_for_update(of=(Asset, Attempt), skip_locked=skips) for skips in (False, True))


def lock_attempts(attempt_ids: Sequence[int], *, waits: bool) -> list[Locked]:
    """Inside a transaction: locks the attempts that exist, with their assets.

    Everybody locks in the same order, to avoid deadlocks: the asset, its attempt, then the connection. A caller that
    has already locked the connection, to write many purchases together, must not wait for an asset whose holder may be
    waiting for the connection. With `waits=False` it takes only the rows that are free; the others are handled alone.
    """
    if not attempt_ids:
        return []
    rows = db.session.execute(_WAITING if waits else _SKIPPING, {"ids": list(attempt_ids)})
    return [Locked(attempt, asset) for attempt, asset in rows]


def lock_attempt(attempt: Attempt | Row) -> Attempt:
    """Inside a transaction: the current attempt. Its asset is locked first, as everywhere, to avoid deadlocks.

    Raises NotVisible if the attempt is gone: after a restore another one may have its number.
    """
    asset_id, payload = attempt.asset_id, attempt.payload
    lock(Asset, asset_id)
    row = lock(Attempt, attempt.id)
    if (row.asset_id, row.payload) != (asset_id, payload):
        raise errors.NotVisible
    return row


def move_to_review(asset: Asset, cause: str, *, by: Actor, now: datetime) -> SyncStatus:
    """Inside a transaction: a person must look. A settled asset keeps its status and only gets an alert."""
    raise_alert("review", asset, _REVIEWS.get(cause, _REVIEWS[""]), now)
    attempt = newest_attempt(asset)
    if is_settled(asset):
        return asset.sync_status
    if attempt is not None:
        if attempt.state is not AttemptState.REVIEW:
            metrics.increment("attempt", AttemptState.REVIEW.value)
        attempt.state, attempt.cause, attempt.settled_at, attempt.lease_until = AttemptState.REVIEW, cause, None, None
    set_status(asset, SyncStatus.REVIEW, by=by)
    return asset.sync_status


def set_status(
    asset: Asset, status: SyncStatus, *, by: Actor, at: datetime | None = None, act: str = "sync",
    why: str | None = None, **also: object,
) -> None:  # fmt: skip
    """Raises the version: every write of an asset is a compare-and-set on it. `also` holds other columns that
    change."""
    before = asset.sync_status
    if before is status:
        return
    for name, value in {"sync_status": status, "version": asset.version + 1, **also}.items():
        setattr(asset, name, value)
    audit.record("asset", asset.id, act, by=by, at=at, field="sync_status", before=before, after=status, why=why)
    if status is SyncStatus.FAILED and not isinstance(by, User):
        failures.tell(asset, at or clock.now())


def cancel(asset: Asset, *, by: Actor, reason: str | None) -> None:
    """Inside a transaction that holds the payer and the asset. What the order reserved for it is free again, and what
    was invoiced gets on a draft credit note."""
    now = clock.now()
    asset.version += 1
    audit.changes("asset", asset, {"lifecycle": Lifecycle.CANCELLED}, act="cancel", by=by, why=reason)
    credit.release_for(asset)
    credit_drafts.of_cancelled(asset, by=by, at=now)
    if asset.asked_at is not None:
        settling.drop(asset, by=by, at=now)


def close_attempt(
    attempt: Attempt, state: AttemptState, *, now: datetime, cause: str | None = None, message: str = ""
) -> None:
    attempt.state, attempt.settled_at, attempt.lease_until = state, now, None
    attempt.cause, attempt.message = cause, message or None
    metrics.increment("attempt", state.value)
    if state is AttemptState.SUCCEEDED:
        attempt.next_at = None


def worker_for(attempt: Attempt) -> Actor:
    """The worker, for the person who pressed. One statement, unless `lock_attempts` has read them."""
    return audit.process_for(attempt.requested_by_id)


def raise_alert(kind: str, asset: Asset, text: str, now: datetime) -> None:
    """Raises the same alert for an asset only once until somebody has seen it."""
    is_same = (Alert.kind == kind, Alert.asset_id == asset.id, Alert.text == text, Alert.seen_at.is_(None))
    if db.session.scalar(select(Alert.id).where(*is_same).limit(1)) is None:
        db.session.add(Alert(kind=kind, asset_id=asset.id, text=text, raised_at=now))


def newest_attempt(asset: Asset) -> Attempt | None:
    is_newest = (Attempt.asset_id == asset.id, Attempt.number == asset.attempts_made)
    return db.session.scalar(select(Attempt).where(*is_newest).with_for_update(of=Attempt))


def is_settled(asset: Asset) -> bool:
    return asset.sync_status is SyncStatus.SYNCHRONIZED or asset.lifecycle is Lifecycle.CANCELLED
