"""What happens by itself: the workers take steps, BitTitan carries requests out, time passes.

A move is (label, cost, state): cost is how many faults it uses up. Correctness must not rest on the queue's leases, so
the work of a slow worker can be taken by another at any time. What people and faults do stands in hazards.py.
"""

from collections.abc import Iterator
from functools import cache

from tests.model import portal
from tests.model.state import (
    GAP,
    GONE,
    LATEST,
    LEASE,
    QUARANTINE,
    Attempt,
    Coupon,
    Look,
    Request,
    Setup,
    State,
    Worker,
)  # fmt: skip

Move = tuple[tuple, int, State]
IDLE = Worker()


def system(state: State, setup: Setup) -> Iterator[Move]:
    """What happens by itself, with nobody's help and nothing going wrong."""
    for place, worker in enumerate(state.workers):
        yield from _STEPS[worker.phase](state, place, worker, setup)
    for request in state.requests:
        yield ("carried out", request.attempt, request.send), 0, carry_out(state, request, setup)
    if state.claim == "false" and setup.rules.answer_is_confirmed:
        after = portal.confirm(state, _listed(state, 0, setup), setup)
        if after is not None:
            yield ("confirms",), 0, after
    if state.jumped:
        yield ("heartbeat",), 0, portal.doubt_the_clock(state, setup)
    elif all(_may_wait(worker, setup) for worker in state.workers):
        later = tick(state, setup)
        if later != state:
            yield ("tick",), 0, later


def with_worker(state: State, place: int, worker: Worker) -> State:
    workers = list(state.workers)
    workers[place] = worker
    return state._replace(workers=tuple(workers))


def _may_wait(worker: Worker, setup: Setup) -> bool:
    if worker.phase == "brink":  # between its last look at the clock and the first byte
        return worker.is_slow and setup.frozen
    return worker.phase == "idle" or worker.is_slow


