"""The sign-in that the threads of one process share, and what ends it.

A ticket is over with its time, with a 401, when a person connects again in whatever process, and when it is another
organisation's: one wrong answer to a sign-in must not hold purchases until a restart.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from portal.providers.base import Deadline, NotSent, Trace
from portal.providers.causes import Cause

RENEW_BEFORE_END = 60
BREATHE = 10.0
"""Seconds between two second opinions about a ticket that is not ours: sign-ins are not hammered."""


@dataclass(frozen=True)
class Ticket:
    value: str
    organization_id: str
    ends: float
    """On the monotonic clock."""
    trace: Trace
    generation: int | None = None


@dataclass(frozen=True)
class _Told:
    generation: int | None = None
    seller_id: str | None = None


class Tickets:
    def __init__(self, sign_in: Callable[[Deadline], Ticket | NotSent]):
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._told = _Told()
        self._ticket: Ticket | None = None
        self._next_opinion = 0.0

    @property
    def seller_id(self) -> str | None:
        return self._told.seller_id

    def heed(self, generation: int, seller_id: str | None) -> None:
        """Waits for nobody: a transaction of the database may be open, and a sign-in may take its time."""
        told = _Told(generation, seller_id)
        if told != self._told:
            self._told = told

    def adopt(self, generation: int) -> None:
        """What was signed in here a moment ago is what the person saw who connected. Waits for nobody, either."""
        self._told = replace(self._told, generation=generation)
        if (ticket := self._ticket) is not None:
            self._ticket = replace(ticket, generation=generation)

    def drop(self, ticket: Ticket | None = None) -> None:
        """This one, if it is still the one; or whatever there is."""
        if ticket is None or ticket is self._ticket:
            self._ticket = None

    def take(self, deadline: Deadline, seller_id: str | None) -> Ticket | NotSent:
        """Another organisation's ticket only if it was asked for twice: whoever takes it looks at it."""
        with self._lock:
            if not self._serves(self._ticket):
                self._next_opinion = 0.0
                ticket = self._renew(deadline)
                if isinstance(ticket, NotSent):
                    return ticket
            ours = seller_id or self._told.seller_id
            if ours in (None, self._ticket.organization_id) or time.monotonic() < self._next_opinion:
                return self._ticket
            self._next_opinion = time.monotonic() + BREATHE
            return self._renew(deadline)

    def sign_in(self, deadline: Deadline) -> Ticket | NotSent:
        """Always asks. An organisation that is not ours, or not known yet, counts when it is told twice."""
        with self._lock:
            first = self._renew(deadline)
            if isinstance(first, NotSent) or first.organization_id == self._told.seller_id:
                return first
            second = self._renew(deadline)
            if isinstance(second, NotSent):
                return second
            if second.organization_id not in (first.organization_id, self._told.seller_id):
                self._ticket = None
                return NotSent(Cause.UNEXPECTED_ANSWER, "", second.trace)
            return second

    def _serves(self, ticket: Ticket | None) -> bool:
        if ticket is None or ticket.ends - time.monotonic() < RENEW_BEFORE_END:
            return False
        return ticket.generation == self._told.generation

    def _renew(self, deadline: Deadline) -> Ticket | NotSent:
        told = self._told  # before it is asked: who connects meanwhile means the next one
        ticket = replace(self._sign_in(deadline), generation=told.generation)
        self._ticket = None if isinstance(ticket, NotSent) else ticket
        return ticket
