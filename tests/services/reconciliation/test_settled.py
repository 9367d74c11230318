"""Differences that were settled outside of their comparison close themselves, with a receipt."""

from datetime import date

import pytest

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    AuditEntry,
    ConfirmedState,
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    User,
)
from portal.services.assets import confirmed_states, corrections
from portal.services.coupons import coupon_rows
from portal.services.reconciliation.applying import settled

Act, Kind, State = FindingAct, FindingKind, FindingState
DAY = date(2026, 3, 2)


@pytest.fixture
def close(shop):
    def act() -> int:
        with shop.app.app_context():
            return settled.close()

    return act


def one(reconciler, run, kind) -> Finding:
    (finding,) = reconciler.findings(run, Finding.kind == kind)
    return finding


def receipt(reconciler, finding) -> tuple:
    row = reconciler.again(finding)
    (entry,) = reconciler.shop.all(
        AuditEntry, AuditEntry.subject == "finding", AuditEntry.subject_id == row.id, AuditEntry.act == "settled"
    )
    assert (row.state, row.act, entry.actor, entry.after) == (State.DONE, None, "worker", row.kind.value)
    return row.decided_by_id, row.why, entry.before


def test_what_a_look_up_recorded_later_closes_itself(reconciler, shop, world, work, close):
    """The coupon was bought, not recorded; then a person pressed the badge, and the look-up found it."""
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    run = reconciler.run()
    finding = one(reconciler, run, Kind.UNRECORDED)
    assert close() == 0
    shop.press(asset.id)
    work.drain()
    assert shop.status(asset.id) == "synchronized"
    assert close() == 1
    assert receipt(reconciler, finding) == (world.dana.id, None, "worker")
    assert close() == 0


def test_what_a_person_attached_on_the_page_of_the_asset_is_hers(reconciler, shop, world, close):
    """Both the coupon that was bought elsewhere and the asset without a code are settled, in the older run, too."""
    asset = world.asset("failed", purchased_on=DAY)
    (code,) = reconciler.put(1, on=DAY, Quantity=asset.quantity)
    runs = [reconciler.run(), reconciler.run()]
    shop.attach(asset.id, code)
    assert close() == 4
    for finding in (one(reconciler, run, kind) for run in runs for kind in (Kind.FOREIGN, Kind.NO_CODE)):
        assert receipt(reconciler, finding) == (world.dana.id, "Found in BitTitan’s portal.", world.dana.name)


def test_what_another_comparison_corrected_is_settled_and_a_mere_change_is_not(reconciler, shop, world, work, close):
    corrected, renamed = world.assets(2, "synchronized")
    reconciler.list_recorded(corrected.id, renamed.id, Quantity=30)
    first, second = reconciler.run(), reconciler.run()
    shop.save(renamed.id, name="Another name", version=None)
    (finding,) = reconciler.findings(second, Finding.asset_id == corrected.id)
    reconciler.choose(finding, Act.CORRECT, why="They bought more.")
    work.drain()
    assert close() == 1
    (older,) = reconciler.findings(first, Finding.asset_id == corrected.id)
    assert receipt(reconciler, older) == (world.dana.id, "They bought more.", world.dana.name)
    (left,) = reconciler.findings(first, Finding.asset_id == renamed.id)
    assert left.state is State.OPEN


def test_what_bittitan_shows_again_or_a_person_confirms_is_settled(reconciler, shop, world, close):
    again, gone, left = world.assets(3, "synchronized")
    run = reconciler.run()
    shown, stated, still = (reconciler.findings(run, Finding.asset_id == asset.id)[0] for asset in (again, gone, left))
    with shop.app.app_context():
        with transaction():
            coupon_rows.note_status(db.session.get(Coupon, shown.coupon_id), "Redeemed", run.ended_at)
        by = db.session.get(User, world.dana.id)
        asset = shop.asset(gone.id)
        confirmed_states.confirm(
            asset, version=asset.version, state=ConfirmedState.REDEEMED, reason="They say so.", by=by
        )
    assert close() == 2
    assert receipt(reconciler, shown) == (None, None, None)
    assert receipt(reconciler, stated) == (world.dana.id, "They say so.", world.dana.name)
    assert reconciler.again(still).state is State.OPEN


def test_a_withdrawn_code_settles_what_was_said_of_it(reconciler, shop, world, close):
    asset = world.asset("synchronized")
    (row,) = shop.all(Coupon, Coupon.asset_id == asset.id)
    world.edit(row, is_verified=False, bittitan_id=None, confirmed_at=None, reference=None)
    finding = one(reconciler, reconciler.run(), Kind.UNVERIFIED)
    with shop.app.app_context():
        row = shop.asset(asset.id)
        corrections.withdraw(row, version=row.version, by=shop.dana, reason="Mistyped.")
    assert close() == 1
    assert receipt(reconciler, finding) == (world.dana.id, "Mistyped.", world.dana.name)


def test_what_a_person_decided_is_left_alone(reconciler, shop, world, close):
    asset = world.asset("failed")
    (code,) = reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    finding = one(reconciler, reconciler.run(), Kind.UNRECORDED)
    reconciler.choose(finding, Act.SET_ASIDE, why="A case is open.")
    shop.attach(asset.id, code)
    assert close() == 0
    assert (reconciler.again(finding).state, reconciler.again(finding).why) == (State.SET_ASIDE, "A case is open.")
