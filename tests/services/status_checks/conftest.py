import pytest

from portal.core import clock
from portal.extensions import db
from portal.models import Asset, CheckCause, Coupon, JobKind, StatusCheck, User
from portal.services import jobs
from portal.services.status_checks import checking
from tests.services.bulk_operations.bulk import Bulk

KNOWN_NOWHERE = "SBX-NOBODY-0001"


class Checks:
    """What is recorded, what BitTitan holds, and who asks, each act in a context of its own."""

    def __init__(self, shop, work, sandbox):
        self.shop, self.work, self.sandbox, self.world = shop, work, sandbox, shop.world

    def bought(self, **coupon) -> Asset:
        """Both sides have it. `coupon`: columns of the record."""
        asset = Bulk(self.shop).bought(self.sandbox)
        return self.change(asset, **coupon)

    def unverified(self, code: str = KNOWN_NOWHERE, **coupon) -> Asset:
        """Recorded as typed, and BitTitan knows no such code."""
        unknown = dict.fromkeys(("bittitan_id", "reference", "sku_id", "organization_id", "status", "read_at"))
        asset = self.world.asset("synchronized", code=code)
        return self.change(asset, **(unknown | {"is_verified": False, "confirmed_at": None} | coupon))

    def gone(self, **coupon) -> Asset:
        """Recorded and once confirmed, but BitTitan knows it no more."""
        return self.change(self.world.asset("synchronized"), **coupon)

    def change(self, asset: Asset, **coupon) -> Asset:
        with self.world.transaction():
            row = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
            for name, value in coupon.items():
                setattr(row, name, value)
        return asset

    def ask(self, asset: Asset, **more) -> str:
        with self.shop.app.app_context():
            dana = db.session.get(User, self.world.dana.id)
            return checking.check(asset.id, cause=CheckCause.PERSON, by=dana, **more).result.value

    def coupon(self, asset: Asset) -> Coupon:
        (row,) = self.shop.all(Coupon, Coupon.asset_id == asset.id)
        return row

    def checks(self, *where) -> list[StatusCheck]:
        return self.shop.all(StatusCheck, *where)

    def step(self) -> None:
        """One step of the portal's own asking, now."""
        with self.world.transaction():
            jobs.schedule(JobKind.STATUSES, 0, clock.now())
        self.work.drain()


@pytest.fixture
def checks(shop, work, sandbox) -> Checks:
    return Checks(shop, work, sandbox)
