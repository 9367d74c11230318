"""What a reconciliation run does not find is not listed, and what a person confirms of it stays until it is shown."""

from datetime import UTC, datetime

import pytest

from portal.core.errors import Conflict
from portal.models import AtBitTitan, ConfirmedState, FindingAct, FindingKind, Revocation
from tests.services.reconciliation.planted import Reconciler

pytestmark = pytest.mark.sqlite

OLD = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def reconciler(shop, work, sandbox) -> Reconciler:
    return Reconciler(shop, work, sandbox)


@pytest.fixture
def found(checks, reconciler):
    """An asset that BitTitan knows no more, and the finding about it."""
    asset = checks.gone(read_at=OLD)
    (finding,) = reconciler.findings(reconciler.run())
    assert (finding.kind, finding.asset_id) == (FindingKind.NOT_LISTED, asset.id)
    return asset, finding


def put_back(checks, asset) -> None:
    coupon = checks.coupon(asset)
    held = {"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": coupon.reference}
    held |= {"Quantity": 25, "OrganizationId": coupon.organization_id, "ProductSkuId": coupon.sku_id}
    checks.sandbox.control.put_coupons([held])


def test_what_a_run_asked_for_singly_and_did_not_find_is_not_listed(checks, found):
    asset, _finding = found
    coupon = checks.coupon(asset)
    assert (coupon.at_bittitan, coupon.read_at == coupon.absent_at) == (AtBitTitan.NOT_LISTED, True)
    assert coupon.read_at > OLD


def test_a_confirmed_finding_keeps_who_what_and_why_and_does_not_come_back(checks, found, reconciler):
    asset, finding = found
    reconciler.choose(finding, FindingAct.CONFIRM, confirmed_as=ConfirmedState.REDEEMED, why="They showed us")
    coupon = checks.coupon(asset)
    assert (coupon.stated, coupon.stated_by, coupon.stated_why) == ("redeemed", "Dana Markou", "They showed us")
    assert (coupon.status, coupon.at_bittitan) == ("Redeemed", AtBitTitan.NOT_LISTED)
    assert reconciler.findings(reconciler.run()) == []


def test_what_a_person_called_revoked_is_asked_of_bittitan_before_it_is_cancelled(checks, found, reconciler, shop):
    asset, finding = found
    reconciler.choose(finding, FindingAct.CONFIRM, confirmed_as=ConfirmedState.REVOKED, why="They told us")
    shop.cancel(asset.id)
    assert shop.asset(asset.id).is_active
    assert [each.cancels for each in shop.all(Revocation)] == [True]


def test_a_later_run_that_shows_it_overrules_the_person(checks, found, reconciler, shop):
    asset, finding = found
    reconciler.choose(finding, FindingAct.CONFIRM, confirmed_as=ConfirmedState.GONE, why="I think so")
    assert checks.coupon(asset).stated == "gone"
    put_back(checks, asset)
    reconciler.run()
    coupon = checks.coupon(asset)
    assert (coupon.stated, coupon.at_bittitan, coupon.status) == (None, AtBitTitan.ACTIVE, "Active")
    entry = next(each for each in shop.audit(asset.id) if each.act == "overrule")
    assert (entry.before, entry.after, entry.why) == ("gone", "Active", "I think so")


def test_what_is_gone_once_more_is_a_difference_once_more(checks, found, reconciler):
    asset, finding = found
    reconciler.choose(finding, FindingAct.CONFIRM, confirmed_as=ConfirmedState.GONE, why="I think so")
    put_back(checks, asset)
    reconciler.run()
    checks.sandbox.control.reset()
    (again,) = reconciler.findings(reconciler.run())
    assert (again.kind, again.asset_id) == (FindingKind.NOT_LISTED, asset.id)


def test_nothing_is_confirmed_once_bittitan_has_shown_it(checks, found, reconciler):
    asset, finding = found
    put_back(checks, asset)
    checks.ask(asset)
    with pytest.raises(Conflict, match="has shown this coupon since"):
        reconciler.choose(finding, FindingAct.CONFIRM, confirmed_as=ConfirmedState.GONE, why="I think so")
    assert checks.coupon(asset).stated is None
