import pytest

from portal.models import Coupon
from tests.services.bulk_operations.bulk import Bulk


@pytest.fixture
def bulk(shop):
    return Bulk(shop)


@pytest.fixture
def bought(shop, world, sandbox):
    """Makes a synchronized asset whose coupon BitTitan has, too."""

    def make(**columns):
        asset = world.asset("synchronized", **columns)
        (coupon,) = shop.all(Coupon, Coupon.asset_id == asset.id)
        held = {"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": coupon.reference}
        held |= {"Quantity": asset.quantity, "OrganizationId": world.partner.organization_id}
        sandbox.control.put_coupons([held])
        return asset

    return make
