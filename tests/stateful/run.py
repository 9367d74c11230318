"""One run: people, workers, BitTitan and time do what a lot decides, and the judge looks after every step."""

import logging
import random
from contextlib import contextmanager

from portal.core import errors, failpoints
from portal.models import Attempt
from tests.services.shop import Shop, at_once
from tests.stateful.judge import Judge
from tests.work import Work

STEPS = 12
ASSETS = 2
WAITS = (1, 6, 16, 61, 61, 305, 601, 3700)
LOSE = {
    "drop_before": {}, "drop_after": {}, "truncate": {}, "html": {"commit": True}, "redirect": {"commit": True},
    "fail_after": {"code": "InternalError"}, "lie": {"fields": {"Quantity": 1}},
    "answer": {"body": "{}", "status": 201},
}  # fmt: skip
REFUSE = (
    "CreditLimitExceeded",
    "DeadlinePassed",
    "RateLimited",
    "TicketExpired",
    "ReferenceReused",
    "RequestInProgress",
)
HEAL = (31, 61, 61, 601, 61, 61, 3700, 61, 61, 86400)


class Killed(BaseException):
    """The process is gone; nothing of it tidies up."""


class Run:
    def __init__(self, shop: Shop, work: Work, sandbox, judge: Judge, lot: random.Random):
        self.shop, self.work, self.sandbox, self.judge, self.lot = shop, work, sandbox, judge, lot
        self.assets: list[int] = []
        self.told: list[str] = []
        self.lied = False

    def run(self) -> None:
        self.order()
        for _ in range(STEPS):
            (step,) = self.lot.choices(list(WEIGHTS), list(WEIGHTS.values()))
            with _nothing_unexpected():
                getattr(self, step)()
            self.judge.look(self.assets)
        self.heal()

    def heal(self) -> None:
        self.tell("heals")
        self.sandbox.control.clear_faults()
        self.shop.connect()
        for seconds in HEAL:
            with _nothing_unexpected():
                self.skip(seconds)
                self.work.drain()
            self.judge.look(self.assets)
            if all(self.shop.status(each) not in ("synchronizing", "unconfirmed") for each in self.assets):
                break
        self.judge.healed(self.assets)

    def tell(self, what: str, asset_id: int | None = None) -> None:
        self.told.append(what if asset_id is None else f"{what} AS-{asset_id}")

    # People

    def order(self) -> None:
        if len(self.assets) < ASSETS:
            self.assets.append(self.shop.order(quantity=self.lot.randint(2, 40)))
            self.tell("orders", self.assets[-1])

    def press(self) -> None:
        self._try("presses", lambda asset_id, version: self.shop.press(asset_id, version=version))

    def save(self) -> None:
        typed = {"name": f"Typed {self.lot.random():.4f}", "expire_days": self.lot.choice((100, 365))}
        self._try("saves", lambda asset_id, version: self.shop.save(asset_id, version=version, **typed))

    def attest(self) -> None:
        """Truly."""
        asset_id = self.one()
        if not self.judge.bought(self.shop.asset(asset_id).reference):
            self._try("attests", lambda each, version: self.shop.attest(each), asset_id)

    def cancel(self) -> None:
        self._try("cancels", lambda asset_id, version: self.shop.cancel(asset_id))

    def attach(self) -> None:
        asset_id = self.one()
        code = self._a_code(asset_id)
        unverified = self.lot.random() < 0.5
        self._try(
            f"attaches {code} to", lambda each, version: self.shop.attach(each, code, unverified=unverified), asset_id
        )

    def _a_code(self, asset_id: int) -> str:
        bought = [code for each in self.assets for code in self.judge.bought(self.shop.asset(each).reference)]
        if bought and self.lot.random() < 0.7:
            return self.lot.choice(bought)
        code = f"HAND-{self.lot.randrange(10**9)}"
        row, payer = self.shop.asset(asset_id), self.shop.world.partner.organization_id
        if self.lot.random() < 0.7:
            coupon = {"Code": code, "OrganizationId": payer, "Quantity": row.quantity}
            self.sandbox.control.put_coupons([coupon])
        return code

    def _try(self, what: str, act, asset_id: int | None = None) -> None:
        asset_id = self.one() if asset_id is None else asset_id
        version = self.shop.asset(asset_id).version - (self.lot.random() < 0.15)
        try:
            act(asset_id, version)
            self.tell(what, asset_id)
        except errors.DomainError as no:
            self.tell(f"{what} ({type(no).__name__})", asset_id)

    def one(self) -> int:
        return self.lot.choice(self.assets)

    # Workers and time

    def drain(self) -> None:
        self.tell("works")
        self.work.drain()

    def two_drain(self) -> None:
        self.tell("two work")
        failures = [each for each in at_once(2, self.work.drain) if isinstance(each, Exception)]
        assert not failures, failures

    def die(self) -> None:
        """A worker, at some point of what is due."""
        left = self.lot.randint(1, 9)

        def count_down(point: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.tell(f"dies at “{point}”")
                raise Killed

        try:
            with failpoints.listen(count_down):
                self.work.drain()
        except Killed:
            return
        self.tell("works")

    def later(self) -> None:
        seconds = self.lot.choice(WAITS)
        self.tell(f"{seconds} s pass")
        self.skip(seconds)

    def skip(self, seconds: float) -> None:
        attempts = self.shop.all(Attempt, Attempt.asset_id.in_(self.assets))
        self.work.skip(seconds, attempts=[each.id for each in attempts])

    # BitTitan

    def lose(self) -> None:
        fault = self.lot.choice(list(LOSE))
        self._fault("createCoupon", fault, **LOSE[fault])

    def refuse(self) -> None:
        self._fault("createCoupon", "refuse", code=self.lot.choice(REFUSE))

    def no_search(self) -> None:
        """One lie in a run: two in a row are beyond what the protocol can bear."""
        fault = self.lot.choice(("html", "drop_before") if self.lied else ("html", "lie_search"))
        self.lied = self.lied or fault == "lie_search"
        self._fault("searchCoupons", fault)

    def no_sign_in(self) -> None:
        self.sandbox.control.expire_tickets()
        if self.lot.random() < 0.5:
            self._fault("signIn", "drop_before")

    def mend(self) -> None:
        self.tell("BitTitan is well")
        self.sandbox.control.clear_faults()

    def redeem(self) -> None:
        """Only whoever has the code can."""
        code = self.shop.code(self.one())
        if code in {each["Code"] for each in self.sandbox.control.coupons() if each["Status"] == "Active"}:
            self.tell("redeems")
            self.sandbox.control.redeem(code)

    def _fault(self, operation: str, fault: str, **details) -> None:
        self.tell(f"{operation}: {fault} {details.get('code', '')}".strip())
        self.sandbox.control.fault(operation, fault, **details)


WEIGHTS = {
    "order": 1, "press": 3, "save": 2, "attest": 1, "cancel": 0.7, "attach": 1, "drain": 4, "two_drain": 1, "die": 2,
    "later": 4, "lose": 2.5, "refuse": 1.5, "no_search": 1, "no_sign_in": 0.5, "mend": 0.5, "redeem": 0.3,
}  # fmt: skip


@contextmanager
def _nothing_unexpected():
    """A worker goes on after an unexpected fault, and says so; here that is a defect."""
    met: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: met.append(f"{record.getMessage()}: {record.exc_info and record.exc_info[1]!r}")
    log = logging.getLogger("portal.worker.loop")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
    assert not met, met
