"""The outcome of a bulk purchase: its attempts, coupon, audit entries and the asset's status."""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import NamedTuple

from portal.demo.bulk.date_texts import HOUR, DateTexts
from portal.demo.database_writer import DatabaseWriter
from portal.demo.offers import Offer
from portal.demo.story.steps import LOOKUPS
from portal.demo.story.story import LETTERS, WORKER
from portal.demo.wording import CANCEL_REASONS, MESSAGES
from portal.models import Attempt, Coupon

SECOND = 1_000_000
_NIGHTLY = 16 * HOUR
_TONIGHT = 23 * HOUR
_REFUSALS = ("CreditLimitExceeded", "CreditLimitExceeded", "AccountNotLinked", "Forbidden", "ValidationFailed")
_PAIRS = [first + second for first in LETTERS for second in LETTERS]
Person = tuple[int | None, str]


class BulkPurchase(NamedTuple):
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
        """The same JSON as portal.demo.story.exchange_texts.order writes."""
        return (
            f'{{"ProductSkuId": "{self.offer.sku_id}", "Quantity": {self.quantity}, '
            f'"ExpireDays": {self.offer.expire_days}, "ValidityDays": {self.offer.validity_days}, '
            f'"OrganizationId": "{self.organization_id}", '
            f'"ExternalReference": "{self.reference}", "Label": "{self.reference}"}}'
        )


class Outcome(NamedTuple):
    status: str
    redeem_by: str
    issued_at: str | None = None
    lifecycle: str = "active"
    attempts: int = 1
    version: int = 2


