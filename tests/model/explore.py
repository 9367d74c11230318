"""Every state that can be reached, each once, with as few faults as it takes; and what must hold in each of them."""

import gc
from collections import deque
from dataclasses import dataclass
from functools import cache

from tests.model import hazards, moves, portal
from tests.model.state import GONE, Attempt, Coupon, Request, Setup, State, Worker


@dataclass(frozen=True)
class Violation:
    what: str
    trace: tuple[tuple, ...]

    def __str__(self) -> str:
        return f"{self.what}: " + ", ".join(" ".join(str(word) for word in label) for label in self.trace)


@dataclass
class Exploration:
    setup: Setup
    states: int
    violation: Violation | None


def explore(setup: Setup) -> Exploration:
    """Ends at the first violation. Nothing here is garbage, and looking for some would take a third of the time."""
    gc.disable()
    try:
        return _Search(setup).run()
    finally:
        gc.enable()


class _Search:
    def __init__(self, setup: Setup):
        self.setup = setup
        self.numbers: dict[State, int] = {}
        self.parents: list[tuple[int, tuple] | None] = []
        self.healed_by: list[list[int]] = []
        """For each state those from which it is reached with nobody's help."""
        self.good: list[int] = []
        self.layers: list[deque[tuple[int, State]]] = [deque() for _ in range(setup.faults + 1)]
        self.violation: Violation | None = None

    def run(self) -> Exploration:
        self._meet(self.setup.start, 0, None)
        for used, layer in enumerate(self.layers):
            while layer and self.violation is None:
                self._expand(*layer.popleft(), used)
        if self.violation is None and not self.setup.purchases_only:
            self._check_healing()
        return Exploration(self.setup, len(self.numbers), self.violation)

    def _expand(self, number: int, state: State, used: int) -> None:
        for label, _, after in moves.system(state, self.setup):
            reached = self._meet(after, used, (number, label))
            self.healed_by[reached].append(number)
        for label, _, after in hazards.people(state, self.setup):
            self._meet(after, used, (number, label))
        if used < self.setup.faults:
            for label, cost, after in hazards.faults(state, self.setup):
                if used + cost <= self.setup.faults:
                    self._meet(after, used + cost, (number, label))

    def _meet(self, state: State, used: int, parent: tuple[int, tuple] | None) -> int:
        what = what_is_wrong_on_the_way(state, parent, self.setup)
        number = self.numbers.get(state)  # most are canonical and known
        if number is None:
            state = canonical(state)
            number = self.numbers.get(state)
        if number is None:
            number = self.numbers[state] = len(self.parents)
            self.parents.append(parent)
            self.healed_by.append([])
            self.layers[used].append((number, state))
            what = what or what_is_wrong(state, self.setup)
            if is_good(state):
                self.good.append(number)
        if what and self.violation is None:
            self.violation = Violation(what, (*self._trace(parent[0]), parent[1]))
        return number

    def _check_healing(self) -> None:
        """From everywhere, with no more faults and no person, all that was issued is recorded or somebody is told."""
        healing = set(self.good)
        waiting = deque(self.good)
        while waiting:
            for before in self.healed_by[waiting.popleft()]:
                if before not in healing:
                    healing.add(before)
                    waiting.append(before)
        for number in range(len(self.parents)):
            if number not in healing:
                self.violation = Violation("it does not heal", self._trace(number))
                return

    def _trace(self, number: int) -> tuple[tuple, ...]:
        labels = []
        while self.parents[number] is not None:
            number, label = self.parents[number]
            labels.append(label)
        return tuple(reversed(labels))


def what_is_wrong(state: State, setup: Setup) -> str | None:
    if sum(not each.is_twin for each in state.coupons) > 1:
        return "bought twice"
    if setup.purchases_only:
        return None
    recorded = [each.standing for each in state.coupons].count("recorded") + state.has_foreign
    recorded += state.claim == "false"
    if recorded > 1:
        return "two codes recorded"
    may_be_bought = state.requests or any(each.phase == "brink" for each in state.workers)
    is_bought = any(each.standing == "unknown" for each in state.coupons)
    if state.status == "failed" and not setup.mistakes and (may_be_bought or is_bought):
        return "called failed, and it may be bought"
    for attempt in state.attempts:
        if attempt.state in ("reserved", "sending", "unknown") and not attempt.has_work:
            return "stuck"
    return None


def what_is_wrong_on_the_way(state: State, parent: tuple[int, tuple] | None, setup: Setup) -> str | None:
    if parent is None or setup.purchases_only:
        return None
    label = parent[1]
    if label[0] == "writes" and state.is_cancelled:
        return "bought for a cancelled asset"
    return "a code was read and dropped" if "drops the code" in label else None


def is_good(state: State) -> bool:
    """Settled, and each coupon is recorded, surplus, or in front of a person; no code is recorded that none issued.

    What BitTitan made beside the recorded one is found by the day’s clearing.
    """
    if state.requests or state.status in portal.UNSETTLED or state.claim == "false":
        return False
    if any(each.phase != "idle" for each in state.workers):
        return False
    standings = [each.standing for each in state.coupons]
    return state.status == "review" or "recorded" in standings or "unknown" not in standings


def canonical(state: State) -> State:
    """What makes no difference any more is forgotten, and the workers are alike."""
    for number, attempt in enumerate(state.attempts):
        if attempt.send > 1:
            state = _renumbered(state, number)
    return State(
        state.status,
        state.is_cancelled,
        state.has_foreign,
        tuple([_forgotten(each) for each in state.attempts]) if state.claim != "false" else state.attempts,
        _sorted(state.workers),
        tuple(sorted(state.requests)) if len(state.requests) > 1 else state.requests,
        tuple([_known(each) for each in state.coupons]),
        state.jumped,
        state.doubt,
        state.claim,
    )


def _renumbered(state: State, number: int) -> State:
    """How many sends there were is forgotten; which of those that still matter came first is not."""
    attempt = state.attempts[number]
    told = [each.send for each in (*state.workers, *state.requests) if each.attempt == number and each.send]
    place = {send: place for place, send in enumerate(sorted({attempt.send, *told}), start=1)}
    if place[attempt.send] == attempt.send:
        return state
    state = portal.change(state, number, send=place[attempt.send])
    return state._replace(
        workers=tuple(_resent(each, place) if each.attempt == number else each for each in state.workers),
        requests=tuple(_resent(each, place) if each.attempt == number else each for each in state.requests),
    )


def _resent(each: Worker | Request, place: dict[int, int]):
    return each._replace(send=place[each.send]) if each.send else each


@cache
def _sorted(workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
    return tuple(sorted(workers, key=_order))


def _order(worker: Worker) -> tuple:
    return worker.phase, worker.attempt, worker.send, worker.ago, worker.is_slow, worker.holds, str(worker.data)


@cache
def _known(coupon: Coupon) -> Coupon:
    return coupon if coupon.standing == "unknown" else coupon._replace(age=GONE)


@cache
def _forgotten(attempt: Attempt) -> Attempt:
    if attempt.state in ("succeeded", "refused", "not_sent"):
        return Attempt(attempt.state, last=GONE, has_work=False)
    if attempt.state in ("review", "not_executed"):
        return Attempt(attempt.state, last=attempt.last, has_work=attempt.has_work)
    return attempt
