"""The portal’s transactions, each as one step: the counterpart of provisioning, lookups, recording and assets in
services/.

A function here is named after its counterpart. `Next` says whether the work comes again.
"""

from tests.model.state import GAP, MOST_TRIES, QUARANTINE, Attempt, Look, Setup, State

OPEN = ("reserved", "sending", "unknown", "review")
UNSETTLED = ("synchronizing", "unconfirmed")
LOCKED = (*UNSETTLED, "review")
AGAIN, DONE = True, False
Next = bool


def change(state: State, number: int, /, **values) -> State:
    attempts = list(state.attempts)
    attempts[number] = attempts[number]._replace(**values)
    return state._replace(attempts=tuple(attempts))


def put(state: State, number: int) -> State:
    """services/jobs: nobody's fence counts any more."""
    workers = tuple(each._replace(holds=False) if each.attempt == number else each for each in state.workers)
    return change(state._replace(workers=workers), number, has_work=True)


def reference_of(number: int, send: int, setup: Setup) -> int:
    if setup.rules.one_reference:
        return 0
    return number * 10 + (send if setup.server == "idempotent" else 0)


def request(state: State) -> State:
    """The transaction reserve."""
    return state._replace(status="synchronizing", attempts=(*state.attempts, Attempt()))


def begin(state: State, number: int) -> State:
    """The transaction begin_send."""
    attempt = state.attempts[number]
    first = 0 if attempt.first is None else attempt.first
    return change(state, number, state="sending", send=attempt.send + 1, last=0, first=first)


def recover(state: State, number: int, setup: Setup) -> tuple[State, Next]:
    if not setup.rules.lease_over_is_unknown:
        return close(state, number, "not_sent")
    return to_unknown(state, number, setup)


def record_once(state: State, number: int, send: int, outcome, setup: Setup) -> tuple[State, Next]:
    """The transaction record_outcome."""
    attempt, rules = state.attempts[number], setup.rules
    is_current = attempt.state == "sending" and (attempt.send == send or not rules.outcome_compares_the_send_number)
    is_taken = is_current or rules.valid_code_in_any_state
    if (outcome == "false" or isinstance(outcome, int)) and is_taken:
        return (take_claim(state) if outcome == "false" else take(state, outcome, setup)), DONE
    if isinstance(outcome, int) or not is_current:
        return state, is_due_again(attempt, setup)
    if outcome == "refused":
        return to_definite(state, number, "refused", setup)
    if outcome == "not_sent":
        if attempt.tries + 1 >= MOST_TRIES:
            return to_definite(state, number, "not_sent", setup)
        return change(state, number, state="reserved", tries=attempt.tries + 1), AGAIN
    if not rules.unknown_is_not_failed:
        return close(state, number, "not_sent")
    return to_unknown(state, number, setup)


def is_due_again(attempt: Attempt, setup: Setup) -> Next:
    """Its `next_at`: a blind server is not asked during a review."""
    return attempt.has_work and (setup.is_searchable or attempt.state != "review")


def to_definite(state: State, number: int, how: str, setup: Setup) -> tuple[State, Next]:
    if state.attempts[number].is_tainted and setup.rules.earlier_unknown_taints:
        return to_unknown(change(state, number, sends_no_more=True), number, setup)
    return close(state, number, how)


def close(state: State, number: int, how: str) -> tuple[State, Next]:
    return change(state, number, state=how)._replace(status="failed"), DONE


def to_unknown(state: State, number: int, setup: Setup) -> tuple[State, Next]:
    state = change(state, number, state="unknown", is_tainted=True, absent=None)
    if not setup.is_searchable:
        return review(state), DONE
    if state.status in ("synchronizing", "failed"):
        state = state._replace(status="unconfirmed")
    return put(state, number), AGAIN


def take(state: State, index: int, setup: Setup) -> State:
    """recording.apply_coupon and record: the coupon, the status, the end of the open attempt."""
    coupon = state.coupons[index]
    if coupon.standing == "recorded" or coupon.standing == "surplus" and state.status == "synchronized":
        return state
    if state.status == "synchronized" or state.is_cancelled:
        return keep_surplus(state, index, setup)
    state = stands(state, index, "recorded")._replace(status="synchronized", claim="")
    newest = len(state.attempts) - 1
    return change(state, newest, state="succeeded") if state.attempts[newest].state in OPEN else state


def take_claim(state: State) -> State:
    """The same with a code that nobody issued: it looks as asked."""
    if state.status == "synchronized" or state.is_cancelled:  # a surplus that will be withdrawn
        return state
    newest = len(state.attempts) - 1
    state = state._replace(status="synchronized", claim="false")
    return change(state, newest, state="succeeded") if state.attempts[newest].state in OPEN else state


def confirm(state: State, listed: tuple[int, ...], setup: Setup) -> State | None:
    """confirming._decide: BitTitan lists other coupons under the reference, or none after the quarantine."""
    if listed:
        return found(state, listed, setup)
    return reopen(state, setup) if last_sent(state) >= QUARANTINE else None


def last_sent(state: State) -> int:
    return min(each.last for each in state.attempts if each.last is not None)


