"""The interface of a coupon provider, and the few outcomes that it returns.

A provider raises no exceptions of its own. The vendor's terms do not leave the provider.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol


class Deadline:
    """A deadline on the monotonic clock. It starts when it is made, just before the intent is committed."""

    BEGIN_WITHIN = 0.4
    """A purchase must begin within this share of the time (10 s of 25)."""

    def __init__(self, seconds: float, on_begin: Callable[[], None] = lambda: None):
        self._started = time.monotonic()
        self._seconds = seconds
        self._on_begin = on_begin

    def left(self) -> float:
        return self._seconds - (time.monotonic() - self._started)

    def may_begin(self) -> bool:
        """Whether a purchase may still begin. Called right before its first byte; calls `on_begin` if so."""
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
        """Revoked or expired unused. A status that the contract does not know does not count."""
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
    """A server that supports it does not begin later."""
    seller_id: str
    """The distributor's own organisation. Purchases are sent only on its behalf."""
    settings_version: int | None = None
    """The settings of the connection for which this send was committed. With others it is not sent. None: any."""

    def is_met_by(self, coupon: IssuedCoupon) -> bool:
        """Whether the coupon is what was ordered and not void. Its days may differ."""
        asked = (self.reference, self.sku_id, self.organization_id, self.quantity)
        issued = (coupon.reference, coupon.sku_id, coupon.organization_id, coupon.quantity)
        return asked == issued and not coupon.is_void


@dataclass(frozen=True)
class Trace:
    """One request and its answer, without secrets."""

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
    """BitTitan refused: nothing was bought."""

    cause: str
    message: str
    trace: Trace


@dataclass(frozen=True)
class NotSent:
    """The request provably had no effect: nothing was bought."""

    cause: str
    message: str
    trace: Trace
    pause: float | None = None
    """Seconds for which nothing more should be sent. An outcome with a pause does not count as a try."""
    needs_ticket: bool = False
    """The ticket was not accepted any more; try once more with a new one."""
    needs_person: bool = False
    generation: int | None = None
    """The generation of the sign-in that needs a person (`heed`). If a person has connected since, it is solved."""


@dataclass(frozen=True)
class Unknown:
    """The purchase may have been carried out."""

    cause: str
    message: str
    trace: Trace
    coupon: IssuedCoupon | None = None
    """Issued for this request, but not what was ordered; even its reference may differ."""


Outcome = Issued | Refused | NotSent | Unknown


@dataclass(frozen=True)
class Answered:
    """The result of a complete search: these coupons and no others."""

    coupons: tuple[IssuedCoupon, ...]
    trace: Trace


@dataclass(frozen=True)
class Unanswered:
    """The request was not answered; nothing may be concluded from it."""

    cause: str
    trace: Trace
    status: int | None = None
    """The HTTP status of this request's answer; None if the sign-in before it failed."""
    pause: float | None = None
    """Seconds for which nothing more should be sent."""
    needs_person: bool = False
    generation: int | None = None
    """As in NotSent."""


@dataclass(frozen=True)
class Revoked:
    coupon: IssuedCoupon
    trace: Trace


@dataclass(frozen=True)
class NotRevoked:
    """BitTitan refused: the coupon is unchanged."""

    cause: str
    trace: Trace


@dataclass(frozen=True)
class CouponPage:
    """Some of the listed coupons; each coupon is in exactly one page. An empty page means that listing goes on after a
    pause."""

    coupons: tuple[IssuedCoupon, ...]


NEVER_ISSUED = "Unknown"
"""BitTitan’s reason for a code that it never issued."""


@dataclass(frozen=True)
class Checked:
    is_valid: bool
    reason: str | None
    coupon: IssuedCoupon | None
    trace: Trace

    @property
    def is_no_code(self) -> bool:
        """BitTitan does not know the code: it gives no other reason and no coupon."""
        return not self.is_valid and self.coupon is None and self.reason in (None, NEVER_ISSUED)


@dataclass(frozen=True)
class Found:
    organization_id: str
    name: str


@dataclass(frozen=True)
class Absent:
    """BitTitan answered that there is none."""


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
    """Seconds for which nothing more should be sent."""


class CouponProvider(Protocol):
    @property
    def clock_offset(self) -> float | None:
        """Seconds by which BitTitan's clock is ahead of ours, by its last answers; None before the first answer."""

    def create_coupon(self, order: CouponOrder, deadline: Deadline) -> Outcome: ...

    def renew_ticket(self) -> None:
        """Drops the ticket; the next call signs in again."""

    def heed(self, generation: int, seller_id: str | None) -> None:
        """Invalidates tickets of another generation or another organisation. Does not block."""

    def adopt(self, generation: int) -> None:
        """Assigns this generation to the last sign-in of this process, which was made for it."""

    # `seller_id` is the distributor's own organisation. If the ticket belongs to another organisation, nothing is
    # asked, because that organisation's data prove nothing about ours. None means the organisation of the last `heed`;
    # before the first `heed` any organisation is accepted.

    def find_coupons(self, reference: str, *, seller_id: str | None = None) -> Answered | Unanswered: ...

    def list_coupons(
        self, *, since: datetime | None = None, seller_id: str | None = None
    ) -> Iterator[CouponPage | Unanswered]:
        """Yields all listed coupons, or those created since. Complete only if it ends without an `Unanswered`."""

    def read_coupon(self, coupon_id: str, *, seller_id: str | None = None) -> IssuedCoupon | Absent | Unanswered:
        """Reads one coupon, whatever its status, listed or not."""

    def revoke_coupon(self, coupon_id: str, *, seller_id: str | None = None) -> Revoked | NotRevoked | Unanswered:
        """Revokes a coupon. `Unanswered` means that it may have been revoked; asking again is harmless."""

    def check_code(self, code: str, *, seller_id: str | None = None) -> Checked | Unanswered: ...

    def sign_in(self) -> SignedIn | Unavailable:
        """Always asks the server, because this is also the probe after an outage. An organisation that is not ours or
        not known yet is accepted only if two sign-ins agree."""

    def find_organization(self, email: str, *, seller_id: str | None = None) -> Found | Absent | Unavailable: ...

    def product_skus(self, *, seller_id: str | None = None) -> list[Sku] | Unavailable: ...
