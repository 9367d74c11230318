"""What people do with surplus coupons."""

from dataclasses import dataclass

import pytest

from portal.core import access
from portal.core.audit import SCHEDULED
from portal.models import Coupon, CouponStanding, Finding, FindingState, ReconciliationRun, ReconciliationState
from portal.models.reconciliation import NIGHTLY
from portal.services.coupons import revocations, surplus
from portal.services.imports import coupon_lists
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.viewing import results


@dataclass(frozen=True)
class Checked:
    """What a scheduled run has found, as the staff are told."""

    run: ReconciliationRun
    waiting: list[results.Result]
    """What is left for a person."""
    done: list[Finding]
    """What the assets' own look-ups have recorded."""

    @property
    def is_complete(self) -> bool:
        return self.run.state is ReconciliationState.DONE

    @property
    def is_well(self) -> bool:
        return self.is_complete and not self.waiting and not self.done

    @property
    def kinds(self) -> list[str]:
        return [each.kind.value for each in self.waiting]


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

    def compare(self) -> Checked:
        """As each night, and with no pause where BitTitan does not answer."""
        with self.shop.app.app_context():
            run_id = runs.begin(by=SCHEDULED, schedule=NIGHTLY).id
            while coupon_lists.advance(run_id, lambda: True) is not None:
                pass
            run = results.fresh(run_id)
            waiting = [each for each in results.waiting(run) if each.kind in results.OF_COUPONS]
        done = (Finding.run_id == run_id, Finding.state == FindingState.DONE)
        return Checked(run, waiting, self.shop.all(Finding, *done))

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
