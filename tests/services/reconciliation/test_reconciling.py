"""A reconciliation run names each difference rightly, and what is decided shows in the next run."""

from datetime import date, timedelta

import pytest

from portal.core import errors
from portal.display.reconciliation import both_sides
from portal.display.wording.sync_words import STATUS
from portal.extensions import db
from portal.models import (
    AuditEntry,
    ConfirmedState,
    Coupon,
    CouponStanding,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ReconciliationScope,
    ShownCoupon,
    SyncStatus,
    User,
)
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import RunScope
from portal.services.reconciliation.viewing import present
from tests.services.reconciliation.planted import plant

Act, Kind, State, Scope = FindingAct, FindingKind, FindingState, ReconciliationScope
Became = ConfirmedState


def test_each_difference_has_its_right_name(reconciler, shop):
    planted = plant(reconciler)
    run = reconciler.run()
    assert (run.state.value, run.cause) == ("done", None)
    assert reconciler.kinds(run) == {
        "differs": 3, "duplicate": 2, "foreign": 2 + 1 + 12, "no-code": 5 + 12, "unrecorded": 6,
    }  # fmt: skip
    assert (run.count("asked"), run.count("findings")) == (14, 43)
    differing = reconciler.findings(run, Finding.kind == Kind.DIFFERS)
    assert [(each.asset_id, each.differences) for each in differing] == [
        (asset_id, [["quantity", "25", "99"]]) for asset_id in planted.assets["wrong"]
    ]
    statuses = {row.asset_id: row.status for row in shop.all(Coupon)}
    assert {statuses[each] for each in planted.assets["redeemed"]} == {"Redeemed"}
    assert {statuses[each] for each in planted.assets["expired"]} == {"Expired"}

    suggested = reconciler.findings(run, Finding.counterpart_id.is_not(None), Finding.kind == Kind.FOREIGN)
    codes = {row.id: row.code for row in shop.all(ShownCoupon)}
    assert [codes[each.shown_id] for each in suggested] == planted.codes["by_hand"]
    (only,) = suggested
    assert reconciler.findings(run, Finding.id == only.counterpart_id)[0].asset_id == planted.assets["without"][0]
    twins = [each for each in reconciler.findings(run) if each.asset_id in planted.assets["twins"]]
    assert {each.candidates for each in twins} == {2}
    assert len(codes) == 3 + 2 + 15 + 6  # what agrees is not kept


def test_after_applying_the_next_run_shows_only_what_was_set_aside(reconciler, shop, sandbox):
    planted = plant(reconciler)
    bought = len(sandbox.control.purchases())
    run = reconciler.run()
    for kind, act in ((Kind.UNRECORDED, Act.RECORD), (Kind.DUPLICATE, Act.RECORD), (Kind.FOREIGN, Act.ATTACH)):
        reconciler.choose_all(run, kind, act)
    assert reconciler.choose_all(run, Kind.DIFFERS, Act.CORRECT) == 3
    reconciler.work.drain()
    done = reconciler.findings(run, Finding.state == State.DONE)
    assert [each.refusal for each in reconciler.findings(run) if each.refusal] == []
    assert len(done) == 6 + 2 + 1 + 1 + 3  # the coupon and the asset of what was attached have a finding each
    rest = reconciler.findings(run, Finding.state == State.OPEN)
    for finding in rest:
        reconciler.choose(finding, Act.SET_ASIDE)

    second = reconciler.run()

    assert {each.state for each in reconciler.findings(second)} == {State.SET_ASIDE}
    assert len(reconciler.findings(second)) == len(rest)
    assert {each.why for each in reconciler.findings(second)} == {"Looked at both sides."}
    assert {shop.status(each) for each in planted.assets["unrecorded"]} == {"synchronized"}
    assert {shop.asset(each).quantity for each in planted.assets["wrong"]} == {99}
    assert shop.code(planted.assets["without"][0]) == planted.codes["by_hand"][0]
    assert len([row for row in shop.all(Coupon) if row.standing is CouponStanding.SURPLUS]) == 2
    assert len(sandbox.control.purchases()) == bought


