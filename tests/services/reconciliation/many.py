"""Many assets, each with its coupon, on record and at BitTitan: issued one every five minutes. Every thousandth expires
on another day at BitTitan, and one of 997 is not there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import insert, select

from portal.extensions import db
from portal.models import Asset, Coupon
from tests.build import World

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST_ID = 1000
_ASSETS, _COUPONS = Asset.__table__, Coupon.__table__


class Many:
    """All like one asset that the world gets first, whose coupon BitTitan does not know."""

    def __init__(self, world: World, number: int):
        self.world, self.number = world, number
        asset = world.asset("synchronized")
        with world.app.app_context():
            row = db.session.execute(select(_ASSETS).where(_ASSETS.c.id == asset.id))
            self._asset = dict(row.mappings().one())
            row = db.session.execute(select(_COUPONS).where(_COUPONS.c.asset_id == asset.id))
            self._coupon = dict(row.mappings().one())

    @property
    def differences(self) -> dict[str, int]:
        """That a run finds, by their kinds."""
        wrong, missing = len(range(0, self.number, 1000)), len(range(0, self.number, 997))
        return {"differs": wrong - 1, "not-listed": missing + 1}

    def record(self) -> None:
        for some in _parts(self.number):
            with self.world.app.app_context(), self.world.transaction():
                db.session.execute(insert(_ASSETS), [self._asset | _asset(each) for each in some])
                db.session.execute(insert(_COUPONS), [self._coupon | _coupon(each) for each in some])

    def put(self, sandbox) -> None:
        for some in _parts(self.number):
            sandbox.control.put_coupons([self._listed(each) for each in some if each % 997])

    def lines(self) -> Iterator[str]:
        """The same as a list of BitTitan's portal."""
        yield "Coupon Code,Coupon Id,External Reference,Licenses,Created,Expires,Status\n"
        for each in range(self.number):
            if each % 997:
                it = self._listed(each)
                days = it["Created"][:10], it["ExpireDate"][:10]
                cells = (it["Code"], it["Id"], it["ExternalReference"], str(it["Quantity"]), *days, "Active")
                yield ",".join(cells) + "\n"

    def _listed(self, number: int) -> dict:
        expires = _expires(number) + timedelta(days=0 if number % 1000 else 3)
        like = self._coupon
        return {
            "Code": f"SBX-{number:012}", "Id": _id(number), "ExternalReference": f"mrd-{number:032}",
            "Quantity": like["quantity"], "ProductSkuId": like["sku_id"], "OrganizationId": like["organization_id"],
            "Created": _issued(number).isoformat(), "ExpireDate": expires.isoformat(),
        }  # fmt: skip


def _parts(number: int) -> Iterator[range]:
    return (range(start, min(start + 2000, number)) for start in range(0, number, 2000))


def _asset(number: int) -> dict:
    at = _issued(number)
    days = {"purchased_on": at.date(), "redeem_by": _expires(number).date(), "issued_at": at}
    return {"id": FIRST_ID + number, "reference": f"mrd-{number:032}", **days}


def _coupon(number: int) -> dict:
    marks = {"code": f"SBX-{number:012}", "bittitan_id": _id(number), "reference": f"mrd-{number:032}"}
    days = {"issued_at": _issued(number), "expires_at": _expires(number)}
    return {"id": FIRST_ID + number, "asset_id": FIRST_ID + number, **marks, **days}


def _issued(number: int) -> datetime:
    return FIRST + timedelta(minutes=5 * number)


def _expires(number: int) -> datetime:
    return _issued(number) + timedelta(days=3650)


def _id(number: int) -> str:
    return str(uuid5(NAMESPACE_OID, str(number)))
