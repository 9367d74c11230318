"""What people decide about findings is done once, in their name, and never on what has changed meanwhile."""

from datetime import date, timedelta

import pytest

from portal.core import errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    AuditEntry,
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ShownCoupon,
)
from portal.services.reconciliation.applying import carrying_out, choosing
from tests.services.shop import at_once

pytestmark = pytest.mark.sqlite

Act, Kind, State = FindingAct, FindingKind, FindingState


def test_two_people_decide_the_same_and_it_is_done_once(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    people = iter((world.dana, world.dora))
    results = at_once(2, lambda: reconciler.choose(finding, Act.RECORD, by=next(people)))
    (told,) = [each for each in results if each is not None]
    assert isinstance(told, (errors.Conflict, errors.StaleVersion))
    assert any(name in told.message for name in (world.dana.name, world.dora.name))

    def carry_out():
        with shop.app.app_context():
            carrying_out.advance(finding.run_id)

    assert at_once(2, carry_out) == [None, None]
    assert reconciler.again(finding).state is State.DONE
    assert (shop.status(asset.id), shop.standings(asset.id)) == ("synchronized", ["recorded"])
    assert len([each for each in shop.audit(asset.id) if each.field == "code"]) == 1
    assert sandbox.control.purchases() == []


def test_what_somebody_has_done_meanwhile_is_refused_with_the_present_state(reconciler, shop, world, work):
    asset = world.asset("failed", purchased_on=date(2026, 3, 2))
    (code,) = reconciler.put(1, on=date(2026, 3, 2), Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    shop.attach(asset.id, code)
    reconciler.choose(foreign, Act.ATTACH)
    work.drain()
    again = reconciler.again(foreign)
    assert again.state is State.REFUSED
    assert again.refusal
    assert shop.code(asset.id) == code
    assert len(shop.all(Coupon)) == 1


def test_a_suggestion_is_looked_at_again_when_it_is_applied(reconciler, shop, world, work):
    """Another coupon fits by then: nothing tells them apart any more."""
    asset = world.asset("failed", purchased_on=date(2026, 3, 2))
    reconciler.put(1, on=date(2026, 3, 2), Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    with shop.app.app_context(), transaction():
        first = db.session.get(ShownCoupon, foreign.shown_id)
        columns = {name: getattr(first, name) for name in ShownCoupon.__table__.columns.keys()}
        shown = ShownCoupon(**(columns | {"id": None, "key": "twin"}))
        db.session.add(shown)
        db.session.flush()
        db.session.add(
            Finding(run_id=run.id, kind=Kind.FOREIGN, subject_key="twin", fingerprint="x", shown_id=shown.id)
        )
    reconciler.choose(foreign, Act.ATTACH)
    work.drain()
    assert reconciler.again(foreign).state is State.REFUSED
    assert shop.status(asset.id) == "failed"


def test_what_bittitan_shows_otherwise_by_now_is_refused(reconciler, shop, world, work, sandbox):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.list_recorded(asset.id, Quantity=31)
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.asset(asset.id).quantity == asset.quantity


def test_an_asset_that_was_changed_since_the_run_is_not_corrected(reconciler, shop, world, work):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    (finding,) = reconciler.findings(reconciler.run())
    shop.save(asset.id, name="Renamed meanwhile")
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.asset(asset.id).quantity == asset.quantity


def test_bittitan_that_is_silent_is_asked_again_and_then_it_is_given_up(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    sandbox.control.fault("getCoupon", "drop_before", times=None)
    reconciler.choose(finding, Act.RECORD)
    work.drain()
    assert reconciler.again(finding).state is State.CHOSEN
    world.edit(finding, decided_at=reconciler.again(finding).decided_at - timedelta(minutes=11))
    work.later(31)
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.status(asset.id) == "failed"

    sandbox.control.clear_faults()
    reconciler.choose(reconciler.again(finding), Act.RECORD)
    work.drain()
    assert (reconciler.again(finding).state, shop.status(asset.id)) == (State.DONE, "synchronized")


def test_who_may_not_do_it_any_more_does_nothing(reconciler, shop, world, work):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.choose(finding, Act.RECORD)
    world.edit(world.dana, disabled_at=world.dana.created_at)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.status(asset.id) == "failed"


def test_a_retry_goes_through_provisioning_and_says_who_pressed(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.choose(finding, Act.RETRY)
    work.drain()
    assert shop.status(asset.id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1
    entries = shop.all(AuditEntry, AuditEntry.subject == "finding")
    assert [(each.act, each.actor_id) for each in entries] == [("retry", world.dana.id)]


def test_all_of_a_kind_are_those_that_the_person_was_shown(reconciler, shop, world, work, monkeypatch):
    monkeypatch.setattr(choosing, "CHOSEN_AT_ONCE", 2)
    assets = world.assets(5, "failed")
    for asset in assets:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    run = reconciler.run()
    rows = reconciler.findings(run)
    reconciler.choose(rows[1], Act.SET_ASIDE)
    with shop.app.app_context():
        chosen = choosing.choose_all(run, Kind.UNRECORDED, Act.RECORD, most_id=rows[3].id, by=shop.dana, why="")
    assert chosen == 3
    work.drain()
    states = [each.state for each in reconciler.findings(run)]
    assert states == [State.DONE, State.SET_ASIDE, State.DONE, State.DONE, State.OPEN]
    entries = shop.all(AuditEntry, AuditEntry.subject == "finding", AuditEntry.act == "record")
    assert [(each.subject_id, each.actor_id) for each in entries] == [
        (rows[place].id, world.dana.id) for place in (0, 2, 3)
    ]


def test_what_is_decided_one_by_one_is_not_decided_for_all(reconciler, shop, world):
    world.asset("failed")
    run = reconciler.run()
    for act in (Act.SET_ASIDE, Act.CONFIRM, Act.ATTACH):
        with pytest.raises(errors.Conflict):
            reconciler.choose_all(run, Kind.NO_CODE, act)


def test_attaching_deals_with_both_sides(reconciler, shop, world, work):
    day = date(2026, 3, 2)
    asset = world.asset("failed", purchased_on=day)
    (code,) = reconciler.put(1, on=day, Quantity=asset.quantity)
    run = reconciler.run()
    (own,) = reconciler.findings(run, Finding.kind == Kind.NO_CODE)
    reconciler.choose(own, Act.ATTACH)
    work.drain()
    assert {(each.state, each.act, each.target_id) for each in reconciler.findings(run)} == {
        (State.DONE, Act.ATTACH, asset.id)
    }
    assert shop.code(asset.id) == code
