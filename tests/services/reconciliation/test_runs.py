"""Every coupon that BitTitan shows under our references is accounted for, or named."""

from datetime import timedelta

import pytest

from portal.core import clock, errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AuditEntry, ComparisonRun, Coupon, Job, JobKind
from portal.services import vendor
from portal.services.reconciliation import compare, runs
from portal.worker import handlers, loop

FOREIGN = "mrd-" + "0" * 32


def names(run) -> list[tuple[str, str | None]]:
    return [(finding["kind"], finding["reference"]) for finding in run.findings]


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

    run = desk.clear()

    assert run.is_well
    counts = {name: run.count(name) for name in ("shown", "recorded", "surplus", "open", "others")}
    assert counts == {"shown": 5, "recorded": 2, "surplus": 1, "open": 1, "others": 1}
    assert texts(shop) == []


def test_a_coupon_under_a_reference_that_no_asset_has_is_named_and_alerted_once(shop, sandbox, desk):
    sandbox.control.put_coupons([{"Code": "SBX-LOST-0001", "ExternalReference": FOREIGN}])
    first, second = desk.clear(), desk.clear()
    assert names(first) == names(second) == [("no_asset", FOREIGN)]
    assert not first.is_well
    assert [FOREIGN in text for text in texts(shop)] == [True]
    assert "SBX-LOST" not in str(first.findings) + str(texts(shop))


@pytest.mark.parametrize("status", ["failed", "synchronizing"])
def test_a_coupon_of_an_asset_that_nothing_looks_for_is_named_and_recorded_through_the_protocol(
    shop, work, sandbox, desk, world, status
):
    """As after an old backup: the asset is there, and nothing here says that it was bought."""
    asset = world.asset(status)
    bought = {"Code": "SBX-BACKUP-0001", "OrganizationId": world.partner.organization_id, "Quantity": asset.quantity}
    sandbox.control.put_coupons([bought | {"ExternalReference": asset.reference}])

    run = desk.clear()

    assert names(run) == [("unrecorded", asset.reference)]
    assert run.findings[0]["done"] == "recorded"
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", "SBX-BACKUP-0001")
    assert len(texts(shop)) == 1
    assert desk.clear().is_well
    work.drain()
    assert sandbox.control.purchases() == []


