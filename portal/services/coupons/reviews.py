"""What a person needs to review an asset: when it was sent and looked up, and what BitTitan answered and holds."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.extensions import db, settings
from portal.models import Asset, Attempt, Coupon, CouponStanding, Exchange, ExchangeKind


@dataclass(frozen=True)
class Difference:
    what: str
    asked: str | int
    found: str | int
    """Equal to `asked` if the coupon is as ordered."""

    @property
    def is_one(self) -> bool:
        return self.asked != self.found


@dataclass(frozen=True)
class KeptCoupon:
    """A coupon found under the asset's reference that is not as ordered, or is already in the register."""

    coupon: Coupon
    differences: list[Difference]


@dataclass(frozen=True)
class ReviewCase:
    attempts: list[Attempt]
    """The attempts that were sent, oldest first."""
    sends: list[Exchange]
    lookups: list[Exchange]
    kept: list[KeptCoupon]
    last_sent_at: datetime | None
    quarantine_until: datetime | None
    """Until then BitTitan may still carry the request out; None once that is over."""
    looks_again_at: datetime | None
    numbers: dict[int, int] = field(default_factory=dict)
    """Attempt numbers by attempt id."""

    @property
    def times_sent(self) -> int:
        return sum(attempt.send_number for attempt in self.attempts)

    @property
    def answered(self) -> list[Exchange]:
        return [each for each in self.lookups if each.outcome != "unanswered"]

    @property
    def in_review(self) -> list[KeptCoupon]:
        return [each for each in self.kept if each.coupon.standing is CouponStanding.REVIEW]


def review_case(asset: Asset) -> ReviewCase:
    """Takes three statements."""
    attempts = list(db.session.scalars(select(Attempt).where(Attempt.asset_id == asset.id).order_by(Attempt.number)))
    by_kind: dict[ExchangeKind, list[Exchange]] = {kind: [] for kind in ExchangeKind}
    rows = select(Exchange).join(Attempt, Attempt.id == Exchange.attempt_id).where(Attempt.asset_id == asset.id)
    for exchange in db.session.scalars(rows.order_by(Exchange.id)):
        by_kind[exchange.kind].append(exchange)
    last_sent_at = max((each.last_sent_at for each in attempts if each.last_sent_at), default=None)
    newest = attempts[-1] if attempts else None
    return ReviewCase(
        attempts=[each for each in attempts if each.send_number],
        sends=by_kind[ExchangeKind.SEND],
        lookups=by_kind[ExchangeKind.LOOKUP],
        kept=[KeptCoupon(coupon, _differences(coupon, newest)) for coupon in _kept(asset)],
        last_sent_at=last_sent_at,
        quarantine_until=_quarantine_until(newest),
        looks_again_at=newest.next_at if newest and newest.is_open else None,
        numbers={each.id: each.number for each in attempts},
    )


def _kept(asset: Asset) -> list[Coupon]:
    standings = (CouponStanding.REVIEW, CouponStanding.SURPLUS)
    rows = select(Coupon).where(Coupon.asset_id == asset.id, Coupon.standing.in_(standings))
    return list(db.session.scalars(rows.order_by(Coupon.issued_at, Coupon.id)))


def _quarantine_until(attempt: Attempt | None) -> datetime | None:
    if attempt is None or attempt.last_sent_at is None:
        return None
    until = attempt.last_sent_at + timedelta(seconds=settings().provisioning.quarantine)
    return until if until > clock.now() else None


def _differences(coupon: Coupon, attempt: Attempt | None) -> list[Difference]:
    """Compares, line by line, what was ordered with what BitTitan issued."""
    if attempt is None:
        return []
    try:
        asked = json.loads(attempt.payload)
    except ValueError:  # an attached code has no order
        return []
    rows = (
        (_("Licences"), "Quantity", coupon.quantity),
        (_("Product (SKU)"), "ProductSkuId", coupon.sku_id),
        (_("Organisation"), "OrganizationId", coupon.organization_id),
        (_("Reference"), "ExternalReference", coupon.reference),
    )
    return [Difference(what, asked.get(name) or "–", found or "–") for what, name, found in rows]
