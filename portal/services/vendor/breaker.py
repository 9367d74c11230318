"""Decides whether a purchase may be sent now, from one row that all workers share.

Clear: yes. Paused: BitTitan asked for a pause. Silent (the breaker is open): BitTitan does not answer. Attempts are
postponed, not failed, until a probe (a sign-in, never a purchase) succeeds; then one purchase is sent at a time until
one succeeds. Refused or foreign: the sign-in is not accepted, and nothing is sent until a person acts. Frozen: see
freeze.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Alert, Attempt, AttemptState, Connection
from portal.providers.base import CouponProvider, Issued, NotSent, Outcome, Refused, SignedIn, Unavailable
from portal.providers.causes import Cause
from portal.services import jobs, vendor
from portal.services.restore_guard import database_identity, freeze
from portal.services.vendor import rate_limit

FIRST_CONTACT_PAUSE = 3
PROBE_TAKES = 30
LOOK_AGAIN = 60
LONGEST_PAUSE = 600

SIGN_IN = "sign-in"
_ALERTS = {
    Cause.CREDENTIALS_MISSING: "The portal has no e-mail address or no password for BitTitan; purchases are held. "
    "Enter them in Setup > BitTitan.",
    Cause.CREDENTIALS_UNREADABLE: "The stored password for BitTitan cannot be read with the keys in CREDENTIAL_KEYS; "
    "purchases are held. Set the key with which it was encrypted, restart, and connect again; or enter the password "
    "in Setup > BitTitan.",
    Cause.QUARANTINE_TOO_SHORT: "PROVISIONING_QUARANTINE is too short for BitTitan’s server; purchases are held. Make "
    "it longer, restart, and connect again.",
    Cause.OTHER_ORGANIZATION: "The sign-in belongs to another BitTitan organisation than this database does; "
    "purchases are held. Check BITTITAN_URL and BITTITAN_EMAIL, then connect again. Where they were changed "
    "in the environment, restart each process that was started before.",
    "": "BitTitan does not accept the portal’s sign-in; purchases are held. Correct it, then connect again. Where "
    "the e-mail address or the password was changed in the environment, restart each process that was started before.",
}


@dataclass(frozen=True)
class Delay:
    until: datetime
    needs_probe: bool = False
    asked_for: str | None = None
    """The cause, if BitTitan keeps us waiting: it refused the sign-in or asked for a pause."""


def admit(row: Connection, attempts: Sequence[Attempt], now: datetime) -> list[Delay | None]:
    """Inside the transaction that begins the sends. Returns for each attempt what delays it; None lets it go."""
    if not attempts:
        return []
    vendor.refresh_sign_in(row)
    delay = Delay(now + timedelta(seconds=LOOK_AGAIN)) if freeze.check_and_freeze(row, now) else current_delay(row, now)
    going: set[int] = set()
    return [delay or _admit(row, attempt, now, going) for attempt in attempts]


def _admit(row: Connection, attempt: Attempt, now: datetime, going: set[int]) -> Delay | None:
    """No common delay applies: is it this attempt's turn? `going`: the attempts already admitted in this
    transaction."""
    if row.is_open:
        if row.probe_attempt_id in going or _goes_another(row, attempt, now):
            return Delay(rate_limit.queue_for_slot(row, now, now + timedelta(seconds=2)))
    else:
        row.held_until = row.held_since = row.cause = None
    slot_at = rate_limit.take_slot(row, now)
    if slot_at is not None:
        return Delay(slot_at)
    if row.is_open:
        row.probe_attempt_id = attempt.id
    row.sends += 1
    going.add(attempt.id)
    return None


def current_delay(row: Connection, now: datetime) -> Delay | None:
    """What delays purchases and look-ups alike, or None."""
    if row.needs_person:
        return Delay(now + timedelta(seconds=LOOK_AGAIN), asked_for=row.cause)
    if is_pause_active(row.held_until, now):
        return Delay(row.held_until, asked_for=None if row.is_open else row.cause)
    return Delay(now, needs_probe=True) if needs_probe(row) else None


def note_outcome(row: Connection, attempt: Attempt, outcome: Outcome, now: datetime) -> bool:
    """Inside the transaction that records an outcome. Returns True if BitTitan answers again and look-ups should be
    woken."""
    if row.probe_attempt_id == attempt.id:
        row.probe_attempt_id = None
    if isinstance(outcome, Issued | Refused):
        was_quiet = row.answered_at is None or now > row.answered_at + rate_limit.QUIET
        row.failures, row.answered_at = 0, now
        if isinstance(outcome, Issued) and row.is_open and row.held_until is None:
            row.is_open, row.held_since, row.cause = False, None, None
        return was_quiet and rate_limit.note_answer(row)
    if isinstance(outcome, NotSent) and (outcome.needs_person or outcome.pause is not None):
        pause_or_stop(row, outcome, now)
    elif not (isinstance(outcome, NotSent) and outcome.needs_ticket):
        count_failure(row, outcome.cause, now)
    return False


def count_failure(row: Connection, cause: str, now: datetime) -> None:
    """Inside a transaction: one more request could not be sent, or its answer was lost."""
    row.failures += 1
    if row.is_open or row.failures >= settings().provisioning.breaker_failures:
        _open(row, cause, now)


def probe(provider: CouponProvider) -> None:
    """Signs in if it is time to. Only one worker does so at a time, and holds no transaction meanwhile."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        if not needs_probe(row) or row.needs_person or is_pause_active(row.held_until, now):
            return
        takes = max(PROBE_TAKES, settings().provisioning.total_timeout + 5)
        row.held_until = until = now + timedelta(seconds=takes)
        vendor.refresh_sign_in(row)
    answer = provider.sign_in()
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        if isinstance(answer, Unavailable):
            _probe_failed(row, answer, now)
        elif row.organization_id not in (None, answer.organization_id):
            _stop(row, Cause.OTHER_ORGANIZATION, now)
        else:
            row.organization_id, row.held_until, row.answered_at = answer.organization_id, None, now
            database_identity.assign_identity(row)
        is_good, lookups_wait = (
            row.held_until is None and not row.needs_person,
            rate_limit.note_answer(row) or row.is_open,
        )
    if isinstance(answer, SignedIn):
        jobs.wake_attempts(now, held_until=until, lookups=is_good and lookups_wait)