def test_a_second_coupon_of_a_synchronized_asset_is_named_and_goes_to_the_register(shop, work, sandbox, desk):
    asset_id = shop.order()
    work.drain()
    (first,) = sandbox.control.coupons()
    sandbox.control.put_coupons([first | {"Code": "SBX-AGAIN-0001", "Id": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bcc"}])

    run = desk.clear()

    assert [finding["done"] for finding in run.findings] == ["surplus"]
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]
    assert desk.clear().is_well


def test_what_bittitan_does_not_know_at_all_is_named(shop, sandbox, desk, world):
    asset = world.asset("synchronized")
    run = desk.clear()
    assert names(run) == [("not_known", asset.reference)]
    desk.clear()
    assert len(texts(shop)) == 1
    assert shop.code(asset.id) == world.code_of(asset)


@pytest.mark.parametrize("end", ["redeem", "expire"])
def test_what_is_not_listed_any_more_is_asked_for_singly_and_is_no_fault(shop, work, sandbox, desk, end):
    asset_id = shop.order()
    work.drain()
    version = shop.asset(asset_id).version
    getattr(sandbox.control, end)(shop.code(asset_id))

    first, second = desk.clear(), desk.clear()

    assert (first.is_well, first.count("shown"), first.count("asked")) == (True, 0, 1)
    assert second.count("asked") == 0  # what is spent stays spent
    assert shop.all(Coupon)[0].is_spent
    assert shop.asset(asset_id).version == version


def test_pages_are_read_to_the_end_and_overlap(shop, sandbox, desk):
    references = [f"{FOREIGN[:-4]}{number:04}" for number in range(230)]
    sandbox.control.put_coupons([{"Code": f"SBX-{each[-4:]}", "ExternalReference": each} for each in references])
    run = desk.clear()
    assert (run.count("shown"), run.count("findings")) == (230, 230)
    assert sorted(reference for _, reference in names(run)) == references


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_page_that_is_too_large_is_asked_for_in_parts(shop, sandbox, desk):
    long = [
        {"Code": f"SBX-{number:04}-{'X' * 110}", "ExternalReference": f"other-{number:04}-{'y' * 400}"}
        for number in range(120)
    ]
    sandbox.control.put_coupons(long)
    assert desk.clear().count("others") == 120


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_page_that_is_lost_once_is_asked_for_again(shop, sandbox, desk):
    sandbox.control.fault("searchCoupons", "drop_before")
    assert desk.clear().is_well


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

    run = desk.clear()

    assert (run.is_complete, run.is_well, run.findings) == (False, False, [])
    assert run.cause
    assert texts(shop) == []


def test_a_search_that_hides_what_is_active_is_not_complete(shop, work, sandbox, desk, world):
    asset_id = shop.order()
    work.drain()
    coupon = shop.all(Coupon, Coupon.asset_id == asset_id)[0]
    world.edit(coupon, recorded_at=coupon.recorded_at - timedelta(hours=1))
    sandbox.control.fault("searchCoupons", "lie_search")
    assert desk.clear().cause == "ListNotAll"


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_beside_a_blind_server_it_cannot_be_known(shop, desk, server):
    run = desk.clear()
    assert (run.is_complete, run.cause) == (False, "NotSupported")


def test_the_sign_in_of_another_organisation_says_nothing(shop, desk, world):
    world.edit(shop.connection(), organization_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bee")
    assert desk.clear().cause == "OtherOrganization"


def test_one_run_at_a_time_and_a_dead_one_is_taken_over(shop, app, desk):
    with app.app_context(), transaction():
        now = clock.now()
        db.session.add(ComparisonRun(started_at=now, lease_until=now + timedelta(seconds=60), actor="worker"))
    with pytest.raises(errors.Conflict):
        desk.clear()
    (dead,) = shop.all(ComparisonRun)
    shop.world.edit(dead, lease_until=now - timedelta(seconds=1))
    assert desk.clear().is_well
    assert [(run.is_complete, run.cause) for run in shop.all(ComparisonRun)] == [(False, "SenderLost"), (True, None)]


def test_the_worker_runs_it_each_day(shop, app, work):
    assert JobKind.COMPARE in handlers.DAILY
    with app.app_context():
        loop.Worker(app)._schedule()
        (item,) = shop.all(Job, Job.kind == JobKind.COMPARE)
    work.skip(3600)
    work.drain()
    (run,) = shop.all(ComparisonRun)
    assert (run.is_complete, run.actor) == (True, "scheduled")
    assert [entry.actor for entry in shop.all(AuditEntry, AuditEntry.subject == "comparison")] == ["scheduled"]
    (again,) = shop.all(Job, Job.kind == JobKind.COMPARE)
    assert timedelta(hours=23) < again.due_at - run.started_at < timedelta(hours=25)
    assert again.id == item.id


def test_a_comparison_belongs_to_who_asked_for_it_and_the_next_one_to_the_schedule(shop, app, work, sandbox, desk):
    desk.clear()
    with app.app_context():
        runs.order_now(by=shop.world.dana)
    work.drain()
    work.skip(25 * 3600)
    work.drain()
    assert [run.actor for run in shop.all(ComparisonRun)] == ["command line", shop.world.dana.name, "scheduled"]
    entries = shop.all(AuditEntry, AuditEntry.subject == "comparison", AuditEntry.act == "start")
    assert [(each.actor, each.actor_id) for each in entries][1:] == [
        (shop.world.dana.name, shop.world.dana.id),
        ("scheduled", None),
    ]


def test_its_absence_is_an_alert(shop, app, work, sandbox, desk):
    desk.clear()
    (done,) = shop.all(ComparisonRun)
    shop.world.edit(done, finished_at=done.finished_at - timedelta(hours=27))
    sandbox.control.fault("searchCoupons", "html", times=None)
    with app.app_context():
        assert runs.is_overdue(clock.now())
        assert not runs.health()["ok"]
        runs.order_now(by=shop.world.dana)
    work.drain()
    assert len(texts(shop)) == 1
    assert "26 hours" in texts(shop)[0]
    (item,) = shop.all(Job, Job.kind == JobKind.COMPARE)
    assert item.due_at < shop.all(ComparisonRun)[-1].finished_at + timedelta(hours=2)  # soon again, not in a day

    sandbox.control.clear_faults()
    desk.clear()
    with app.app_context():
        assert runs.health()["ok"]
        assert runs.last_complete() is not None


def test_a_run_that_was_overtaken_claims_nothing(shop, app, sandbox):
    sandbox.control.put_coupons([{"Code": "SBX-LOST-0001", "ExternalReference": FOREIGN}])
    with app.app_context():
        told = compare.compare(vendor.provider(), lambda: False, clock.now())
    assert (told.cause, told.findings) == ("TakenOver", [])