def test_what_was_set_aside_comes_back_if_the_other_side_changes(reconciler, sandbox):
    coupon = reconciler.coupon()
    sandbox.control.put_coupons([coupon])
    (finding,) = reconciler.findings(reconciler.run())
    with pytest.raises(errors.InvalidInput):
        reconciler.choose(finding, Act.SET_ASIDE, why="  ")
    reconciler.choose(finding, Act.SET_ASIDE, why="Our training account.")
    (again,) = reconciler.findings(reconciler.run())
    assert (again.state, again.why) == (State.SET_ASIDE, "Our training account.")

    sandbox.control.put_coupons([coupon | {"Quantity": 26}])
    (changed,) = reconciler.findings(reconciler.run())
    assert (changed.state, changed.why) == (State.OPEN, None)


def test_what_bittitan_does_not_know_is_asked_for_singly_and_confirmed_by_a_person(reconciler, shop, world):
    asset = world.asset("synchronized")
    run = reconciler.run()
    (finding,) = reconciler.findings(run)
    assert (finding.kind, finding.asset_id, run.count("asked")) == (Kind.NOT_LISTED, asset.id, 1)
    with pytest.raises(errors.InvalidInput):
        reconciler.choose(finding, Act.CONFIRM)
    reconciler.choose(finding, Act.CONFIRM, why="Nobody can tell.", confirmed_as=Became.GONE)
    assert reconciler.again(finding).confirmed_as == Became.GONE
    second = reconciler.run()
    assert (reconciler.findings(second), second.count("confirmed")) == ([], 1)
    assert shop.code(asset.id) == world.code_of(asset)
    entries = [each for each in shop.audit(asset.id) if each.act in ("reconcile", "state")]
    assert [(each.actor, each.why) for each in entries] == [(world.dana.name, "Nobody can tell.")]


def test_a_mistyped_code_is_withdrawn_and_stays_on_record(reconciler, shop, world):
    asset = world.asset("synchronized")
    (row,) = shop.all(Coupon)
    unverified = {"is_verified": False, "bittitan_id": None, "confirmed_at": None, "reference": None}
    world.edit(row, **unverified)
    (finding,) = reconciler.findings(reconciler.run())
    assert finding.kind is Kind.UNVERIFIED
    reconciler.choose(finding, Act.WITHDRAW)
    reconciler.work.drain()
    assert reconciler.again(finding).state is State.DONE
    assert [(each.code, each.standing) for each in shop.all(Coupon)] == [(row.code, CouponStanding.WITHDRAWN)]
    assert shop.code(asset.id) is None


@pytest.mark.parametrize(("bought", "after"), [("failed", "failed"), ("synchronized", "review")])
def test_a_withdrawal_leaves_the_status_that_was_shown_before(reconciler, shop, world, sandbox, bought, after):
    """Failed, and so free to be bought again, only if each purchase was refused for certain."""
    asset = world.asset(bought)
    if bought == "failed":
        sandbox.control.fault("checkCoupons", "html", times=None)
        shop.attach(asset.id, "BT-MISTYPED-1", unverified=True)
        sandbox.control.clear_faults()
    (row,) = shop.all(Coupon)
    world.edit(row, is_verified=False, bittitan_id=None, confirmed_at=None, reference=None)
    (finding,) = reconciler.findings(reconciler.run())
    with shop.app.app_context():
        _run, current = present.of_one(db.session.get(User, world.dana.id), finding.id)
        (shown,) = (line.after for line in both_sides.lines(current, Act.WITHDRAW) if line.name == "status")
        assert shown == str(STATUS[SyncStatus(after)])
    reconciler.choose(finding, Act.WITHDRAW)
    reconciler.work.drain()
    assert shop.status(asset.id) == after


def test_a_code_that_bittitan_has_shown_since_is_not_withdrawn(reconciler, shop, world):
    asset = world.asset("synchronized")
    (row,) = shop.all(Coupon)
    world.edit(row, is_verified=False, bittitan_id=None, confirmed_at=None, reference=None)
    (finding,) = reconciler.findings(reconciler.run())
    world.edit(row, absent_at=None)
    reconciler.choose(finding, Act.WITHDRAW)
    reconciler.work.drain()
    assert "has shown this code since" in reconciler.again(finding).refusal
    assert shop.code(asset.id) == row.code


