"""What people do with surplus coupons."""

import pytest

from portal.core import access
from portal.models import Coupon, CouponStanding
from portal.services.coupons import revocations, surplus
from portal.services.reconciliation import runs


class Desk:
    """What people do with surplus coupons, each act in a context of its own."""

    def __init__(self, shop):
        self.shop = shop

    def coupons(self, *parts) -> list:
        part = parts[0] if parts else surplus.Part.ALL
        return self._do(lambda dana: surplus.page(dana, part, None)[0])

    def revoke(self, coupon_id: int) -> None:
        self._do(
            lambda dana: revocations.request_revocation(
                access.surplus_coupon(dana, coupon_id), by=dana, reason="Bought twice."
            )
        )

    def give(self, coupon_id: int, asset_id: int, version: int | None = None) -> None:
        def act(dana):
            coupon, asset = access.surplus_coupon(dana, coupon_id), access.visible_asset(dana, asset_id)
            seen = asset.version if version is None else version
            surplus.attach(coupon, asset, version=seen, by=dana, reason="It fits.")

        self._do(act)

    def fitting(self, coupon_id: int) -> list[int]:
        return self._do(
            lambda dana: [each.id for each in surplus.fitting_assets(dana, access.surplus_coupon(dana, coupon_id))]
        )

    def clear(self):
        with self.shop.app.app_context():
            return runs.run(by="command line")

    def _do(self, act):
        with self.shop.app.app_context():
            return act(self.shop.dana)


@pytest.fixture
def desk(shop) -> Desk:
    return Desk(shop)


@pytest.fixture
def twice(shop, work, sandbox):
    """An asset for which BitTitan issued two coupons: (its id, the surplus one's id here)."""

    def buy() -> tuple[int, int]:
        asset_id = shop.order()
        sandbox.control.fault("createCoupon", "drop_after", copies=2)
        work.drain()
        work.later(16)
        (surplus_row,) = [
            row for row in shop.all(Coupon, Coupon.asset_id == asset_id) if row.standing is CouponStanding.SURPLUS
        ]
        return asset_id, surplus_row.id

    return buy
