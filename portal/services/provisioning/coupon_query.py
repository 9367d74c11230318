"""Asks BitTitan about one coupon: by reference, by Id and by code."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row

from portal.core import clock
from portal.extensions import db
from portal.providers.base import Absent, CouponProvider, IssuedCoupon, Unanswered
from portal.services import vendor, vendor_settings
from portal.services.coupons import compare
from portal.services.provisioning import lookups


@dataclass(frozen=True)
class CouponView:
    """What BitTitan says about one coupon, asked in up to three ways."""

    began_at: datetime
    listed: tuple[IssuedCoupon, ...] = ()
    """Listed under its reference."""
    by_id: IssuedCoupon | None = None
    by_code: IssuedCoupon | None = None
    is_vague: bool = False
    """BitTitan knows the code (redeemed or expired, for example) but does not say what it holds."""

    @property
    def all(self) -> list[IssuedCoupon]:
        return [*self.listed, *filter(None, (self.by_id, self.by_code))]

    def named(self, row: Row) -> IssuedCoupon | None:
        """The coupon with this code and reference, whatever its content."""
        return next((each for each in self.all if compare.is_same_coupon(row, each)), None)

    def as_recorded(self, row: Row) -> IssuedCoupon | None:
        shown = self.named(row)
        return shown if shown is not None and compare.has_same_content(row, shown) else None

    def shows(self, code: str) -> bool:
        """Whether BitTitan knows the code, for whichever order."""
        return self.is_vague or any(each.code == code for each in self.all)


class NotAnswered(Exception):
    """BitTitan did not answer: conclude nothing about this coupon now."""

    def __init__(self, is_silent: bool):
        super().__init__()
        self.is_silent = is_silent
        """No response came at all, so the other coupons would get none either."""


def query_coupon(row: Row, provider: CouponProvider) -> CouponView:
    """Asks by reference, by Id and by code until one shows the coupon as recorded. Holds no transaction meanwhile.
    Raises NotAnswered."""
    view, seller_id = CouponView(clock.now()), seller()
    if vendor_settings.current().is_searchable and row.reference:
        page = _answered(provider.find_coupons(row.reference, seller_id=seller_id))
        view = replace(view, listed=page.coupons)
    if vendor_settings.current().is_searchable and row.bittitan_id and not view.as_recorded(row):
        coupon = _answered(provider.read_coupon(row.bittitan_id, seller_id=seller_id))
        view = replace(view, by_id=None if isinstance(coupon, Absent) else coupon)
    if not view.as_recorded(row):
        checked = _answered(provider.check_code(row.code, seller_id=seller_id))
        is_vague = checked.coupon is None and not checked.is_no_code
        view = replace(view, by_code=checked.coupon, is_vague=is_vague)
    return view


def _answered(answer):
    lookups.record_answer(answer)
    if isinstance(answer, Unanswered):
        raise NotAnswered(is_silent=answer.trace.status is None)
    return answer


def seller() -> str | None:
    seller_id = vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    return seller_id
