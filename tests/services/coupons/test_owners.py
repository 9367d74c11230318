"""A code whose check names a reference of ours goes to that reference’s asset."""

from dataclasses import replace

import pytest

from portal.core import access, errors
from portal.services.coupons import attachments

CODE = "SBX-HAND-0001"


@pytest.mark.parametrize("status", ["failed", "synchronizing", "unconfirmed", "review", "synchronized"])
def test_a_code_goes_to_the_asset_it_was_issued_for_and_nowhere_else(shop, world, issue, status):
    owner, other, in_review = world.asset(status), world.asset(), world.asset("review")
    issue(owner.id, ExternalReference=owner.reference)
    for taker in (other, in_review):
        with pytest.raises(errors.InvalidInput, match=f"issued for AS-{owner.id}") as refusal:
            shop.attach(taker.id, CODE, unverified=True)
        assert refusal.value.link == ("asset", owner.id)
        assert shop.code(taker.id) is None
    if status in ("failed", "review"):
        shop.attach(owner.id, CODE)
        assert shop.code(owner.id) == CODE


def test_a_code_of_a_cancelled_assets_order_is_not_attached_by_hand_either(shop, world, issue):
    owner, other = world.asset(), world.asset()
    issue(owner.id, ExternalReference=owner.reference)
    shop.cancel(owner.id)
    with pytest.raises(errors.InvalidInput, match="surplus register"):
        shop.attach(other.id, CODE)
    assert shop.code(other.id) is None


def test_whose_code_it_is_is_asked_again_when_it_is_recorded(shop, world, issue):
    """What the page showed is old: BitTitan may have said another thing then."""
    owner, other = world.asset(), world.asset()
    issue(other.id)
    with shop.app.app_context():
        told = attachments.check(access.visible_asset(shop.dana, other.id), CODE).coupon
        told = replace(told, reference=owner.reference)
        with pytest.raises(errors.InvalidInput, match=f"issued for AS-{owner.id}"):
            attachments.record(other, CODE, told, version=other.version, by=shop.dana, reason="Found.")
    assert shop.code(other.id) is None
