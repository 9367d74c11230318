"""What people do with a code that BitTitan's answer only claimed: their wish is about their asset, not about whoever
the code turns out to belong to."""

import json

import pytest

from tests.services.provisioning.marks import BLIND, IDEMPOTENT, LATER, SEARCHABLE, is_right, issued

KINDS = [SEARCHABLE, IDEMPOTENT, BLIND]
MINUTES = (6, *LATER, 601, 61)


@pytest.fixture
def swapped(shop, work, sandbox):
    """Two orders; the answer to each carries these marks of the other's coupon."""

    def place(*marks: str) -> list[int]:
        ids = [shop.order(), shop.order()]
        made = [shop.asset(each) for each in ids]
        payer = {"OrganizationId": shop.world.partner.organization_id}
        its = [{"ExternalReference": each.reference, "Quantity": each.quantity} | payer for each in made]
        sandbox.control.put_coupons([each | {"Code": f"SBX-SWAP-{at}"} for at, each in enumerate(its)])
        held = [issued(shop, sandbox, each) for each in ids]
        for own, other, asset in zip(held, reversed(held), made, strict=True):
            body = json.dumps(own | {name: other[name] for name in marks})
            answer = {"status": 201, "body": body, "commit": False}
            sandbox.control.fault("createCoupon", "answer", asset.reference, **answer)
        work.drain()
        return ids

    return place


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("seconds", [0, 6])
def test_what_is_asked_for_one_asset_is_not_done_to_another(shop, work, sandbox, order, server, seconds):
    """A's answer is lost, B's answer carries A's code and Id, and B is cancelled before any look."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    other = order(Code=held["Code"], Id=held["Id"])
    shop.cancel(other)

    work.later(seconds)
    for each in MINUTES:
        work.confirm(each)

    assert is_right(shop, sandbox, owner)
    assert (issued(shop, sandbox, owner)["Status"], shop.asset(owner).is_active) == ("Active", True)
    assert shop.asset(other).is_active
    assert len(shop.alerts("revoke")) == 1


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("cancelled", [0, 1])
def test_a_swapped_code_is_not_revoked_where_it_belongs(shop, work, sandbox, swapped, server, cancelled):
    ids = swapped("Code", "Id")
    shop.cancel(ids[cancelled])

    for each in MINUTES:
        work.confirm(each)

    assert [is_right(shop, sandbox, each) for each in ids] == [True, True]
    assert [issued(shop, sandbox, each)["Status"] for each in ids] == ["Active", "Active"]
    assert [shop.asset(each).is_active for each in ids] == [True, True]
