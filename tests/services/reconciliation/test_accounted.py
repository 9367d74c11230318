"""Every coupon that BitTitan shows under our references is accounted for, or named and alerted."""

from datetime import timedelta

import pytest

from portal.models import Coupon, FindingState, ReconciliationScope
from portal.services.reconciliation.scanning.runs import RunScope

FOREIGN = "mrd-" + "0" * 32


def names(run) -> list[tuple[str, str | None]]:
    return [(each.kind.value, each.reference) for each in run.waiting]


def texts(shop) -> list[str]:
    return [alert.text for alert in shop.alerts("clearing")]


def test_recorded_surplus_and_open_coupons_are_accounted_for(shop, work, sandbox, desk, twice):
    twice()
    shop.order()
    work.drain()
    sandbox.control.fault("createCoupon", "drop_after")
    shop.order()
    work.drain()  # bought, answer lost: an open unknown
    sandbox.control.put_coupons([{"Code": "SBX-OTHER-0001", "ExternalReference": "somebody-elses-system-1"}])

    checked = desk.compare()

    assert checked.is_well
    counts = {name: checked.run.count(name) for name in ("listed", "matched", "open", "findings")}
    assert counts == {"listed": 5, "matched": 3, "open": 1, "findings": 1}
    assert texts(shop) == []  # what somebody else bought is no alert


def test_a_coupon_under_a_reference_that_no_asset_has_is_named_and_alerted_once(shop, sandbox, desk):
    sandbox.control.put_coupons([{"Code": "SBX-LOST-0001", "ExternalReference": FOREIGN}])
    first, second = desk.compare(), desk.compare()
    assert names(first) == names(second) == [("unrecorded", FOREIGN)]
    assert [FOREIGN in text for text in texts(shop)] == [True]
    assert "SBX-LOST" not in str(texts(shop))


@pytest.mark.parametrize("status", ["failed", "synchronizing"])
def test_a_coupon_of_an_asset_that_nothing_looks_for_is_named_and_recorded_through_the_protocol(
    shop, work, sandbox, desk, world, status
):
    """As after an old backup: the asset is there, and nothing here says that it was bought."""
    asset = world.asset(status)
    bought = {"Code": "SBX-BACKUP-0001", "OrganizationId": world.partner.organization_id, "Quantity": asset.quantity}
    sandbox.control.put_coupons([bought | {"ExternalReference": asset.reference}])

    checked = desk.compare()

    (done,) = checked.done
    assert (checked.waiting, done.asset_id, done.act, done.decided_by_id) == ([], asset.id, None, None)
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", "SBX-BACKUP-0001")
    assert len(texts(shop)) == 1
    assert desk.compare().is_well
    work.drain()
    assert sandbox.control.purchases() == []


