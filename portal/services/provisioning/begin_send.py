"""begin_send: the second of the three transactions of a purchase. It is committed before the first byte is sent.

The same functions decide about one attempt (`begin_send`, in its own transaction) and about many (`begin_sends`, in the
shared transaction of a worker's round).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, update

from portal.core import clock, failpoints
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Attempt, AttemptState, Connection
from portal.providers.base import CouponOrder, Deadline
from portal.providers.causes import Cause
from portal.services import transitions, vendor_settings
from portal.services.provisioning import lookups, outcomes
from portal.services.restore_guard import database_identity
from portal.services.transitions import Locked
from portal.services.vendor import breaker
from portal.services.vendor.breaker import Delay


@dataclass(frozen=True)
class Send:
    """A send that was begun. Carry it out only after its transaction is committed and its mark is remembered."""

    attempt_id: int
    asset_id: int
    number: int
    order: CouponOrder
    deadline: Deadline
    mark: tuple[str | None, int]
    """The database's instance id and its number of sends so far, for the counter file (send_counter_file.py)."""


Decision = Send | Delay


def new_deadline() -> Deadline:
    """Create it just before the transaction that begins a send: the time starts to run here."""
    return Deadline(settings().provisioning.total_timeout, lambda: failpoints.hit(failpoints.FIRST_BYTE))


def begin_send(attempt_id: int) -> Decision | None:
    """Decides in its own transaction. Returns None if another step of the attempt is due."""
    deadline = new_deadline()
    with transaction("begin_send"):
        decision = begin_sends([attempt_id], deadline).get(attempt_id)
    remember([decision])
    return decision


def begin_sends(
    attempt_ids: Sequence[int], deadline: Deadline, connection: Connection | None = None
) -> dict[int, Decision]:  # fmt: skip
    """Decides about each attempt, inside a transaction. An attempt that is missing from the result must not be sent
    now: another step of it is due, or somebody else has locked it.

    `connection`: the locked connection row, if the transaction already holds it (transitions.lock_attempts).
    """
    locked = transitions.lock_attempts(attempt_ids, waits=connection is None)
    connection = connection or lock(Connection, 1)
    now = clock.now()  # only after all waiting; an older time would look like a clock set back
    vendor_settings.note_server(connection, now)
    due = _without_elsewhere([each for each in locked if _may_be_sent(each, now)], connection, now)
    delays = breaker.admit(connection, [each.attempt for each in due], now)
    going = [each.attempt for each, delay in zip(due, delays, strict=True) if delay is None]
    postponed = [(each.attempt, delay) for each, delay in zip(due, delays, strict=True) if delay is not None]
    waiting = {attempt.id: postpone(attempt, delay, now) for attempt, delay in postponed}
    sends = {send.attempt_id: send for send in _begin(going, connection, now, deadline)}
    return sends | {attempt_id: delay for attempt_id, delay in waiting.items() if delay is not None}


def _without_elsewhere(due: list[Locked], connection: Connection, now: datetime) -> list[Locked]:
    """Those that may have been carried out at the server before are not sent to this one. Look-ups settle them."""
    elsewhere = [each for each in due if each.attempt.may_be_elsewhere(connection.server_changed_at)]
    for each in elsewhere:
        each.attempt.sends_no_more = True
        outcomes.to_unknown(each.attempt, Cause.SETTINGS_CHANGED, "", now)
    return [each for each in due if each not in elsewhere]


def remember(decisions: Sequence[Decision | None]) -> None:
    """Call it after the commit and before the first byte of any of these sends."""
    sends = [each for each in decisions if isinstance(each, Send)]
    if sends:
        database_identity.remember_send(*sends[-1].mark)


def postpone(attempt: Attempt, delay: Delay, now: datetime) -> Delay | None:
    """Inside a transaction. Postpones an attempt without failing it. If BitTitan itself has kept it waiting for too
    long, closes it and returns None."""
    if delay.asked_for is None:
        attempt.paused_since = None
    elif outcomes.is_out_of_patience(attempt, now):
        outcomes.to_definite(attempt, AttemptState.NOT_SENT, delay.asked_for, "", now)
        return None
    attempt.next_at = now if delay.needs_probe else delay.until
    return delay


def _may_be_sent(locked: Locked, now: datetime) -> bool:
    attempt = locked.attempt
    is_due = attempt.next_at is None or attempt.next_at <= now
    is_waiting = attempt.state is AttemptState.RESERVED and is_due
    return is_waiting and not lookups.must_look_first(attempt, now, ordered_at=locked.asset.created_at)


_ATTEMPTS = Attempt.__table__
_lease = bindparam("lease", type_=_ATTEMPTS.c.lease_until.type)
_now = bindparam("now", type_=_ATTEMPTS.c.last_sent_at.type)
_BEGIN = (
    update(_ATTEMPTS)
    .where(
        _ATTEMPTS.c.id == bindparam("attempt_id"),
        _ATTEMPTS.c.state == AttemptState.RESERVED,
        _ATTEMPTS.c.send_number == bindparam("seen"),
    )
    .values(
        state=AttemptState.SENDING,
        send_number=_ATTEMPTS.c.send_number + 1,
        lease_until=_lease,
        next_at=_lease,
        last_sent_at=_now,
        first_sent_at=func.coalesce(_ATTEMPTS.c.first_sent_at, _now),
    )
)


def _begin(attempts: list[Attempt], connection: Connection, now: datetime, deadline: Deadline) -> list[Send]:
    """Uses compare-and-set on (state, send number) although the attempts are locked."""
    if not attempts:
        return []
    lease = now + timedelta(seconds=settings().provisioning.lease)
    values = [{"attempt_id": each.id, "seen": each.send_number, "lease": lease, "now": now} for each in attempts]
    if db.session.connection().execute(_BEGIN, values).rowcount != len(attempts):
        raise RuntimeError("an attempt moved under a lock")
    mark = (connection.instance_id, connection.sends)
    return [
        Send(each.id, each.asset_id, each.send_number + 1, order, deadline, mark)
        for each in attempts
        for order in [_order(each, lease, connection)]
    ]


def _order(attempt: Attempt, not_after: datetime, connection: Connection) -> CouponOrder:
    return lookups.order_for(attempt.payload, not_after, connection.organization_id, connection.settings_version)
