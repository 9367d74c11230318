"""What became of a plain purchase: attempts, coupon, record, and where the asset stands."""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import NamedTuple

from portal.core.audit import WORKER
from portal.demo.days import HOUR, Days
from portal.demo.shop import Offer
from portal.demo.steps import LOOKUPS
from portal.demo.story import LETTERS
from portal.demo.wording import CANCEL_REASONS, MESSAGES
from portal.demo.writer import Writer
from portal.models import Attempt, Coupon

SECOND = 1_000_000
_NIGHTLY = 16 * HOUR
_TONIGHT = 23 * HOUR
_REFUSALS = ("CreditLimitExceeded", "CreditLimitExceeded", "AccountNotLinked", "Forbidden", "ValidationFailed")
_PAIRS = [first + second for first in LETTERS for second in LETTERS]
Person = tuple[int | None, str]
_WORKER: Person = (None, WORKER)


class Bought(NamedTuple):
    at: str
    micros: int
    asset_id: int
    offer: Offer
    quantity: int
    reference: str
    organization_id: str
    by: Person

    @property
    def payload(self) -> str:
        """As portal.demo.wire writes it."""
        return (
            f'{{"ProductSkuId": "{self.offer.sku_id}", "Quantity": {self.quantity}, '
            f'"ExpireDays": {self.offer.expire_days}, "ValidityDays": {self.offer.validity_days}, '
            f'"OrganizationId": "{self.organization_id}", '
            f'"ExternalReference": "{self.reference}", "Label": "{self.reference}"}}'
        )


class Ended(NamedTuple):
    status: str
    redeem_by: str
    issued_at: str | None = None
    lifecycle: str = "active"
    attempts: int = 1
    version: int = 2


