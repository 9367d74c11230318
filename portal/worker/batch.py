"""One round of a worker: record BitTitan's answers, return finished jobs, claim due ones, and begin their purchases.
All in one transaction, as each commit waits for the disk.

begin_send.py and record_outcome.py decide about each purchase, with the same functions as for a single one. What cannot
be written together (because somebody else has locked it, for example) is handled alone in a thread of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.models import Connection, JobKind
from portal.services import jobs, vendor
from portal.services.jobs import NOTHING_ELSE, Claim, Done, Rooms
from portal.services.provisioning import attempt_step, begin_send, record_outcome
from portal.services.provisioning.begin_send import Decision, Send
from portal.services.vendor.breaker import Delay
from portal.worker import handlers


@dataclass(frozen=True, eq=False)
class Answer(record_outcome.Answer):
    """BitTitan's answer to the purchase of a claimed job, still to be recorded."""

    claim: Claim


Result = Done | Answer


@dataclass(frozen=True)
class Task:
    """Work for a thread of its own."""

    claim: Claim
    act: Callable[[], Result]


@dataclass(frozen=True)
class Round:
    tasks: list[Task]
    is_news: bool = False
    """BitTitan answers again, and look-ups wait for that."""


def run(news: list[Result], most: int, others: Rooms = NOTHING_ELSE) -> Round:
    """Returns the next tasks, at most as many as there are free threads in each lane. If it raises, nothing was
    written."""
    if not news and not jobs.is_any_due(most, others):
        return Round([])
    done, answers, deadline = done_of(news), answers_of(news), begin_send.new_deadline()
    with transaction() as names:
        connection, now = lock(Connection, 1), clock.now()
        recorded = record_outcome.record_outcomes(answers, connection)
        unrecorded = _without(answers, recorded)
        jobs.finish_all(done + [Done(each.answer.claim, each.next_at) for each in recorded])
        claims = jobs.claim_due(most - len(unrecorded), now, others)
        decisions = begin_send.begin_sends(_purchases(claims), deadline, connection)
        waiting = [claim for claim in claims if _only_waits(_decided(claim, decisions))]
        jobs.finish_all([Done(claim, decisions[claim.subject_id].until) for claim in waiting])
        sends = [each for each in decisions.values() if isinstance(each, Send)]
        parts = {"record_outcome": recorded, "finish": done or recorded, "claim": claims, "begin_send": sends}
        names += [name for name, part in parts.items() if part]
    begin_send.remember(sends)
    tasks = [_task(claim, _decided(claim, decisions)) for claim in claims if claim not in waiting]
    return Round([*map(record_task, unrecorded), *tasks], any(each.is_news for each in recorded))


def done_of(news: list[Result]) -> list[Done]:
    return [each for each in news if isinstance(each, Done)]


def answers_of(news: list[Result]) -> list[Answer]:
    return [each for each in news if isinstance(each, Answer)]


def record_task(answer: Answer) -> Task:
    """A task that records this answer in its own transaction."""
    return Task(answer.claim, lambda: Done(answer.claim, attempt_step.conclude(answer, vendor.provider())))


def handler_task(claim: Claim) -> Task:
    """A task that handles this job alone."""
    return Task(claim, lambda: Done(claim, handlers.handle(claim)))


def _without(answers: list[Answer], recorded: list[record_outcome.Recorded]) -> list[Answer]:
    written = {id(each.answer) for each in recorded}
    return [each for each in answers if id(each) not in written]


def _purchases(claims: list[Claim]) -> list[int]:
    return [claim.subject_id for claim in claims if claim.kind is JobKind.ADVANCE]


def _decided(claim: Claim, decisions: Mapping[int, Decision]) -> Decision | None:
    return decisions.get(claim.subject_id) if claim.kind is JobKind.ADVANCE else None


def _only_waits(decision: Decision | None) -> bool:
    return isinstance(decision, Delay) and not decision.needs_probe


def _task(claim: Claim, decision: Decision | None) -> Task:
    if decision is None:
        return handler_task(claim)
    if isinstance(decision, Delay):
        return Task(claim, lambda: Done(claim, attempt_step.wait(decision, vendor.provider())))
    return Task(claim, partial(_buy, claim, decision))


def _buy(claim: Claim, send: Send) -> Result:
    """The answer is recorded together with others. If it asks for a new sign-in, this thread sends once more and
    records."""
    provider = vendor.provider()
    answer = attempt_step.ask(send, provider)
    if attempt_step.needs_ticket(answer):
        return Done(claim, attempt_step.conclude(answer, provider))
    return Answer(send, answer.outcome, claim)
