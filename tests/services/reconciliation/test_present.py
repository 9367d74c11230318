"""What a person is shown before deciding: both sides as they are now, and what has changed since the run looked."""

from datetime import date

import pytest

from portal.core import errors
from portal.core.paging import Place
from portal.extensions import db
from portal.models import Finding, FindingAct, FindingKind, FindingState, ReconciliationRun, Right, User
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.applying.choosing import Decision
from portal.services.reconciliation.viewing import free_assets, present, receipts, whole_kinds
from portal.services.reconciliation.viewing.present import Moved

pytestmark = pytest.mark.sqlite

Act, Kind, State = FindingAct, FindingKind, FindingState
DAY = date(2026, 3, 2)


@pytest.fixture
def look(shop):
    """`look(act, run)` in a context, as a person."""

    def act(do, run, person=None):
        with shop.app.app_context():
            return do(
                db.session.get(User, (person or shop.world.dana).id), db.session.get(ReconciliationRun, run.id)
            )  # fmt: skip

    return act


def moved(look, run, finding, act, version=None):
    return look(lambda by, run: present.of(by, run, [finding.id])[0].moved(act, version), run)


def test_what_has_changed_since_the_run_looked_is_named(reconciler, look, world, work):
    assets = world.assets(3, "failed")
    for asset in assets:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    run = reconciler.run()
    same, renamed, aside = reconciler.findings(run)
    reconciler.shop.save(renamed.asset_id, name="Another name", version=None)
    reconciler.choose(aside, Act.SET_ASIDE)
    assert moved(look, run, same, Act.RECORD) is None
    assert moved(look, run, same, Act.RECORD, version=7) is Moved.DECIDED
    assert moved(look, run, aside, Act.RECORD, version=aside.version) is Moved.DECIDED
    assert moved(look, run, renamed, Act.RECORD) is Moved.ASSET
    reconciler.choose(same, Act.RECORD)
    work.drain()
    assert moved(look, run, same, Act.RECORD) is Moved.DECIDED


def test_a_coupon_that_was_recorded_meanwhile_is_named(reconciler, look, shop, world):
    asset = world.asset("failed", purchased_on=DAY)
    (code,) = reconciler.put(1, on=DAY, Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    assert moved(look, run, foreign, Act.ATTACH) is None
    shop.attach(asset.id, code)
    assert moved(look, run, foreign, Act.ATTACH) is Moved.RECORDED


def test_both_sides_take_the_same_statements_for_one_and_for_many(reconciler, look, world, sql):
    for asset in world.assets(12, "failed", purchased_on=DAY):
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    reconciler.put(3, Quantity=7)
    world.assets(2, "failed")
    run = reconciler.run()
    ids = [row.id for row in reconciler.findings(run)]

    def cost(some) -> int:
        with sql() as statements:
            rows = look(lambda by, run: present.of(by, run, some), run)
        assert len(rows) == len(some)
        return len(statements)

    assert cost(ids) == cost(ids[:1])


def test_nobody_else_sees_either_side(reconciler, look, world):
    reconciler.put(1)
    run = reconciler.run()
    (finding,) = reconciler.findings(run)
    for person in (world.paula, world.carl, world.elena):
        with pytest.raises(errors.NotVisible):
            look(lambda by, _run: present.of_one(by, finding.id), run, person)
        with pytest.raises(errors.NotVisible):
            look(lambda by, run: receipts.newest(by, run, 5), run, person)
    with pytest.raises(errors.NotVisible):
        look(lambda by, _run: present.of_one(by, finding.id + 1), run)


def test_deciding_needs_the_right_to_provision(reconciler, shop, world, monkeypatch):
    reconciler.put(1)
    (finding,) = reconciler.findings(reconciler.run())
    monkeypatch.setattr(User, "may", lambda self, right: right is not Right.PROVISION)
    with pytest.raises(errors.NotAllowed):
        reconciler.choose(finding, Act.SET_ASIDE)


def test_all_of_a_kind_are_counted_with_what_is_left_out(reconciler, look, world):
    world.asset("review")
    day_by_hand, alone = world.asset("failed", purchased_on=DAY), world.asset("failed", quantity=40)
    reconciler.put(1, on=DAY, Quantity=day_by_hand.quantity)
    reconciler.put(2, Quantity=7)
    right, wrong = world.assets(2, "synchronized")
    reconciler.list_recorded(right.id, Quantity=30)
    reconciler.list_recorded(wrong.id, Quantity=31, ProductSkuId="00000000-0000-0000-0000-000000000009")
    run = reconciler.run()
    last = reconciler.findings(run)[-1].id

    def whole(kind):
        found = look(lambda _by, run: whole_kinds.look_at(run, kind, last, shown=1), run)
        return found.act, found.number, found.left, len(found.first)

    assert whole(Kind.FOREIGN) == (Act.ATTACH, 1, 2, 1)
    assert whole(Kind.DIFFERS) == (Act.CORRECT, 1, 1, 1)
    # One may have the coupon that was bought by hand, one has to be reviewed first.
    assert whole(Kind.NO_CODE) == (Act.RETRY, 1, 2, 1)
    licences, money = look(lambda _by, run: whole_kinds.cost(run, last), run)
    assert (licences, dict(money)) == (alone.quantity, {alone.currency: alone.total})
    assert reconciler.choose_all(run, Kind.NO_CODE, Act.RETRY) == 1
    left = reconciler.findings(run, Finding.kind == Kind.NO_CODE, Finding.state == State.OPEN)
    assert alone.id not in [row.asset_id for row in left]
    assert len(left) == 2


def test_the_receipts_are_of_this_run_and_newest_first(reconciler, look, world):
    reconciler.put(2)
    first = reconciler.run()
    rows = reconciler.findings(first)
    reconciler.choose(rows[1], Act.SET_ASIDE, why="Ours.")
    reconciler.choose(rows[0], Act.SET_ASIDE, why="Training.")
    read = lambda by, run: [row[0].why for row in receipts.page(by, run, Place()).rows]  # noqa: E731
    assert look(read, first) == ["Training.", "Ours."]
    assert look(receipts.counts, first) == {State.SET_ASIDE: 2}
    assert [len(some) for some in look(lambda by, run: list(receipts.each(by, run)), first)] == [2]
    assert look(read, reconciler.run()) == []


def test_an_asset_is_chosen_among_those_without_a_code(reconciler, look, world):
    failed = world.asset("failed", name="Mailboxes for Athens", purchased_on=DAY)
    world.asset("synchronized", name="Mailboxes for Athens")
    reconciler.put(1, on=DAY, Quantity=failed.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)

    def found(text):
        return look(lambda by, _run: [asset.id for asset in free_assets.search(by, text)], run)

    assert found("athens") == found(failed.number) == found(str(failed.id)) == [failed.id]
    assert found(world.partner.name) or found(world.customer.name)
    assert found("") == found("nobody has this name") == []
    assert look(lambda by, _run: [asset.id for asset in free_assets.fitting(by, foreign)], run) == [failed.id]


def test_the_asset_that_the_person_saw_is_the_one_that_is_changed(reconciler, shop, world, work):
    """An asset that was changed after the run is corrected if the person has seen it as it is."""
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    (finding,) = reconciler.findings(reconciler.run())
    shop.save(asset.id, name="Renamed meanwhile")
    with shop.app.app_context():
        seen, why = shop.asset(asset.id).version, "Looked at both sides."
        choosing.choose(finding, Decision(Act.CORRECT, why), version=1, by=shop.dana, seen_asset=seen)
    work.drain()
    assert reconciler.again(finding).state is State.DONE
    assert shop.asset(asset.id).quantity == 30
