"""A step of a run is written together with the position that it reached, and only if no other worker was faster."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from portal.core import clock
from portal.core.errors import Overtaken
from portal.core.transaction import lock, transaction
from portal.models import ReconciliationRun, ReconciliationState
from portal.providers.causes import Cause
from portal.services.reconciliation.scanning import runs

NAME = "reconcile"
"""Of each step's transaction."""
PAUSES = (15, 60, 300)
"""Seconds until BitTitan is asked again. Then the run is incomplete."""
REST = 1 / 4
"""Of the time of a step. A run has no hurry; on a small machine pages and purchases wait for the same processors."""


@dataclass
class Place:
    """Where a run was when this worker read it; then, where this worker brought it."""

    run: ReconciliationRun = field(compare=False)
    """Only for what never changes. Its row is read afresh in each step."""
    state: ReconciliationState
    position: int
    listed_until: datetime | None

    @classmethod
    def of(cls, run: ReconciliationRun) -> Self:
        return cls(run, run.state, run.position, run.listed_until)


@contextmanager
def step(place: Place) -> Iterator[ReconciliationRun]:
    """A transaction that holds the run. Raises Overtaken if the run is not at this place any more."""
    began = time.perf_counter()
    with transaction(NAME):
        row = lock(ReconciliationRun, place.run.id)
        if Place.of(row) != place:
            raise Overtaken()
        yield row
        reached = Place.of(row)
    place.state, place.position, place.listed_until = reached.state, reached.position, reached.listed_until
    time.sleep((time.perf_counter() - began) * REST)


def count(row: ReconciliationRun, **numbers: int) -> None:
    row.counts = row.counts | {name: row.count(name) + number for name, number in numbers.items() if number}


def enter(row: ReconciliationRun, state: ReconciliationState) -> None:
    row.state, row.position, row.tries = state, 0, 0


def unanswered(place: Place, cause: str, pause: float | None = None) -> datetime | None:
    """Returns when to ask again; None if the run has to end without a conclusion."""
    with step(place) as row:
        if cause == Cause.NOT_SUPPORTED or row.tries >= len(PAUSES):
            end_incomplete(row, cause)
            return None
        row.tries += 1
        return clock.now() + timedelta(seconds=max(PAUSES[row.tries - 1], pause or 0))


def end_incomplete(row: ReconciliationRun, cause: str) -> None:
    """Inside a transaction that holds the run."""
    runs.end(row, ReconciliationState.INCOMPLETE, cause)