class BulkOutcomes:
    def __init__(self, writer: DatabaseWriter, days: DateTexts, staff: list[Person]):
        self._writer, self._days, self._staff = writer, days, staff
        self._attempts, self._coupons = writer.table(Attempt), writer.table(Coupon)
        self.coupons: list[tuple] = []
        """In the form of the sandbox's rows."""

    def start_day(self, day: int, age: int, rng: Random) -> None:
        self._day, self._age, self._rng = day, age, rng
        self._last_read_at = self._days.at(day + age - 1, _NIGHTLY)
        outcomes: list[tuple[Callable[[BulkPurchase], Outcome], float]] = [
            (self._issued_at_once, 100),
            (self._refused_then_issued, 3),
            (self._refused, 0.9 if age > 60 else 2.5),
            (self._cancelled, 1.2 if age > 12 else 0),
            (self._in_review, 0.15 if age > 8 else 0),
            (self._unconfirmed, 0.8 if age < 7 else 0),
        ]
        self._outcomes = [outcome for outcome, _ in outcomes]
        self._bounds = list(accumulate(weight for _, weight in outcomes))

    def draw(self, purchase: BulkPurchase) -> Outcome:
        self._audit(purchase.at, purchase.by, purchase.asset_id, "order")
        chance = self._rng.random() * self._bounds[-1]
        for outcome, bound in zip(self._outcomes, self._bounds, strict=True):
            if chance < bound:
                return outcome(purchase)
        return self._issued_at_once(purchase)

    # possible outcomes

    def _issued_at_once(self, purchase: BulkPurchase) -> Outcome:
        return self._issued(purchase, 1, "order", version=2)

    def _refused_then_issued(self, purchase: BulkPurchase) -> Outcome:
        """Refused at first; a colleague synchronized again some hours later."""
        self._refused(purchase)
        micros = purchase.micros + HOUR + int(4 * HOUR * self._rng.random())
        again = purchase._replace(at=self._days.at(self._day, micros), micros=micros, by=self._colleague())
        self._change_status(again.at, again.by, purchase.asset_id, "failed", "synchronizing")
        return self._issued(again, 2, "press", version=4)

    def _refused(self, purchase: BulkPurchase) -> Outcome:
        sent, cause = self._sent(purchase), _REFUSALS[self._rng.getrandbits(8) % len(_REFUSALS)]
        refused_at = self._days.at(self._day, sent + 180_000)
        self._attempt(purchase, 1, "refused", sent, cause=cause, message=MESSAGES[cause], settled_at=refused_at)
        self._change_status(refused_at, purchase.by, purchase.asset_id, "synchronizing", "failed", via=WORKER)
        return Outcome("failed", self._redeem_by(purchase))

    def _cancelled(self, purchase: BulkPurchase) -> Outcome:
        ended = self._refused(purchase)
        at = self._days.at(self._day, purchase.micros + 2 * HOUR)
        why = CANCEL_REASONS[purchase.asset_id % len(CANCEL_REASONS)]
        self._audit(at, self._colleague(), purchase.asset_id, "cancel", "lifecycle", "active", "cancelled", why)
        return ended._replace(lifecycle="cancelled", version=3)

    def _in_review(self, purchase: BulkPurchase) -> Outcome:
        """No look-up of the schedule found anything within a week."""
        sent = self._timed_out(purchase, "review", "NeverFound", step=len(LOOKUPS))
        at = self._days.at(self._day + 7, sent)
        self._change_status(at, purchase.by, purchase.asset_id, "unconfirmed", "review", via=WORKER)
        return Outcome("review", self._redeem_by(purchase), version=3)

    def _unconfirmed(self, purchase: BulkPurchase) -> Outcome:
        """Looked up each day. Today's look-up is still to come, because this late an absence would lead to a review."""
        self._timed_out(purchase, "unknown", "TimedOut", step=len(LOOKUPS) - 7 + self._age - 1)
        return Outcome("unconfirmed", self._redeem_by(purchase))

    # rows and their values

    def _issued(self, purchase: BulkPurchase, number: int, trigger: str, *, version: int) -> Outcome:
        text, bits, day, offer = self._days.at, self._rng.getrandbits, self._day, purchase.offer
        organization_id, reference, quantity = purchase.organization_id, purchase.reference, purchase.quantity
        sent = self._sent(purchase)
        done = sent + 180_000 + bits(20)
        issued_at, recorded_at, expires_at = text(day, sent), text(day, done), text(day + offer.expire_days, sent)
        self._attempt(purchase, number, "succeeded", sent, trigger=trigger, settled_at=recorded_at)
        code, bittitan_id = _code(bits(60)), self._days.uuid(day, sent, bits(64))
        status, redeemed_at, redeemed_on, read_at = self._redemption(offer.expire_days, sent, recorded_at)
        self._coupons.rows.append(
            (self._coupons.new_id(), code, bittitan_id, purchase.asset_id, "recorded", None, reference, offer.sku_id,
             organization_id, quantity, offer.validity_days, issued_at, expires_at, status, redeemed_at, redeemed_on,
             read_at, True, recorded_at)
        )  # fmt: skip
        self.coupons.append(
            (bittitan_id, code, reference, reference, offer.sku_id, organization_id, quantity, status,
             _rfc3339(issued_at), _rfc3339(expires_at), offer.validity_days, redeemed_at and _rfc3339(redeemed_at))
        )  # fmt: skip
        mask = f"•••• {code[-4:]}"
        self._audit(recorded_at, purchase.by, purchase.asset_id, "sync", "code", None, mask, via=WORKER)
        self._change_status(recorded_at, purchase.by, purchase.asset_id, "synchronizing", "synchronized", via=WORKER)
        if redeemed_at or bits(2) == 0:
            self._audit(text(day, done + 20 * SECOND + bits(31)), purchase.by, purchase.asset_id, "reveal")
        redeem_by = self._days.local(day + offer.expire_days, sent)
        return Outcome("synchronized", redeem_by, issued_at, attempts=number, version=version)

    def _redemption(self, days: int, sent: int, recorded_at: str) -> tuple[str, str | None, str | None, str]:
        """Returns BitTitan's status, when and on which day it was redeemed, and when that was last read (each
        night)."""
        after = 1 + int(self._rng.expovariate(1 / 28))
        read_at = max(recorded_at, self._last_read_at)
        if after < min(self._age, days) and self._rng.random() < 0.9:
            day = self._day + after
            return "Redeemed", self._days.at(day, sent), self._days.local(day, sent), read_at
        if days < self._age:
            return "Expired", None, None, min(read_at, self._days.at(self._day + days + 1, sent))
        return "Active", None, None, read_at

    def _sent(self, purchase: BulkPurchase) -> int:
        """Returns when it was sent, less than a second after the purchase."""
        return purchase.micros + 60_000 + self._rng.getrandbits(19)

    def _timed_out(self, purchase: BulkPurchase, state: str, cause: str, step: int) -> int:
        sent = self._sent(purchase)
        next_at = self._days.at(self._day + self._age, _TONIGHT + sent % HOUR) if state == "unknown" else None
        attempt_id = self._attempt(purchase, 1, state, sent, cause=cause, step=step, next_at=next_at, is_tainted=True)
        if next_at:
            self._writer.schedule(attempt_id, next_at)
        lost_at = self._days.at(self._day, sent + 10 * SECOND)
        self._change_status(lost_at, purchase.by, purchase.asset_id, "synchronizing", "unconfirmed", via=WORKER)
        return sent

    def _attempt(
        self, purchase: BulkPurchase, number: int, state: str, sent: int, *, trigger: str = "order",
        cause: str | None = None, message: str | None = None, step: int = 0, settled_at: str | None = None,
        next_at: str | None = None, is_tainted: bool = False,
    ) -> int:  # fmt: skip
        sent_at, attempt_id = self._days.at(self._day, sent), self._attempts.new_id()
        requested_at, looked_first_at = purchase.at, purchase.at if number > 1 else None
        self._attempts.rows.append(
            (attempt_id, purchase.asset_id, number, state, trigger, purchase.by[0], requested_at, purchase.payload,
             "{}", 1, 0, None, sent_at, sent_at, is_tainted, is_tainted, looked_first_at, step, None, next_at, cause,
             message, settled_at, None, None)
        )  # fmt: skip
        return attempt_id

    def _change_status(
        self, at: str, by: Person, asset_id: int, before: str, after: str, via: str | None = None
    ) -> None:  # fmt: skip
        self._audit(at, by, asset_id, "sync", "sync_status", before, after, via=via)

    def _audit(
        self, at: str, by: Person, asset_id: int, act: str, field=None, before=None, after=None, why=None, via=None
    ) -> None:
        self._writer.audits.append((at, *by, via, "asset", asset_id, act, field, before, after, why))

    def _colleague(self) -> Person:
        return self._staff[self._rng.getrandbits(8) % len(self._staff)]

    def _redeem_by(self, purchase: BulkPurchase) -> str:
        return self._days.local(self._day, purchase.micros, purchase.offer.expire_days)


def _code(number: int) -> str:
    pairs = [_PAIRS[number >> 10 * place & 1023] for place in range(6)]
    return f"DEMO-{pairs[0]}{pairs[1]}-{pairs[2]}{pairs[3]}-{pairs[4]}{pairs[5]}"


def _rfc3339(instant: str) -> str:
    return f"{instant.replace(' ', 'T')}Z"
