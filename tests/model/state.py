"""What the model knows: one asset, its attempts, workers, BitTitan, and time in ticks, in the order of the real times.

The sender begins within a tick; the lease is over after one; a request may be carried out until the end of the next;
the quarantine is two; the second look comes one later; nothing is concluded after three (Setup.conclude_within); one
later the schedule ends and a coupon runs out; one more, and nothing changes any more.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

LEASE, LATEST, QUARANTINE, GAP = 1, 1, 2, 1
GONE = 9
"""The age of a coupon that is not listed, or need not be."""
MOST_TRIES = 2


class Attempt(NamedTuple):
    state: str = "reserved"
    send: int = 0
    is_tainted: bool = False
    sends_no_more: bool = False
    looked: int | None = None
    """How long ago BitTitan had none before a send, as far as it matters: after a tick it is too long."""
    tries: int = 0
    last: int | None = None
    """How long ago the last send began; `first` and `absent` likewise."""
    first: int | None = None
    absent: int | None = None
    has_work: bool = True
    """A row of the work queue says that it is to be taken further."""


class Look(NamedTuple):
    """A look-up as it was when it began."""

    kind: str
    answer: tuple[int, ...] | None
    """The coupons that are listed; None: it was not answered."""
    is_trusted: bool
    """The clock."""
    last: int | None
    first: int | None


class Worker(NamedTuple):
    phase: str = "idle"
    attempt: int = -1
    send: int = 0
    data: Any = None
    """A Look; of a send its outcome: the coupon’s place, or a word."""
    ago: int = 0
    """When its look-up, or its send, began."""
    is_slow: bool = False
    holds: bool = False
    """Its fence is the newest one of the work."""


class Request(NamedTuple):
    """Under way to BitTitan, or waiting there; it may still be carried out."""

    attempt: int
    send: int
    reference: int
    age: int = 0


class Coupon(NamedTuple):
    reference: int
    standing: str = "unknown"
    is_twin: bool = False
    """BitTitan made two for one request."""
    age: int = 0


class State(NamedTuple):
    status: str = "synchronizing"
    is_cancelled: bool = False
    has_foreign: bool = False
    """A person attached a code that was bought elsewhere."""
    attempts: tuple[Attempt, ...] = (Attempt(),)
    workers: tuple[Worker, ...] = (Worker(), Worker())
    requests: tuple[Request, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    jumped: bool = False
    """The clock jumped, and no heartbeat has noticed."""
    doubt: int = 0
    claim: str = ""
    """`false`: the recorded code came with an answer and is none of BitTitan's. `evidence`: the same, once a look has
    shown it or found nothing: kept, and no code any more."""


def _replaced_quickly(kind: type) -> None:
    """`_replace` in a third of its time: it is called for each of millions of moves."""
    places = {name: place for place, name in enumerate(kind._fields)}

    def replaced(self, **values):
        fields_of_it = list(self)
        for name, value in values.items():
            fields_of_it[places[name]] = value
        return tuple.__new__(kind, fields_of_it)

    kind._replace = replaced


for _kind in (Attempt, Worker, Request, Coupon, State):
    _replaced_quickly(_kind)


@dataclass(frozen=True)
class Rules:
    """Each may be left out, and then the model must find what it is good for."""

    one_reference: bool = True
    one_open_attempt: bool = True
    intent_first: bool = True
    begin_compares_the_state: bool = True
    outcome_compares_the_send_number: bool = True
    valid_code_in_any_state: bool = True
    unknown_is_not_failed: bool = True
    lease_over_is_unknown: bool = True
    earlier_unknown_taints: bool = True
    slow_sender_writes_nothing: bool = True
    look_first: bool = True
    only_idempotent_is_sent_again: bool = True
    absence_needs_quarantine: bool = True
    absence_counts_from_its_beginning: bool = True
    absence_needs_two_answers: bool = True
    failed_look_up_says_nothing: bool = True
    absence_in_time_only: bool = True
    jump_is_doubted: bool = True
    doubt_forgets_an_absence: bool = True
    attest_after_quarantine: bool = True
    in_review_only_ours_is_attached: bool = True
    nothing_is_attached_while_open: bool = True
    nothing_is_cancelled_while_open: bool = True
    surplus_is_kept: bool = True
    code_and_status_together: bool = True
    answer_is_confirmed: bool = True
    look_wins_over_a_claim: bool = True
    false_code_is_looked_up: bool = True

    def without(self, name: str) -> "Rules":
        return replace(self, **{name: False})


RULES = tuple(each.name for each in fields(Rules))


@dataclass(frozen=True)
class Setup:
    """What is possible in one exploration."""

    server: str = "searchable"
    rules: Rules = field(default_factory=Rules)
    faults: int = 3
    attempts: int = 2
    conclude_within: int = 3
    workers: int = 2
    lies: bool = True
    """A search may be answered, and wrong: the protocol bears one, not two in a row."""
    mistakes: bool = False
    """A person may attest “not bought” although a coupon exists; coupons do not run out."""
    twins: bool = False
    jumps: bool = False
    false_answers: bool = False
    """A purchase may be answered with a code that was never issued, whether it was carried out or not."""
    frozen: bool = False
    """A process may stand still between its last look at the clock and the first byte, as long as it likes."""
    honours_not_after: bool = False
    purchases_only: bool = False
    """Nothing is asked but whether it was bought twice."""

    @property
    def is_searchable(self) -> bool:
        return self.server != "blind"

    @property
    def schedule(self) -> int:
        """When its last look-up is due."""
        return self.conclude_within + 1

    @property
    def life(self) -> int:
        """Of a coupon; where people make mistakes, coupons do not run out as well."""
        return GONE if self.mistakes else self.conclude_within + 1

    @property
    def old(self) -> int:
        """Beyond this age nothing changes any more."""
        return self.conclude_within + 2

    @property
    def start(self) -> State:
        return State(workers=(Worker(),) * self.workers)
