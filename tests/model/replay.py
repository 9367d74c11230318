"""Plays a walk through the model with the real services, the real database and the real sandbox, move by move.

A worker of the model is a thread that stands still at points (core/failpoints.py). A request that is “late” is lost on
the way, and carried out by this player when the model says so.
"""

import json
from datetime import timedelta

import requests
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from portal.core import clock, failpoints
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Attempt, Coupon, Job
from portal.services import jobs as queue
from portal.worker import handlers
from tests.model.puppet import Puppet
from tests.model.state import GONE, Setup, State
from tests.sandbox_process import EMAIL, PASSWORD

TICK = 100
TIMES = {
    "PROVISIONING_LEASE": "90",
    "PROVISIONING_QUARANTINE": "190",
    "PROVISIONING_LOOKUPS": ",".join(str(second) for second in (*range(1, 60), 450)),
    "PROVISIONING_BREAKER_FAILURES": "1000",
    "PROVISIONING_RATE": "0",
}
"""The ticks of the model in seconds."""
CONCLUDE_WITHIN = timedelta(seconds=350)
LOOKED, SENT = "look first: after commit", "begin_send: after commit"
RECORDED = "record_outcome: after commit"


class Player:
    def __init__(self, shop, work, sandbox, setup: Setup):
        self.shop, self.work, self.sandbox, self.setup = shop, work, sandbox, setup
        sandbox.control.clear_faults()  # no reset: it would make the same codes again
        sandbox.control.configure(kind=setup.server, honours_not_after=False)
        self.asset_id = shop.order()
        self.reference = shop.asset(self.asset_id).reference
        self.puppets: dict[int, Puppet] = {}
        self.in_doubt: set[int] = set()

    def play(self, label: tuple, before: State, after: State) -> None:
        name, *details = label
        act = getattr(self, f"_{name.replace(' ', '_')}")
        act(details, before, after)

    def close(self) -> None:
        for puppet in self.puppets.values():
            if puppet.at is not None:
                puppet.kill()

    # What workers do

    def _sees(self, details, before, after) -> None:
        self._take(*details).run_to(failpoints.READ)

    def _asks(self, details, before, after) -> None:
        self._take(*details).run_to(failpoints.ANSWERED)

    def _is_not_answered(self, details, before, after) -> None:
        self._fault("html", operation="searchCoupons")
        self._asks(details, before, after)

    def _is_lied_to(self, details, before, after) -> None:
        self._fault("lie_search", operation="searchCoupons")
        self._asks(details, before, after)

    def _recovers(self, details, before, after) -> None:
        self._take(*details).run_to()

    def _begin_send(self, details, before, after) -> None:
        place, number = details
        self._make_due(self.attempts()[number].id)
        self.puppets[place].run_to(SENT)

    def _writes(self, details, before, after) -> None:
        assert self.puppets[details[0]].run_to(failpoints.FIRST_BYTE) == failpoints.FIRST_BYTE

    def _not_sent(self, details, before, after) -> None:
        self._fault("refuse", code="DeadlinePassed")
        self.puppets[details[0]].run_to(failpoints.ANSWER_READ)

    def _times_out(self, details, before, after) -> None:
        self._fault("drop_before")
        self.puppets[details[0]].run_to(failpoints.ANSWER_READ)

    def _record_outcome(self, details, before, after) -> None:
        self._record(details[0])

    def _record_outcome_is_in_doubt(self, details, before, after) -> None:
        self._record(details[0], RECORDED)
        self.in_doubt.add(details[0])

    def _record(self, place: int, *stops: str) -> None:
        doubt = (
            OperationalError("commit", None, Exception("the connection is gone")) if place in self.in_doubt else None
        )
        self.in_doubt.discard(place)
        self.puppets[place].run_to(*stops, raises=doubt)

    def _records_the_answer(self, details, before, after) -> None:
        """The real step goes on to begin_send at once; here that is a step of its own."""
        if self.puppets[details[0]].run_to(LOOKED) == LOOKED:
            self.puppets[details[0]].kill()

    def _killed(self, details, before, after) -> None:
        self.in_doubt.discard(details[0])
        self.puppets[details[0]].kill()

    def _stalls(self, details, before, after) -> None:
        """It simply is not moved on."""

    # What BitTitan and the network do

    def _carried_out(self, details, before, after) -> None:
        if self._goes_on(details, before):
            return
        self._buy_late(details[0])

    def _refused(self, details, before, after) -> None:
        self._answered("refuse", details, before, code="CreditLimitExceeded")

    def _lost_on_the_way(self, details, before, after) -> None:
        self._answered("drop_before", details, before)

    def _late(self, details, before, after) -> None:
        self._answered("drop_before", details, before)

    def _answer_lost(self, details, before, after) -> None:
        if self._waits(details, before) is None:
            self._buy_late(details[0])
        else:
            self._answered("drop_after", details, before)

    def _answered(self, fault: str, details, before: State, **more) -> None:
        if self._waits(details, before) is not None:
            self._fault(fault, **more)
            self._goes_on(details, before)

    def _goes_on(self, details, before: State) -> bool:
        place = self._waits(details, before)
        if place is not None:
            assert self.puppets[place].run_to(failpoints.ANSWER_READ) == failpoints.ANSWER_READ
        return place is not None

    def _waits(self, details, before: State) -> int | None:
        waiting = ("waiting", *details)
        places = [
            place for place, each in enumerate(before.workers) if (each.phase, each.attempt, each.send) == waiting
        ]
        return places[0] if places else None

    def _tick(self, details, before: State, after: State) -> None:
        self.work.skip(TICK)
        for index, coupon in enumerate(after.coupons):
            if coupon.age >= self.setup.life and before.coupons[index].age < self.setup.life < GONE:
                self.sandbox.control.expire(self.codes()[index])

    # What people do

    def _press(self, details, before, after) -> None:
        self.shop.press(self.asset_id)

    def _attest(self, details, before, after) -> None:
        self.shop.attest(self.asset_id)

    def _attach(self, details, before, after) -> None:
        self.shop.attach(self.asset_id, self.codes()[details[0]], unverified=True)  # it may have run out meanwhile

    def _attach_another(self, details, before, after) -> None:
        code, asset = f"OTHER-{self.asset_id}", self.shop.asset(self.asset_id)
        held = {"Quantity": asset.quantity, "OrganizationId": self.shop.world.partner.organization_id}
        self.sandbox.control.put_coupons([{"Code": code, "ExternalReference": "elsewhere"} | held])
        self.shop.attach(self.asset_id, code)

    def _cancel(self, details, before, after) -> None:
        self.shop.cancel(self.asset_id)

    # How

    def codes(self) -> list[str]:
        return [entry["code"] for entry in self.sandbox.control.purchases(self.reference)]

    def attempts(self) -> list[Attempt]:
        return self.shop.all(Attempt, Attempt.asset_id == self.asset_id, order=Attempt.number)

    def coupons(self) -> dict[str, str]:
        return {each.code: each.standing.value for each in self.shop.all(Coupon, Coupon.asset_id == self.asset_id)}

    def exchanges(self) -> list[tuple]:
        """What came back, for whoever has to find out what went wrong."""
        return [(each.kind.value, each.outcome, each.cause) for each in self.shop.exchanges(self.asset_id)]

    def has_work(self, attempt: Attempt) -> bool:
        return bool(self.shop.all(Job, Job.subject_id == attempt.id))

    def _fault(self, fault: str, operation: str = "createCoupon", **details) -> None:
        self.sandbox.control.fault(operation, fault, **details)

    def _take(self, place: int, number: int) -> Puppet:
        """The work is due, and whoever had it has had it too long."""
        attempt_id = self.attempts()[number].id
        with self.shop.app.app_context(), transaction():
            now = clock.now()
            first = {"due_at": now - timedelta(days=1), "lease_until": None}
            others = update(Job).where(Job.subject_id != attempt_id)
            db.session.execute(others.values(due_at=now + timedelta(days=365)))
            moved = db.session.execute(update(Job).where(Job.subject_id == attempt_id).values(first))
            assert moved.rowcount == 1, "the work is not in the queue"
        self._make_due(attempt_id)
        self.puppets[place] = Puppet(lambda: self._step(attempt_id))
        return self.puppets[place]

    def _make_due(self, attempt_id: int) -> None:
        """The model has no pauses between sends: what it allows must not depend on them."""
        with self.shop.app.app_context(), transaction():
            now = clock.now()
            is_later = (Attempt.id == attempt_id) & (Attempt.next_at > now)
            db.session.execute(update(Attempt).where(is_later).values(next_at=now))

    def _step(self, attempt_id: int) -> None:
        with self.shop.app.app_context():
            (claim,) = queue.claim(1)
            assert claim.subject_id == attempt_id
            queue.finish(claim, handlers.handle(claim))

    def _buy_late(self, number: int) -> None:
        """The request that was lost on the way arrives."""
        with self.shop.app.app_context():
            query = select(Attempt.payload).where(Attempt.asset_id == self.asset_id, Attempt.number == number + 1)
            payload = json.loads(db.session.scalar(query))
        signed_in = {"EmailAddress": EMAIL, "Password": PASSWORD}
        ticket = requests.post(f"{self.sandbox.url}/v1/tickets", json=signed_in, timeout=10).json()["Ticket"]
        headers = {"Authorization": f"Ticket {ticket}"}
        assert requests.post(f"{self.sandbox.url}/v1/coupons", json=payload, headers=headers, timeout=10).ok
