"""One round of a worker: what was bought is recorded, what was done goes back, what is due is handed out, and the
purchases among it are begun. All in one transaction, as each commit waits for the disk.

What is not plain (services/provisioning/express.py) is taken through the whole protocol alone, by a thread of its own;
and so is everything that could not be written together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.models import Connection, JobKind
from portal.providers.base import Issued
from portal.services import jobs, provisioning, vendor
from portal.services.jobs import Claim, Done
from portal.services.provisioning import express
from portal.services.restore_guard import database_identity
from portal.worker import handlers


@dataclass(frozen=True, eq=False)
class Bought(express.Bought):
    """BitTitan issued the coupon of a claim, and it is to be recorded."""

    claim: Claim


News = Done | Bought


@dataclass(frozen=True)
class Task:
    """For a thread of its own."""

    claim: Claim
    act: Callable[[], News]


def run(news: list[News], most: int, *, requests: int = 0) -> list[Task]:
    """What there is to do next, for so many free threads of each lane. Raises where nothing was written."""
    if not news and not jobs.is_any_due(most, requests):
        return []
    done, bought, deadline = done_of(news), bought_of(news), provisioning.deadline()
    with transaction() as units:
        row, now = lock(Connection, 1), clock.now()
        recorded = express.record(bought, row, now) if bought else []
        left = [it for it in bought if it not in recorded]
        jobs.finish_all(done + [Done(it.claim) for it in recorded])
        claims = jobs.claim_due(most - len(left), now, requests=requests)
        buying = [claim.subject_id for claim in claims if claim.kind is JobKind.ADVANCE]
        sends = express.begin(buying, row, now, deadline) if buying else []
        parts = {"T3": recorded, "finish": done or recorded, "claim": claims, "T2": sends}
        units += [name for name, part in parts.items() if part]
    if sends:
        database_identity.remember_send(*sends[-1].mark)
    return [*map(recording, left), *_jobs(claims, sends)]


def done_of(news: list[News]) -> list[Done]:
    return [it for it in news if isinstance(it, Done)]


def bought_of(news: list[News]) -> list[Bought]:
    return [it for it in news if isinstance(it, Bought)]


def recording(it: Bought) -> Task:
    """Alone."""
    return Task(it.claim, lambda: Done(it.claim, provisioning.conclude(it.send, it.outcome, vendor.provider())))


def step(claim: Claim) -> Task:
    """Alone."""
    return Task(claim, lambda: Done(claim, handlers.handle(claim)))


def _jobs(claims: list[Claim], sends: list[express.Send]) -> list[Task]:
    begun = {(JobKind.ADVANCE, send.attempt.id): send for send in sends}
    return [
        Task(claim, partial(_buy, claim, begun[claim.kind, claim.subject_id]))
        if (claim.kind, claim.subject_id) in begun
        else step(claim)
        for claim in claims
    ]


def _buy(claim: Claim, send: express.Send) -> News:
    provider = vendor.provider()
    outcome = provisioning.ask(send, provider)
    if isinstance(outcome, Issued):
        return Bought(send, outcome, claim)
    return Done(claim, provisioning.conclude(send, outcome, provider))
