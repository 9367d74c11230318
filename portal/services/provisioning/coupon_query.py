"""What BitTitan says about one coupon: asked by reference, by Id and by code."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row

from portal.core import clock
from portal.extensions import db, settings
from portal.providers.base import Absent, CouponProvider, IssuedCoupon, Unanswered
from portal.services import vendor
from portal.services.coupons import compare
from portal.services.provisioning import lookups


@dataclass(frozen=True)
class Seen:
    """What BitTitan says about the marks of one coupon."""

    began_at: datetime
    listed: tuple[IssuedCoupon, ...] = ()
    """Under its reference."""
    by_id: IssuedCoupon | None = None
    by_code: IssuedCoupon | None = None
    is_vague: bool = False
    """BitTitan knows the code, redeemed or expired, say, and does not tell what it holds."""

    @property
    def all(self) -> list[IssuedCoupon]:
        return [*self.listed, *filter(None, (self.by_id, self.by_code))]

    def named(self, row: Row) -> IssuedCoupon | None:
        """With its code and reference, whatever it holds."""
        return next((each for each in self.all if compare.is_same_coupon(row, each)), None)

    def as_recorded(self, row: Row) -> IssuedCoupon | None:
        shown = self.named(row)
        return shown if shown is not None and compare.has_same_content(row, shown) else None

    def shows(self, code: str) -> bool:
        """Wherever it belongs: it is a code of BitTitan's."""
        return self.is_vague or any(each.code == code for each in self.all)


class NotAnswered(Exception):
    """Nothing may be concluded about this coupon now."""

    def __init__(self, is_silent: bool):
        super().__init__()
        self.is_silent = is_silent
        """No answer at all came: the others would get none either."""


def ask(row: Row, provider: CouponProvider) -> Seen:
    """By reference, by Id and by code, until one shows it as recorded. Nothing is held meanwhile."""
    seen, seller_id = Seen(clock.now()), seller()
    if settings().bittitan.is_searchable and row.reference:
        found = _answered(provider.find_coupons(row.reference, seller_id=seller_id))
        seen = replace(seen, listed=found.coupons)
    if settings().bittitan.is_searchable and row.bittitan_id and not seen.as_recorded(row):
        told = _answered(provider.read_coupon(row.bittitan_id, seller_id=seller_id))
        seen = replace(seen, by_id=None if isinstance(told, Absent) else told)
    if not seen.as_recorded(row):
        checked = _answered(provider.check_code(row.code, seller_id=seller_id))
        is_vague = checked.coupon is None and not checked.is_no_code
        seen = replace(seen, by_code=checked.coupon, is_vague=is_vague)
    return seen


def _answered(answer):
    lookups.record_answer(answer)
    if isinstance(answer, Unanswered):
        raise NotAnswered(is_silent=answer.trace.status is None)
    return answer


def seller() -> str | None:
    seller_id = vendor.seller_id()
    db.session.commit()  # nothing is held while BitTitan is asked
    return seller_id
