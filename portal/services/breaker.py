"""May a purchase be sent now? One row that all workers share answers.

Closed: yes. Paused: BitTitan asked for a pause. Open: it does not answer; attempts are held, not failed, until a probe
(a sign-in, never a purchase) succeeds; then one purchase at a time until one succeeds. `needs_person`: the sign-in is
not accepted, nothing is sent until somebody acts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.extensions import db, settings
from portal.models import Alert, Attempt, AttemptState, Connection
from portal.providers.base import CouponProvider, Issued, NotSent, Outcome, Refused, SignedIn, Unavailable
from portal.services import clock, unit, work

FIRST_CONTACT_PAUSE = 3
PROBE_TAKES = 30
LOOK_AGAIN = 60
BURST = 1.0
"""Seconds' worth of purchases that may go at once before the rate spreads them."""


@dataclass(frozen=True)
class Hold:
    until: datetime
    needs_probe: bool = False
    asked_for: str | None = None
    """Why, if it is BitTitan that keeps us waiting: it does not accept the sign-in, or asked for a pause."""


def admit(attempt: Attempt, now: datetime) -> Hold | None:
    """Inside the unit that begins a send: None lets it go."""
    row = unit.fresh(Connection, 1)
    if row.needs_person:
        return Hold(now + timedelta(seconds=LOOK_AGAIN), asked_for=row.cause)
    if row.held_until is not None and row.held_until > now:
        return Hold(row.held_until, asked_for=None if row.is_open else row.cause)
    if row.organization_id is None or (row.is_open and row.held_until is not None):
        return Hold(now, needs_probe=True)
    if row.is_open:
        if _probes_already(row, attempt, now):
            return Hold(now + timedelta(seconds=2))
        row.probe_attempt_id = attempt.id
    else:
        row.held_until = row.held_since = row.cause = None
    return _rate(row, now)


def note(attempt: Attempt, outcome: Outcome, now: datetime) -> None:
    """Inside the unit that records an outcome."""
    row = unit.fresh(Connection, 1)
    if row.probe_attempt_id == attempt.id:
        row.probe_attempt_id = None
    if isinstance(outcome, Issued | Refused):
        row.failures, row.answered_at = 0, now
        if isinstance(outcome, Issued) and row.is_open and row.held_until is None:
            row.is_open, row.held_since, row.cause = False, None, None
    elif isinstance(outcome, NotSent) and (outcome.needs_person or outcome.pause is not None):
        _pause(row, outcome, now)
    elif not (isinstance(outcome, NotSent) and outcome.needs_ticket):
        row.failures += 1
        if row.is_open or row.failures >= settings().provisioning.breaker_failures:
            _open(row, outcome.cause, now)


def probe(provider: CouponProvider) -> None:
    """Signs in, if it is time to: by one worker at a time, and with no transaction held meanwhile."""
    with unit.writing():
        row, now = unit.fresh(Connection, 1), clock.now()
        is_due = row.organization_id is None or row.is_open
        if not is_due or row.needs_person or (row.held_until is not None and row.held_until > now):
            return
        row.held_until = until = now + timedelta(seconds=PROBE_TAKES)
    answer = provider.sign_in()
    with unit.writing():
        row, now = unit.fresh(Connection, 1), clock.now()
        if isinstance(answer, Unavailable):
            _probe_failed(row, answer, now)
        elif row.organization_id not in (None, answer.organization_id):
            _stop(row, "OtherOrganization", now)
        else:
            row.organization_id, row.held_until, row.answered_at = answer.organization_id, None, now
        was_open = row.is_open
    if isinstance(answer, SignedIn):
        work.wake(now, held_until=until, lookups=was_open)


def doubt_the_clock(now: datetime) -> None:
    """The clock jumped: for one quarantine no absence is concluded. Inside a unit."""
    row = unit.fresh(Connection, 1)
    row.doubt_until = now + timedelta(seconds=settings().provisioning.quarantine)


def trusts_the_clock(began_at: datetime) -> bool:
    row = db.session.get(Connection, 1, populate_existing=True)
    return row.doubt_until is None or began_at >= row.doubt_until


def _probes_already(row: Connection, attempt: Attempt, now: datetime) -> bool:
    """Another attempt is the one that goes first, and its sender lives."""
    if row.probe_attempt_id in (None, attempt.id):
        return False
    first = db.session.get(Attempt, row.probe_attempt_id, populate_existing=True)
    return first is not None and first.state is AttemptState.SENDING and first.lease_until > now


def _rate(row: Connection, now: datetime) -> Hold | None:
    rate = settings().provisioning.rate
    if rate <= 0:
        return None
    slot = max(row.next_slot_at or now, now)
    if slot > now + timedelta(seconds=BURST):
        return Hold(slot - timedelta(seconds=BURST))
    row.next_slot_at = slot + timedelta(seconds=1 / rate)
    return None


def _pause(row: Connection, outcome: NotSent, now: datetime) -> None:
    if outcome.needs_person:
        _stop(row, outcome.cause, now)
        return
    until = now + timedelta(seconds=outcome.pause)
    row.held_until = max(row.held_until or until, until)
    row.held_since, row.cause = row.held_since or now, outcome.cause


def _open(row: Connection, cause: str, now: datetime) -> None:
    row.is_open, row.cause = True, cause
    row.held_since = row.held_since or now
    row.held_until = now + timedelta(seconds=settings().provisioning.breaker_pause)


def _probe_failed(row: Connection, answer: Unavailable, now: datetime) -> None:
    if answer.needs_person:
        _stop(row, answer.cause, now)
        return
    _open(row, answer.cause, now)
    if row.organization_id is None:  # it may only just be starting
        row.held_until = now + timedelta(seconds=FIRST_CONTACT_PAUSE)


def _stop(row: Connection, cause: str, now: datetime) -> None:
    """Until a person acts (`flask bittitan connect`); one alert, however many attempts wait."""
    if not row.needs_person:
        text = "BitTitan does not accept the portal’s sign-in; purchases are held. Mend it, then connect again."
        db.session.add(Alert(kind="sign-in", asset_id=None, text=text, raised_at=now))
    row.needs_person, row.cause, row.held_until = True, cause, None
    row.held_since = row.held_since or now