def needs_probe(row: Connection) -> bool:
    """Nobody has signed in yet, or the breaker is open and waits for a probe."""
    return row.organization_id is None or (row.is_open and row.held_until is not None)


def is_pause_active(moment: datetime | None, now: datetime) -> bool:
    """Whether the pause is still running. No pause is longer than these limits: a longer one was written before the
    clock was set back."""
    longest = max(LONGEST_PAUSE, settings().provisioning.breaker_pause, settings().provisioning.total_timeout + 5)
    return moment is not None and now < moment <= now + timedelta(seconds=longest + 1)


def pause_or_stop(row: Connection, answer: NotSent, now: datetime) -> None:
    """Inside a transaction. BitTitan asked for a pause, or does not accept the sign-in. `answer` may be an Unanswered,
    too."""
    if answer.needs_person:
        if answer.generation in (None, row.generation):  # otherwise a person has connected since
            _stop(row, answer.cause, now)
        return
    until = now + timedelta(seconds=answer.pause)
    row.held_until = max(row.held_until or until, until) if is_pause_active(row.held_until, now) else until
    row.held_since, row.cause = row.held_since or now, answer.cause


def doubt_the_clock(now: datetime) -> None:
    """Inside a transaction. The clock jumped: for one quarantine, no absence is concluded."""
    row = lock(Connection, 1)
    row.doubt_until = now + timedelta(seconds=settings().provisioning.quarantine)


def trusts_the_clock(began_at: datetime) -> bool:
    row = db.session.get(Connection, 1, populate_existing=True)
    return row.doubt_until is None or began_at >= row.doubt_until


def clear(row: Connection, now: datetime, seen_by_id: int | None) -> None:
    """Inside a transaction. A person has signed in, so BitTitan answers: an open breaker becomes half open, as after a
    successful probe."""
    if row.is_open:
        row.held_until = None
    if not row.needs_person:
        return
    row.needs_person, row.held_until, row.held_since, row.cause = False, None, None, None
    freeze.acknowledge_alerts(SIGN_IN, now, seen_by_id)


def end_sign_ins(row: Connection) -> None:
    """Inside a transaction. Invalidates the sign-ins of all processes; each signs in anew before its next request."""
    row.generation += 1


def _goes_another(row: Connection, attempt: Attempt, now: datetime) -> bool:
    """Another attempt is the probing purchase, and its sender is alive."""
    if row.probe_attempt_id in (None, attempt.id):
        return False
    first = db.session.get(Attempt, row.probe_attempt_id, populate_existing=True)
    return first is not None and first.state is AttemptState.SENDING and first.lease_until > now


def _open(row: Connection, cause: str, now: datetime) -> None:
    row.is_open, row.cause = True, cause
    row.held_since = row.held_since or now
    row.held_until = now + timedelta(seconds=settings().provisioning.breaker_pause)


def _probe_failed(row: Connection, answer: Unavailable, now: datetime) -> None:
    if answer.needs_person:
        _stop(row, answer.cause, now)
        return
    _open(row, answer.cause, now)
    if answer.pause is not None:
        row.held_until = now + timedelta(seconds=answer.pause)
    elif row.organization_id is None:  # BitTitan may still be starting
        row.held_until = now + timedelta(seconds=FIRST_CONTACT_PAUSE)


def _stop(row: Connection, cause: str, now: datetime) -> None:
    """Stops until a person acts (`flask bittitan connect`). Raises one alert, however many attempts wait."""
    if not row.needs_person:
        text = _ALERTS.get(cause, _ALERTS[""])
        db.session.add(Alert(kind=SIGN_IN, asset_id=None, text=text, raised_at=now))
    row.needs_person, row.cause, row.held_until = True, cause, None
    row.held_since = row.held_since or now
