"""The ticket that the threads of one process share, and what ends it.

A ticket ends when it expires, with a 401, when a person connects again in any process, and if it belongs to another
organisation: one wrong answer to a sign-in must not hold purchases until a restart.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from portal.providers.base import Deadline, NotSent, Trace
from portal.providers.causes import Cause

RENEW_BEFORE_END = 60
BREATHE = 10.0
"""Seconds between two further sign-ins because of a ticket of another organisation, so that sign-ins are not hammered.
"""


@dataclass(frozen=True)
class Ticket:
    value: str
    organization_id: str
    ends: float
    """On the monotonic clock."""
    trace: Trace
    generation: int | None = None


@dataclass(frozen=True)
class _Expected:
    generation: int | None = None
    seller_id: str | None = None


class Tickets:
    def __init__(self, sign_in: Callable[[Deadline], Ticket | NotSent]):
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._expected = _Expected()
        self._ticket: Ticket | None = None
        self._next_recheck = 0.0

    @property
    def seller_id(self) -> str | None:
        return self._expected.seller_id

    def heed(self, generation: int, seller_id: str | None) -> None:
        """Does not take the lock: a database transaction may be open, and a sign-in may take long."""
        expected = _Expected(generation, seller_id)
        if expected != self._expected:
            self._expected = expected

    def adopt(self, generation: int) -> None:
        """Assigns the generation to the current ticket, which this person's connecting has just fetched. Does not take
        the lock either."""
        self._expected = replace(self._expected, generation=generation)
        if (ticket := self._ticket) is not None:
            self._ticket = replace(ticket, generation=generation)

    def drop(self, ticket: Ticket | None = None) -> None:
        """Drops this ticket if it is still the current one; None drops any."""
        if ticket is None or ticket is self._ticket:
            self._ticket = None

    def take(self, deadline: Deadline, seller_id: str | None) -> Ticket | NotSent:
        """Returns a valid ticket, signing in if necessary. If it belongs to another organisation, signs in once more;
        the caller must check the organisation."""
        with self._lock:
            if not self._serves(self._ticket):
                self._next_recheck = 0.0
                ticket = self._renew(deadline)
                if isinstance(ticket, NotSent):
                    return ticket
            own_organization = seller_id or self._expected.seller_id
            if own_organization in (None, self._ticket.organization_id) or time.monotonic() < self._next_recheck:
                return self._ticket
            self._next_recheck = time.monotonic() + BREATHE
            return self._renew(deadline)

    def sign_in(self, deadline: Deadline) -> Ticket | NotSent:
        """Always signs in. An organisation that is not ours or not known yet is accepted only if two sign-ins agree."""
        with self._lock:
            first = self._renew(deadline)
            if isinstance(first, NotSent) or first.organization_id == self._expected.seller_id:
                return first
            second = self._renew(deadline)
            if isinstance(second, NotSent):
                return second
            if second.organization_id not in (first.organization_id, self._expected.seller_id):
                self._ticket = None
                return NotSent(Cause.UNEXPECTED_ANSWER, "", second.trace)
            return second

    def _serves(self, ticket: Ticket | None) -> bool:
        if ticket is None or ticket.ends - time.monotonic() < RENEW_BEFORE_END:
            return False
        return ticket.generation == self._expected.generation

    def _renew(self, deadline: Deadline) -> Ticket | NotSent:
        expected = self._expected  # read before signing in: if a person connects meanwhile, this ticket is outdated
        ticket = replace(self._sign_in(deadline), generation=expected.generation)
        self._ticket = None if isinstance(ticket, NotSent) else ticket
        return ticket