def idle(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    for number, attempt in enumerate(state.attempts):
        if not attempt.has_work or any(_holds_it(each, number) for each in state.workers):
            continue
        mine = Worker("", number, attempt.send, holds=True)
        others = [each._replace(holds=False) if each.attempt == number else each for each in state.workers]
        free = state._replace(workers=tuple(others))
        if attempt.state == "reserved":
            if portal.must_look_first(number, attempt, setup):
                yield ("asks", place, number), 0, _ask(free, place, mine, "first", setup)
            else:
                yield ("sees", place, number), 0, with_worker(free, place, mine._replace(phase="saw", send=0))
        elif attempt.state == "sending" and attempt.last >= LEASE:
            after, again = portal.recover(free, number, setup)
            yield ("recovers", place, number), 0, _finished(after, place, mine, again)
        elif attempt.state == "unknown":
            yield ("asks", place, number), 0, _ask(free, place, mine, "settle", setup)
        elif attempt.state in ("review", "not_executed") and setup.is_searchable:
            yield ("asks", place, number), 0, _ask(free, place, mine, "watch", setup)


def _holds_it(worker: Worker, number: int) -> bool:
    return worker.holds and worker.attempt == number and not worker.is_slow


def _ask(state: State, place: int, worker: Worker, kind: str, setup: Setup) -> State:
    answer = _listed(state, portal.reference_of(worker.attempt, worker.send, setup), setup)
    attempt = state.attempts[worker.attempt]
    data = Look(kind, answer, not state.doubt, attempt.last, attempt.first)
    return with_worker(state, place, worker._replace(phase="asked", data=data))


def _listed(state: State, reference: int, setup: Setup) -> tuple[int, ...]:
    listed = enumerate(state.coupons) if setup.is_searchable else ()
    return tuple(index for index, each in listed if each.reference == reference and each.age < setup.life)


def saw(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    number, rules = worker.attempt, setup.rules
    attempt = state.attempts[number]
    if attempt.state != "reserved" and (rules.begin_compares_the_state or attempt.state != "sending"):
        yield ("begin_send", place, number), 0, _finished(state, place, worker, portal.AGAIN)
        return
    if attempt.state == "reserved" and portal.must_look_first(number, attempt, setup):  # it stood still for too long
        yield ("begin_send", place, number), 0, _finished(state, place, worker, portal.AGAIN)
        return
    begun = portal.begin(state, number)
    sent = worker._replace(phase="sending", send=attempt.send + 1, ago=0)
    yield ("begin_send", place, number), 0, with_worker(begun, place, sent)


def sending(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    """A sign-in, a connection, then the last look at the clock."""
    if worker.ago > 0 and setup.rules.slow_sender_writes_nothing:
        yield ("too late", place), 0, with_worker(state, place, worker._replace(phase="answer", data="not_sent"))
    elif setup.frozen:
        yield ("looks at the clock", place), 0, with_worker(state, place, worker._replace(phase="brink"))
    else:
        yield ("writes", place), 0, write(state, place, worker, setup)


def brink(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    yield ("writes", place), 0, write(state, place, worker, setup)


def write(state: State, place: int, worker: Worker, setup: Setup) -> State:
    if setup.honours_not_after and worker.ago > LEASE:
        return with_worker(state, place, worker._replace(phase="answer", data="not_sent"))
    age = worker.ago if setup.honours_not_after else 0
    request = Request(worker.attempt, worker.send, portal.reference_of(worker.attempt, worker.send, setup), age)
    sent = with_worker(state, place, worker._replace(phase="waiting"))
    return sent._replace(requests=(*sent.requests, request))


def waiting(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    if _request_of(state, worker) is None:
        yield ("times out", place), 0, with_worker(state, place, worker._replace(phase="answer", data="unknown"))


def answer(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    after, again = portal.record_once(state, worker.attempt, worker.send, worker.data, setup)
    if isinstance(worker.data, int) and not setup.rules.code_and_status_together:
        after = portal.stands(after, worker.data, state.coupons[worker.data].standing)
        yield ("record_outcome", place), 0, with_worker(after, place, after.workers[place]._replace(phase="code"))
    else:
        drops = isinstance(worker.data, int) and after.coupons[worker.data].standing == "unknown"
        label = ("record_outcome", place, "drops the code") if drops else ("record_outcome", place)
        yield label, 0, _finished(after, place, after.workers[place], again)


def code(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    after = portal.stands(state, worker.data, "recorded")
    yield ("the code", place), 0, _finished(after, place, worker, portal.DONE)


def asked(state: State, place: int, worker: Worker, setup: Setup) -> Iterator[Move]:
    look, number = worker.data, worker.attempt
    if worker.ago >= setup.old:  # how long it stood still is not counted any further: as good as killed
        yield ("is gone", place), 0, with_worker(state, place, IDLE)
        return
    if look.kind == "first":
        after, again = portal.look_first(state, number, look.answer, setup)
    elif look.kind == "settle":
        after, again = portal.settle(state, number, worker.send, look, worker.ago, setup)
    else:
        after, again = portal.watch(state, number, look.answer, setup)
    yield ("records the answer", place), 0, _finished(after, place, after.workers[place], again)


def _finished(state: State, place: int, worker: Worker, again: bool) -> State:
    """The work is deleted only under its fence, and a kill before that leaves it, which does no harm."""
    done = with_worker(state, place, IDLE)
    holds = state.workers[place].holds if state.workers[place].phase != "idle" else worker.holds
    return portal.change(done, worker.attempt, has_work=False) if holds and not again else done


_STEPS = {
    "idle": idle, "saw": saw, "sending": sending, "brink": brink, "waiting": waiting, "answer": answer, "code": code,
    "asked": asked,
}  # fmt: skip


def _request_of(state: State, worker: Worker) -> Request | None:
    is_mine = (worker.attempt, worker.send)
    return next((each for each in state.requests if (each.attempt, each.send) == is_mine), None)


def without(state: State, request: Request) -> State:
    requests = list(state.requests)
    requests.remove(request)
    return state._replace(requests=tuple(requests))


def answered(state: State, request: Request, outcome) -> State:
    """The sender reads the answer, if it is still there."""
    sender = ("waiting", request.attempt, request.send)
    workers = tuple(
        each._replace(phase="answer", data=outcome) if (each.phase, each.attempt, each.send) == sender else each
        for each in state.workers
    )
    return state._replace(workers=workers)


def carry_out(state: State, request: Request, setup: Setup, *, twins: bool = False) -> State:
    state = without(state, request)
    known = [index for index, each in enumerate(state.coupons) if each.reference == request.reference]
    if known and setup.server == "idempotent":
        is_valid = state.coupons[known[0]].age < setup.life
        return answered(state, request, known[0] if is_valid else "unknown")  # an expired one is not as asked
    bought = answered(state, request, len(state.coupons))
    made = (Coupon(request.reference), *((Coupon(request.reference, is_twin=True),) if twins else ()))
    return bought._replace(coupons=(*state.coupons, *made))


def tick(state: State, setup: Setup) -> State:
    state = _elapse(state, setup)
    return state._replace(
        workers=tuple(
            each._replace(ago=min(each.ago + 1, setup.old)) if each.phase in ("sending", "brink") else each
            for each in state.workers
        ),
        requests=tuple(each._replace(age=each.age + 1) for each in state.requests if each.age < LATEST),
        coupons=tuple(_older_coupon(each, setup) for each in state.coupons),
        doubt=max(0, state.doubt - 1),
    )


def jump(state: State, setup: Setup) -> State:
    """Only the clock that is on record moves."""
    for _ in range(QUARANTINE):
        state = _elapse(state, setup)
    return state._replace(jumped=True)


def _elapse(state: State, setup: Setup) -> State:
    return state._replace(
        attempts=tuple([_aged(each, setup.old) for each in state.attempts]),
        workers=tuple(
            each._replace(ago=min(each.ago + 1, setup.old)) if each.phase == "asked" else each for each in state.workers
        ),
    )


@cache
def _aged(attempt: Attempt, old: int) -> Attempt:
    last, first, absent = _older(attempt.last, old), _older(attempt.first, old), _older(attempt.absent, GAP + old)
    return attempt._replace(last=last, first=first, absent=absent, looked=_older(attempt.looked, 1))


def _older(age: int | None, most: int) -> int | None:
    return None if age is None else max(age, min(age + 1, most))


def _older_coupon(coupon: Coupon, setup: Setup) -> Coupon:
    grows = coupon.age < setup.life < GONE
    return coupon._replace(age=coupon.age + 1) if grows else coupon