def test_what_a_person_compares_changes_nothing_by_itself(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    assert (finding.state, shop.status(asset.id)) == (FindingState.OPEN, "failed")


def test_a_second_coupon_of_a_synchronized_asset_is_named_and_goes_to_the_register(shop, work, sandbox, desk):
    asset_id = shop.order()
    work.drain()
    (first,) = sandbox.control.coupons()
    sandbox.control.put_coupons([first | {"Code": "SBX-AGAIN-0001", "Id": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bcc"}])

    checked = desk.compare()

    assert [each.kind.value for each in checked.done] == ["duplicate"]
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]
    assert desk.compare().is_well


def test_what_bittitan_does_not_answer_about_stays_with_people(shop, sandbox, desk, world):
    asset = world.asset("failed")
    held = {"OrganizationId": world.partner.organization_id, "Quantity": asset.quantity}
    sandbox.control.put_coupons([held | {"Code": "SBX-BACKUP-0001", "ExternalReference": asset.reference}])
    sandbox.control.fault("searchCoupons", "html", asset.reference, times=None)
    checked = desk.compare()
    assert names(checked) == [("unrecorded", asset.reference)]
    assert shop.status(asset.id) == "failed"


def test_what_bittitan_does_not_know_at_all_is_named(shop, sandbox, desk, world):
    asset = world.asset("synchronized")
    assert desk.compare().kinds == ["not-listed"]
    desk.compare()
    assert len(texts(shop)) == 1
    assert shop.code(asset.id) == world.code_of(asset)


def test_what_was_told_is_told_again_only_if_it_changes(shop, sandbox, desk, world):
    world.asset("synchronized")
    desk.compare()
    (alert,) = shop.alerts("clearing")
    world.edit(alert, seen_at=alert.raised_at)
    desk.compare()
    assert len(shop.alerts("clearing")) == 1
    world.asset("synchronized")
    desk.compare()
    assert len(shop.alerts("clearing")) == 2


@pytest.mark.parametrize("end", ["redeem", "expire"])
def test_what_is_not_listed_any_more_is_asked_for_singly_and_is_no_fault(shop, work, sandbox, desk, end):
    asset_id = shop.order()
    work.drain()
    version = shop.asset(asset_id).version
    getattr(sandbox.control, end)(shop.code(asset_id))

    first, second = desk.compare(), desk.compare()

    assert (first.is_well, first.run.count("listed"), first.run.count("asked")) == (True, 0, 1)
    assert second.run.count("asked") == 0  # what is spent stays spent
    assert shop.all(Coupon)[0].is_spent
    assert shop.asset(asset_id).version == version


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_page_that_is_too_large_is_asked_for_in_parts(shop, sandbox, desk):
    long = [
        {"Code": f"SBX-{number:04}-{'X' * 110}", "ExternalReference": f"other-{number:04}-{'y' * 400}"}
        for number in range(120)
    ]
    sandbox.control.put_coupons(long)
    assert desk.compare().run.count("listed") == 120


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_page_that_is_lost_once_is_asked_for_again(shop, sandbox, desk):
    sandbox.control.fault("searchCoupons", "drop_before")
    assert desk.compare().is_well


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "operation, fault",
    [("searchCoupons", "html"), ("searchCoupons", "truncate"), ("getCoupon", "html"), ("signIn", "drop_before")],
)
def test_a_scan_that_is_not_complete_claims_nothing(shop, work, sandbox, desk, operation, fault):
    asset_id = shop.order()
    work.drain()
    sandbox.control.redeem(shop.code(asset_id))
    sandbox.control.put_coupons([{"Code": "SBX-LOST-0001", "ExternalReference": FOREIGN}])
    sandbox.control.fault(operation, fault, times=None)

    checked = desk.compare()

    assert (checked.is_complete, checked.waiting) == (False, [])
    assert checked.run.cause
    assert texts(shop) == []


def test_a_search_that_hides_what_is_active_is_not_complete(shop, work, sandbox, desk, world):
    asset_id = shop.order()
    work.drain()
    coupon = shop.all(Coupon, Coupon.asset_id == asset_id)[0]
    before = {"recorded_at": coupon.recorded_at - timedelta(hours=1)}
    world.edit(coupon, **before)
    (held,) = sandbox.control.coupons()
    created = (coupon.recorded_at - timedelta(hours=1)).isoformat()
    sandbox.control.put_coupons([held | {"Created": created}])
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    assert desk.compare().run.cause == "ListNotAll"


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_beside_a_blind_server_it_cannot_be_known(shop, desk, server):
    checked = desk.compare()
    assert (checked.is_complete, checked.run.cause) == (False, "NotSupported")


def test_the_sign_in_of_another_organisation_says_nothing(shop, desk, world):
    world.edit(shop.connection(), organization_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bee")
    assert desk.compare().run.cause == "OtherOrganization"


def test_an_account_alone_raises_alerts_about_it_alone(reconciler, shop, world, sandbox):
    own, others = world.asset("synchronized"), world.asset("synchronized", account=world.rival_customer)
    run = reconciler.run(RunScope(ReconciliationScope.ACCOUNT, account_id=own.account_id))
    assert [each.asset_id for each in reconciler.findings(run)] == [own.id]
    assert len(texts(shop)) == 1
    assert others.id != own.id
