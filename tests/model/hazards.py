"""What people do, and what goes wrong: see moves.py for the form of a move."""

from collections.abc import Iterator

from tests.model import portal
from tests.model.moves import IDLE, Move, answered, carry_out, idle, jump, with_worker, without, write
from tests.model.state import QUARANTINE, Setup, State, Worker

LIE = 2
"""Its price in faults."""


def people(state: State, setup: Setup) -> Iterator[Move]:
    rules, newest = setup.rules, len(state.attempts) - 1
    is_active = not state.is_cancelled
    pressed = ("failed",) if rules.one_open_attempt else ("failed", "synchronizing", "unconfirmed", "synchronized")
    if state.status in pressed and is_active and len(state.attempts) < setup.attempts:
        yield ("press",), 0, portal.request(state)
    attempt = state.attempts[newest]
    if state.status == "review" and (not state.coupons or setup.mistakes):
        is_over = attempt.last is None or attempt.last >= QUARANTINE or not rules.attest_after_quarantine
        if attempt.state == "review" and is_over and not state.jumped and not state.doubt:
            yield ("attest",), 0, portal.attest(state, newest, setup)
    yield from _attach(state, setup, is_active)
    if is_active and (state.status == "failed" or not rules.nothing_is_cancelled_while_open):
        yield ("cancel",), 0, state._replace(is_cancelled=True)


def _attach(state: State, setup: Setup, is_active: bool) -> Iterator[Move]:
    rules = setup.rules
    if not is_active or state.status == "synchronized":
        return
    if state.status in ("failed", "review"):
        for index, coupon in enumerate(state.coupons):
            if coupon.standing != "recorded":
                yield ("attach", index), 0, portal.take(state, index, setup)
    may_be_foreign = {
        "failed": True,
        "review": not rules.in_review_only_ours_is_attached,
    }.get(state.status, not rules.nothing_is_attached_while_open)
    if may_be_foreign:
        newest = len(state.attempts) - 1
        after = state._replace(status="synchronized", has_foreign=True, claim="")
        if state.attempts[newest].state in portal.OPEN:
            after = portal.change(after, newest, state="succeeded")
        yield ("attach another",), 0, after


def faults(state: State, setup: Setup) -> Iterator[Move]:
    for place, worker in enumerate(state.workers):
        yield from _faults_of(state, place, worker, setup)
    for request in state.requests:
        lost = without(state, request)
        names = (request.attempt, request.send)
        yield ("refused", *names), 1, answered(lost, request, "refused")
        yield ("lost on the way", *names), 1, answered(lost, request, "unknown")
        yield ("answer lost", *names), 1, carry_out(answered(state, request, "unknown"), request, setup)
        still = answered(state, request, "unknown")
        if still != state:
            yield ("late", *names), 1, still
        if setup.false_answers:
            yield ("answered falsely", *names), 1, carry_out(answered(state, request, "false"), request, setup)
            yield ("answered for nothing", *names), 1, answered(lost, request, "false")
        if setup.twins:
            yield ("made twice", *names), 1, carry_out(state, request, setup, twins=True)
    if setup.jumps and not state.jumped and not state.doubt:
        yield ("clock jumps",), 1, jump(state, setup)


def _faults_of(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    if worker.phase == "idle":
        yield from _bad_answers(state, place, setup)
        return
    yield ("killed", place), 1, with_worker(state, place, IDLE)
    if not worker.is_slow:
        yield ("stalls", place), 1, with_worker(state, place, worker._replace(is_slow=True))
    if worker.phase == "sending":
        yield ("not sent", place), 1, with_worker(state, place, worker._replace(phase="answer", data="not_sent"))
    if worker.phase == "saw" and not setup.rules.intent_first:
        unsent = worker._replace(phase="sending", send=state.attempts[worker.attempt].send + 1)
        yield ("begin_send is lost", place), 1, write(state, place, unsent, setup)
    if worker.phase == "answer":
        after, _ = portal.record_once(state, worker.attempt, worker.send, worker.data, setup)
        yield ("record_outcome is in doubt", place), 1, after


def _bad_answers(state: State, place: int, setup: Setup) -> Iterator[Move]:
    for label, cost, after in idle(state, place, IDLE, setup):
        if label[0] != "asks":
            continue
        worker = after.workers[place]
        wrong = [("is not answered", 1, None)]
        if setup.lies and worker.data.answer:
            wrong.append(("is lied to", LIE, ()))
        for how, price, instead in wrong:
            data = worker.data._replace(answer=instead)
            yield (how, *label[1:]), cost + price, with_worker(after, place, worker._replace(data=data))