def test_a_verified_code_cannot_be_withdrawn(reconciler, shop, world):
    asset = world.asset("synchronized")
    (finding,) = reconciler.findings(reconciler.run())
    with pytest.raises(errors.Conflict):
        reconciler.choose(finding, Act.WITHDRAW)
    assert shop.code(asset.id) == world.code_of(asset)


def test_a_code_that_was_typed_gets_its_id_and_is_confirmed(reconciler, shop, world):
    asset = world.asset("synchronized")
    (row,) = shop.all(Coupon)
    reconciler.list_recorded(asset.id)
    world.edit(row, is_verified=False, bittitan_id=None, confirmed_at=None, reference=None)
    run = reconciler.run()
    assert (reconciler.findings(run), run.count("matched")) == ([], 1)
    (again,) = shop.all(Coupon)
    assert (again.bittitan_id, again.is_verified) == (row.bittitan_id, True)


def test_a_code_on_one_record_and_its_id_on_another_is_named(reconciler, shop, world):
    one, other = world.assets(2, "synchronized")
    first, second = shop.all(Coupon)
    reconciler.list_recorded(one.id, Code=second.code)
    kinds = reconciler.kinds(reconciler.run())
    assert kinds == {"two-records": 1}
    assert (shop.code(one.id), shop.code(other.id)) == (first.code, second.code)


def test_another_product_is_named_and_not_corrected(reconciler, shop, world):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, ProductSkuId="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02")
    (finding,) = reconciler.findings(reconciler.run())
    assert finding.fields == {"product"}
    with pytest.raises(errors.Conflict):
        reconciler.choose(finding, Act.CORRECT)


@pytest.mark.parametrize("scope", [Scope.TREE, Scope.ACCOUNT, Scope.ASSET, Scope.PERIOD])
def test_a_run_looks_at_its_scope_only(reconciler, shop, world, scope):
    day = date(2026, 5, 5)
    mine = world.asset("failed", purchased_on=day, quantity=3)
    world.asset("failed", account=world.rival_customer, purchased_on=day - timedelta(days=60))
    world.asset("synchronized", account=world.rival_customer, purchased_on=day - timedelta(days=60))
    (code,) = reconciler.put(1, on=day, Quantity=3)
    reconciler.put(1, on=day - timedelta(days=60), OrganizationId=world.rival.organization_id)
    scoped = {
        Scope.TREE: RunScope(Scope.TREE, account_id=world.partner.id),
        Scope.ACCOUNT: RunScope(Scope.ACCOUNT, account_id=world.customer.id),
        Scope.ASSET: RunScope(Scope.ASSET, asset_id=mine.id),
        Scope.PERIOD: RunScope(Scope.PERIOD, from_on=day, until_on=day),
    }[scope]
    run = reconciler.run(scoped)
    assert (run.state.value, reconciler.kinds(run)) == ("done", {"foreign": 1, "no-code": 1})
    assert [row.code for row in shop.all(ShownCoupon)] == [code]
    assert all(each.counterpart_id for each in reconciler.findings(run))


def test_nobody_but_staff_sees_or_uses_it(reconciler, shop, world):
    world.asset("synchronized")
    run = reconciler.run()
    (finding,) = reconciler.findings(run)
    for person in (world.paula, world.carl):
        with shop.app.app_context():
            by = db.session.get(User, person.id)
            with pytest.raises(errors.NotVisible):
                runs.visible_run(by, run.id)
            with pytest.raises(errors.NotVisible):
                runs.page(by, None)
            with pytest.raises(errors.NotVisible):
                runs.begin(by=by)
        with pytest.raises(errors.NotVisible):
            reconciler.choose(finding, Act.CONFIRM, by=person)
    assert reconciler.again(finding).state is State.OPEN


def test_codes_are_in_no_finding_and_no_entry(reconciler, shop):
    plant(reconciler)
    run = reconciler.run()
    reconciler.choose_all(run, Kind.UNRECORDED, Act.RECORD)
    reconciler.work.drain()
    codes = {row.code for row in (*shop.all(Coupon), *shop.all(ShownCoupon))}
    kept = str([vars(each) for each in (*shop.all(Finding), *shop.all(AuditEntry))])
    assert [code for code in codes if code in kept] == []