def reopen(state: State, setup: Setup) -> State:
    """reopening.reopen."""
    newest = len(state.attempts) - 1
    state = state._replace(claim="evidence")
    if not setup.rules.false_code_is_looked_up:
        return close(state, newest, "not_executed")[0]
    if not setup.is_searchable:
        return review(state._replace(status="unconfirmed"))
    last = state.attempts[newest].last
    last = last_sent(state) if last is None else last
    first = last if state.attempts[newest].first is None else state.attempts[newest].first
    times = {"last": last, "first": first, "absent": None}
    state = change(state, newest, state="unknown", is_tainted=True, sends_no_more=True, **times)
    return put(state._replace(status="unconfirmed"), newest)


def keep_surplus(state: State, index: int, setup: Setup) -> State:
    if state.coupons[index].standing != "unknown" or not setup.rules.surplus_is_kept:
        return state
    return stands(state, index, "surplus")


def stands(state: State, index: int, standing: str) -> State:
    coupons = list(state.coupons)
    coupons[index] = coupons[index]._replace(standing=standing)
    return state._replace(coupons=tuple(coupons))


def review(state: State) -> State:
    if state.status == "synchronized" or state.is_cancelled:
        return state
    return change(state, len(state.attempts) - 1, state="review")._replace(status="review")


def schedule_goes_on(state: State, number: int, setup: Setup) -> bool:
    return state.attempts[number].last <= setup.schedule


def must_look_first(number: int, attempt: Attempt, setup: Setup) -> bool:
    is_due = number > 0 if attempt.looked is None else attempt.looked > 0
    return is_due and setup.is_searchable and setup.rules.look_first


def look_first(state: State, number: int, answer, setup: Setup) -> tuple[State, Next]:
    if state.attempts[number].state != "reserved" or answer is None:
        return state, AGAIN
    if answer:
        return found(state, answer, setup), DONE
    return change(state, number, looked=0), AGAIN


def settle(state: State, number: int, seen: int, look: Look, ago: int, setup: Setup) -> tuple[State, Next]:
    attempt, answer = state.attempts[number], look.answer
    if attempt.state != "unknown" or attempt.send != seen:
        return state, AGAIN
    if answer is None and setup.rules.failed_look_up_says_nothing:
        return (state, AGAIN) if attempt.last <= setup.schedule else give_up(state, number, setup)
    if answer:
        return found(state, answer, setup), DONE
    return absent(state, number, look, ago, setup)


def watch(state: State, number: int, answer, setup: Setup) -> tuple[State, Next]:
    if answer:
        return found(state, answer, setup), DONE
    if answer is None:
        return state, AGAIN
    return state, schedule_goes_on(state, number, setup)


def found(state: State, coupons: tuple[int, ...], setup: Setup) -> State:
    """The oldest is recorded, whatever else was issued is surplus. A code that was only claimed gives way."""
    if state.claim == "false":
        state = reopen(state, setup)
    if state.claim and not setup.rules.look_wins_over_a_claim:
        return state
    state = take(state, coupons[0], setup)
    for other in coupons[1:]:
        state = keep_surplus(state, other, setup)
    return state


def absent(state: State, number: int, look: Look, ago: int, setup: Setup) -> tuple[State, Next]:
    attempt, rules = state.attempts[number], setup.rules
    is_sent_again = setup.server == "idempotent" or not rules.only_idempotent_is_sent_again
    if is_sent_again and not attempt.sends_no_more:
        if attempt.first > setup.schedule:
            return give_up(state, number, setup)
        return change(state, number, state="reserved", looked=0), AGAIN
    began = look.last if rules.absence_counts_from_its_beginning else attempt.last
    is_past = began >= QUARANTINE or not rules.absence_needs_quarantine
    if not is_past or not (look.is_trusted or not rules.jump_is_doubted):
        return state, AGAIN
    if look.first > setup.conclude_within and rules.absence_in_time_only:
        return give_up(state, number, setup)
    if rules.absence_needs_two_answers:
        if attempt.absent is None:
            return change(state, number, absent=ago), AGAIN
        if attempt.absent - ago < GAP:
            return state, AGAIN
    return conclude(state, number, setup)


def conclude(state: State, number: int, setup: Setup) -> tuple[State, Next]:
    """With a code in hand that BitTitan does not list, it is for a person."""
    if state.claim:
        return give_up(state, number, setup)
    state = change(state, number, state="not_executed")._replace(status="failed")
    return state, schedule_goes_on(state, number, setup)


def give_up(state: State, number: int, setup: Setup) -> tuple[State, Next]:
    return review(state), schedule_goes_on(state, number, setup)


def doubt_the_clock(state: State, setup: Setup) -> State:
    """At a heartbeat. What was absent before, or was asked before, says nothing any more."""
    forgets = setup.rules.doubt_forgets_an_absence
    attempts = tuple(each._replace(absent=None) if forgets else each for each in state.attempts)
    workers = tuple(
        each._replace(data=each.data._replace(is_trusted=False)) if each.phase == "asked" else each
        for each in state.workers
    )
    return state._replace(jumped=False, doubt=QUARANTINE, attempts=attempts, workers=workers)


def attest(state: State, number: int, setup: Setup) -> State:
    state = change(state, number, state="not_executed")._replace(status="failed", claim="")
    return put(state, number) if setup.is_searchable else state
