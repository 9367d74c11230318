"""What the portal asks of whoever issues coupons, and the few ways in which that can end.

A provider returns one of these; it raises nothing of its own. The vendor's words stop here.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol


class Deadline:
    """Runs on the monotonic clock from the moment it is made, just before the intent is committed."""

    BEGIN_WITHIN = 0.4
    """Later than this part of the time, a purchase is not begun any more (10 s of 25)."""

    def __init__(self, seconds: float, on_begin: Callable[[], None] = lambda: None):
        self._started = time.monotonic()
        self._seconds = seconds
        self._on_begin = on_begin

    def left(self) -> float:
        return self._seconds - (time.monotonic() - self._started)

    def may_begin(self) -> bool:
        """Asked right before the first byte of a purchase; `on_begin` is told of a yes."""
        is_in_time = self.left() > self._seconds * (1 - self.BEGIN_WITHIN)
        if is_in_time:
            self._on_begin()
        return is_in_time


@dataclass(frozen=True)
class IssuedCoupon:
    id: str
    code: str = field(repr=False)
    reference: str
    sku_id: str
    organization_id: str
    quantity: int
    status: str
    created: datetime
    expires: datetime
    validity_days: int
    redeemed: datetime | None

    @property
    def is_void(self) -> bool:
        """Withdrawn or run out, before anybody used it. Words that the contract does not know say nothing."""
        return self.status.casefold() in ("revoked", "expired")

    @property
    def is_spent(self) -> bool:
        return self.is_void or self.status.casefold() == "redeemed"


@dataclass(frozen=True)
class CouponOrder:
    payload: str
    """The JSON that is sent, byte for byte."""
    reference: str
    sku_id: str
    organization_id: str
    quantity: int
    expire_days: int
    not_after: datetime
    """A server that honours it does not begin later."""
    seller_id: str
    """The distributor's own organisation: purchases are sent on its behalf only."""

    def is_met_by(self, coupon: IssuedCoupon) -> bool:
        """As asked; the days are the coupon's own."""
        asked = (self.reference, self.sku_id, self.organization_id, self.quantity)
        issued = (coupon.reference, coupon.sku_id, coupon.organization_id, coupon.quantity)
        return asked == issued and not coupon.is_void


@dataclass(frozen=True)
class Trace:
    """One request and its answer, secrets removed."""

    request: str
    response: str
    status: int | None
    milliseconds: int
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Issued:
    coupon: IssuedCoupon
    trace: Trace


@dataclass(frozen=True)
class Refused:
    """Definitely nothing was bought."""

    cause: str
    message: str
    trace: Trace


@dataclass(frozen=True)
class NotSent:
    """Provably nothing reached the place where coupons are made."""

    cause: str
    message: str
    trace: Trace
    pause: float | None = None
    """Seconds in which nothing more should be sent; such an outcome uses up no try."""
    needs_ticket: bool = False
    """The sign-in was not accepted any more; worth one more try with a new one."""
    needs_person: bool = False
    generation: int | None = None
    """Of the sign-in that needs a person (`heed`): one who has connected since has seen to it."""


@dataclass(frozen=True)
class Unknown:
    """It may have been bought."""

    cause: str
    message: str
    trace: Trace
    coupon: IssuedCoupon | None = None
    """Issued for this request, but not what was asked for: perhaps not even under its reference."""


Outcome = Issued | Refused | NotSent | Unknown


@dataclass(frozen=True)
class Answered:
    """A complete search: these coupons and no others."""

    coupons: tuple[IssuedCoupon, ...]
    trace: Trace


@dataclass(frozen=True)
class Unanswered:
    """The question was not answered; nothing may be concluded from it."""

    cause: str
    trace: Trace
    status: int | None = None
    """The HTTP status, where it is the answer to this question and not to the sign-in before it."""
    pause: float | None = None
    """Seconds in which nothing more should be asked or sent."""
    needs_person: bool = False
    generation: int | None = None
    """As in NotSent."""


@dataclass(frozen=True)
class Revoked:
    coupon: IssuedCoupon
    trace: Trace


@dataclass(frozen=True)
class NotRevoked:
    """Definitely: the coupon is as it was."""

    cause: str
    trace: Trace


@dataclass(frozen=True)
class CouponPage:
    """Some of the coupons that are listed; each stands in one of these. Empty: it goes on, slowly."""

    coupons: tuple[IssuedCoupon, ...]


NEVER_ISSUED = "Unknown"
"""BitTitan’s word for a code that it never issued."""


@dataclass(frozen=True)
class Checked:
    is_valid: bool
    reason: str | None
    coupon: IssuedCoupon | None
    trace: Trace

    @property
    def is_no_code(self) -> bool:
        """BitTitan says that it does not know it: no other reason, and nothing that it would hold."""
        return not self.is_valid and self.coupon is None and self.reason in (None, NEVER_ISSUED)


@dataclass(frozen=True)
class Found:
    organization_id: str
    name: str


@dataclass(frozen=True)
class Absent:
    """Answered, and there is none."""


@dataclass(frozen=True)
class SignedIn:
    organization_id: str


@dataclass(frozen=True)
class Sku:
    id: str
    name: str
    license_kind: str
    max_quantity: int


@dataclass(frozen=True)
class Unavailable:
    cause: str
    message: str = ""
    needs_person: bool = False
    pause: float | None = None
    """Seconds in which nothing more should be sent."""


class CouponProvider(Protocol):
    @property
    def clock_offset(self) -> float | None:
        """Seconds by which BitTitan's clock is ahead of this machine's, as its last answers told; None before any."""

    def create_coupon(self, order: CouponOrder, deadline: Deadline) -> Outcome: ...

    def renew_ticket(self) -> None:
        """Forget the sign-in; the next call signs in anew."""

    def heed(self, generation: int, seller_id: str | None) -> None:
        """What was signed in under another generation is over, as is another organisation. Waits for nobody."""

    def adopt(self, generation: int) -> None:
        """The last sign-in of this process is of this generation: it was made for it."""

    # `seller_id` is the distributor's own organisation. What another one's server knows is no answer to us: then the
    # question is not asked. None: the one that was heeded last; before that, whoever is there is asked.

    def find_coupons(self, reference: str, *, seller_id: str | None = None) -> Answered | Unanswered: ...

    def list_coupons(
        self, *, since: datetime | None = None, seller_id: str | None = None
    ) -> Iterator[CouponPage | Unanswered]:
        """All that are listed, or those made since. Complete only if it ends without an `Unanswered`."""

    def read_coupon(self, coupon_id: str, *, seller_id: str | None = None) -> IssuedCoupon | Absent | Unanswered:
        """Whatever its status, listed or not."""

    def revoke_coupon(self, coupon_id: str, *, seller_id: str | None = None) -> Revoked | NotRevoked | Unanswered:
        """Unanswered: it may have been revoked. Asking again is harmless."""

    def check_code(self, code: str, *, seller_id: str | None = None) -> Checked | Unanswered: ...

    def sign_in(self) -> SignedIn | Unavailable:
        """Always asks the server: this is also the probe after an outage. An organisation that is not ours, or not
        known yet, is believed only when it is told twice."""

    def find_organization(self, email: str, *, seller_id: str | None = None) -> Found | Absent | Unavailable: ...

    def product_skus(self, *, seller_id: str | None = None) -> list[Sku] | Unavailable: ...