class Aftermath:
    def __init__(self, writer: Writer, days: Days, staff: list[Person]):
        self._writer, self._days, self._staff = writer, days, staff
        self._attempts, self._coupons = writer.of(Attempt), writer.of(Coupon)
        self.coupons: list[tuple] = []
        """As the sandbox keeps them."""

    def begin(self, day: int, age: int, rng: Random) -> None:
        self._day, self._age, self._rng = day, age, rng
        self._last_read_at = self._days.at(day + age - 1, _NIGHTLY)
        endings: list[tuple[Callable[[Bought], Ended], float]] = [
            (self._smooth, 100),
            (self._mended, 3),
            (self._refused, 0.9 if age > 60 else 2.5),
            (self._cancelled, 1.2 if age > 12 else 0),
            (self._in_review, 0.15 if age > 8 else 0),
            (self._unconfirmed, 0.8 if age < 7 else 0),
        ]
        self._endings = [ending for ending, _ in endings]
        self._bounds = list(accumulate(weight for _, weight in endings))

    def tell(self, it: Bought) -> Ended:
        self._note(it.at, it.by, it.asset_id, "order")
        chance = self._rng.random() * self._bounds[-1]
        for ending, bound in zip(self._endings, self._bounds, strict=True):
            if chance < bound:
                return ending(it)
        return self._smooth(it)

    # how it can end

    def _smooth(self, it: Bought) -> Ended:
        return self._issued(it, 1, "order", version=2)

    def _mended(self, it: Bought) -> Ended:
        """Refused at first; a colleague pressed again some hours later."""
        self._refused(it)
        micros = it.micros + HOUR + int(4 * HOUR * self._rng.random())
        again = it._replace(at=self._days.at(self._day, micros), micros=micros, by=self._colleague())
        self._turn(again.at, again.by, it.asset_id, "failed", "synchronizing")
        return self._issued(again, 2, "press", version=4)

    def _refused(self, it: Bought) -> Ended:
        sent, cause = self._sent(it), _REFUSALS[self._rng.getrandbits(8) % len(_REFUSALS)]
        refused_at = self._days.at(self._day, sent + 180_000)
        self._attempt(it, 1, "refused", sent, cause=cause, message=MESSAGES[cause], settled_at=refused_at)
        self._turn(refused_at, _WORKER, it.asset_id, "synchronizing", "failed")
        return Ended("failed", self._until(it))

    def _cancelled(self, it: Bought) -> Ended:
        ended = self._refused(it)
        at, why = self._days.at(self._day, it.micros + 2 * HOUR), CANCEL_REASONS[it.asset_id % len(CANCEL_REASONS)]
        self._note(at, self._colleague(), it.asset_id, "cancel", "lifecycle", "active", "cancelled", why)
        return ended._replace(lifecycle="cancelled", version=3)

    def _in_review(self, it: Bought) -> Ended:
        """Nothing was found to the end of the schedule, a week later."""
        sent = self._timed_out(it, "review", "NeverFound", step=len(LOOKUPS))
        self._turn(self._days.at(self._day + 7, sent), _WORKER, it.asset_id, "unconfirmed", "review")
        return Ended("review", self._until(it), version=3)

    def _unconfirmed(self, it: Bought) -> Ended:
        """Looked up each day. The look-up of today is still to come: so late, an absence means a review."""
        self._timed_out(it, "unknown", "TimedOut", step=len(LOOKUPS) - 7 + self._age - 1)
        return Ended("unconfirmed", self._until(it))

    # of what that consists

    def _issued(self, it: Bought, number: int, trigger: str, *, version: int) -> Ended:
        text, bits, day, offer = self._days.at, self._rng.getrandbits, self._day, it.offer
        sent = self._sent(it)
        done = sent + 180_000 + bits(20)
        issued_at, recorded_at, expires_at = text(day, sent), text(day, done), text(day + offer.expire_days, sent)
        self._attempt(it, number, "succeeded", sent, trigger=trigger, settled_at=recorded_at)
        code, bittitan_id = _code(bits(60)), self._days.uuid(day, sent, bits(64))
        status, redeemed_at, read_at = self._use(offer.expire_days, sent, recorded_at)
        self._coupons.rows.append(
            (self._coupons.new_id(), code, bittitan_id, it.asset_id, "recorded", None, it.reference, offer.sku_id,
             it.organization_id, it.quantity, offer.validity_days, issued_at, expires_at, status, redeemed_at, read_at,
             True, recorded_at)
        )  # fmt: skip
        self.coupons.append(
            (bittitan_id, code, it.reference, it.reference, offer.sku_id, it.organization_id, it.quantity, status,
             _wire(issued_at), _wire(expires_at), offer.validity_days, redeemed_at and _wire(redeemed_at))
        )  # fmt: skip
        self._note(recorded_at, _WORKER, it.asset_id, "sync", "code", None, f"•••• {code[-4:]}")
        self._turn(recorded_at, _WORKER, it.asset_id, "synchronizing", "synchronized")
        if redeemed_at or bits(2) == 0:
            self._note(text(day, done + 20 * SECOND + bits(31)), it.by, it.asset_id, "reveal")
        redeem_by = self._days.local(day + offer.expire_days, sent)
        return Ended("synchronized", redeem_by, issued_at, attempts=number, version=version)

    def _use(self, days: int, sent: int, recorded_at: str) -> tuple[str, str | None, str]:
        """BitTitan's word for it, when it was redeemed, and when that was read: each night."""
        after = 1 + int(self._rng.expovariate(1 / 28))
        read_at = max(recorded_at, self._last_read_at)
        if after < min(self._age, days) and self._rng.random() < 0.9:
            return "Redeemed", self._days.at(self._day + after, sent), read_at
        if days < self._age:
            return "Expired", None, min(read_at, self._days.at(self._day + days + 1, sent))
        return "Active", None, read_at

    def _sent(self, it: Bought) -> int:
        """Within the second."""
        return it.micros + 60_000 + self._rng.getrandbits(19)

    def _timed_out(self, it: Bought, state: str, cause: str, step: int) -> int:
        sent = self._sent(it)
        next_at = self._days.at(self._day + self._age, _TONIGHT + sent % HOUR) if state == "unknown" else None
        attempt_id = self._attempt(it, 1, state, sent, cause=cause, step=step, next_at=next_at, is_tainted=True)
        if next_at:
            self._writer.wake(attempt_id, next_at)
        lost_at = self._days.at(self._day, sent + 10 * SECOND)
        self._turn(lost_at, _WORKER, it.asset_id, "synchronizing", "unconfirmed")
        return sent

    def _attempt(
        self, it: Bought, number: int, state: str, sent: int, *, trigger: str = "order", cause: str | None = None,
        message: str | None = None, step: int = 0, settled_at: str | None = None, next_at: str | None = None,
        is_tainted: bool = False,
    ) -> int:  # fmt: skip
        sent_at, attempt_id = self._days.at(self._day, sent), self._attempts.new_id()
        self._attempts.rows.append(
            (attempt_id, it.asset_id, number, state, trigger, it.by[0], it.at, it.payload, "{}", 1, 0, None, sent_at,
             sent_at, is_tainted, is_tainted, it.at if number > 1 else None, step, None, next_at, cause, message,
             settled_at, None, None)
        )  # fmt: skip
        return attempt_id

    def _turn(self, at: str, by: Person, asset_id: int, before: str, after: str) -> None:
        self._note(at, by, asset_id, "sync", "sync_status", before, after)

    def _note(
        self, at: str, by: Person, asset_id: int, act: str, field=None, before=None, after=None, why=None
    ) -> None:
        self._writer.audits.append((at, *by, "asset", asset_id, act, field, before, after, why))

    def _colleague(self) -> Person:
        return self._staff[self._rng.getrandbits(8) % len(self._staff)]

    def _until(self, it: Bought) -> str:
        return self._days.local(self._day, it.micros, it.offer.expire_days)


def _code(number: int) -> str:
    pairs = [_PAIRS[number >> 10 * place & 1023] for place in range(6)]
    return f"DEMO-{pairs[0]}{pairs[1]}-{pairs[2]}{pairs[3]}-{pairs[4]}{pairs[5]}"


def _wire(instant: str) -> str:
    return f"{instant.replace(' ', 'T')}Z"
