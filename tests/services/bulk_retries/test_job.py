"""A bulk retry from the list to the receipt. The sandbox's journal is the judge of what was bought."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import errors
from portal.models import Attempt, AuditEntry, Trigger
from portal.services.bulk_retries import retry_job
from portal.services.lists.list_filters import Filters

pytestmark = pytest.mark.sqlite


def test_all_that_were_picked_are_bought_once(bulk, shop, work, sandbox, world):
    assets = world.assets(5)
    retry = bulk.begin(*assets)
    assert sandbox.control.journal() == []

    work.drain()
    work.later(5)

    assert bulk.outcomes(retry) == {"synchronized": 5}
    assert bulk.state(retry) == "done"
    references = [entry["reference"] for entry in sandbox.control.purchases()]
    assert sorted(references) == sorted(asset.reference for asset in assets)
    assert {shop.attempt(asset.id).trigger for asset in assets} == {Trigger.BULK}
    assert {shop.attempt(asset.id).requested_by_id for asset in assets} == {world.dana.id}


def test_nothing_is_sent_before_somebody_starts_it(bulk, shop, work, sandbox, world):
    asset = world.asset()
    retry = bulk.pick(asset)
    work.later(3600)
    assert (bulk.state(retry), shop.status(asset.id), sandbox.control.journal()) == ("prepared", "failed", [])


def test_what_matches_is_frozen_when_it_is_pressed(bulk, work, sandbox, world):
    early = world.assets(2)
    retry = bulk.match()
    late = world.asset()
    bulk.start(retry)
    work.drain()
    references = {entry["reference"] for entry in sandbox.control.purchases()}
    assert references == {asset.reference for asset in early}
    assert world.reload(late).sync_status.value == "failed"


def test_only_failed_ones_of_all_that_match_are_taken(bulk, world):
    failed = world.asset("failed")
    world.asset("failed", lifecycle="cancelled")
    for status in ("synchronized", "unconfirmed", "review", "synchronizing"):
        world.asset(status)
    retry = bulk.match(Filters())
    assert [item.asset_id for item in bulk.items(retry)] == [failed.id]


def test_a_retry_takes_no_more_than_it_can_hold(bulk, world, monkeypatch):
    monkeypatch.setattr("portal.services.bulk_lists.MOST", 3)
    assets = world.assets(4)
    retry = bulk.match()
    assert [item.asset_id for item in bulk.items(retry)] == [asset.id for asset in assets[:3]]
    assert bulk.row(retry).is_cut


def test_each_that_cannot_be_sent_has_its_reason(bulk, work, sandbox, world):
    unlinked, gone = world.account(synced=False), world.bundle
    in_the_way = world.asset()
    world.surplus(in_the_way)
    world.edit(gone.type, sku_id=None)
    reasons = {
        world.asset("failed", lifecycle="cancelled").id: "cancelled",
        world.asset("synchronized").id: "synchronized",
        world.asset("review").id: "open",
        world.asset(account=unlinked).id: "payer",
        world.asset(product=gone).id: "sku",
        world.asset(imported_at=datetime.now(UTC)).id: "imported",
        in_the_way.id: "surplus",
        world.asset().id: None,
    }
    stale = world.asset()
    retry = bulk.pick(*(world.find(type(stale), each) for each in reasons), stale)
    world.edit(stale, version=stale.version + 1)
    assert bulk.whys(retry) == reasons | {stale.id: "stale"}

    bulk.start(retry)
    work.drain()

    assert bulk.outcomes(retry) == {"synchronized": 1, "left_out": 7, "stale": 1}
    assert bulk.whys(retry) == reasons | {stale.id: "stale"}
    assert len(sandbox.control.purchases()) == 1


def test_imported_ones_are_bought_only_if_a_person_says_so(bulk, shop, work, sandbox, world):
    asset = _imported(world)
    retry = bulk.pick(asset)
    with pytest.raises(errors.Conflict):
        bulk.start(retry)
    work.drain()
    assert (bulk.state(retry), _answers(shop, asset), sandbox.control.journal()) == ("prepared", [], [])

    bulk.start(retry, includes_imported=True)
    work.drain()
    assert len(sandbox.control.purchases(asset.reference)) == 1
    assert bulk.row(retry).includes_imported
    assert _answers(shop, asset) == [world.dana.id]


def test_the_answer_about_an_imported_one_is_recorded_once(bulk, shop, work, sandbox, world):
    first, second = _imported(world, "OLD-1"), _imported(world, "OLD-2")
    ordered = world.asset()
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded", times=None)
    retry = bulk.begin(first, second, ordered, includes_imported=True)
    work.drain()
    work.later(5)
    assert bulk.outcomes(retry) == {"failed": 3}

    sandbox.control.clear_faults()
    again = bulk.again(retry)
    assert bulk.whys(again)[first.id] == "imported"
    bulk.start(again, includes_imported=True)
    work.drain()

    assert bulk.outcomes(again) == {"synchronized": 3}
    assert [_answers(shop, each) for each in (first, second, ordered)] == [[world.dana.id], [world.dana.id], []]


def test_what_is_spent_or_in_use_elsewhere_is_not_in_the_way(bulk, work, sandbox, world):
    now = datetime.now(UTC)
    revoked, expired, given = world.assets(3)
    world.surplus(revoked, status="Revoked")
    world.surplus(expired, expires_at=now - timedelta(days=1))
    world.surplus(world.asset("synchronized"), moved_from_id=given.id, status="Active")
    retry = bulk.begin(revoked, expired, given)
    work.drain()
    assert bulk.outcomes(retry) == {"synchronized": 3}
    assert len(sandbox.control.purchases()) == 3


def test_the_days_are_set_for_all_and_kept_only_with_a_coupon(bulk, shop, work, sandbox, world):
    good, bad = world.assets(2, expire_days=1095)
    sandbox.control.fault("createCoupon", "refuse", match=bad.reference, code="ExpireDaysOutOfRange")
    bulk.begin(good, bad, expire_days=90)
    work.drain()
    assert (shop.asset(good.id).expire_days, shop.asset(bad.id).expire_days) == (90, 1095)
    assert '"ExpireDays": 90' in shop.attempt(good.id).payload


def test_each_outcome_stands_on_the_receipt(bulk, shop, work, sandbox, world):
    bought, refused, lost = world.assets(3)
    sandbox.control.fault("createCoupon", "refuse", match=refused.reference, code="CreditLimitExceeded")
    sandbox.control.fault("createCoupon", "drop_after", match=lost.reference)
    retry = bulk.begin(bought, refused, lost)
    work.drain()
    work.skip(3)
    assert bulk.outcomes(retry) == {"synchronized": 1, "failed": 1, "checking": 1}
    work.later(30)
    assert bulk.outcomes(retry) == {"synchronized": 2, "failed": 1}
    assert bulk.state(retry) == "done"
    assert len(sandbox.control.purchases()) == 2


def test_those_that_failed_are_tried_again_and_no_others(bulk, work, sandbox, world):
    bought, refused = world.assets(2)
    sandbox.control.fault("createCoupon", "refuse", match=refused.reference, code="CreditLimitExceeded")
    first = bulk.begin(bought, refused)
    work.drain()

    second = bulk.again(first)
    assert [item.asset_id for item in bulk.items(second)] == [refused.id]
    assert bulk.row(second).again_of_id == first
    bulk.start(second)
    work.drain()

    assert bulk.outcomes(second) == {"synchronized": 1}
    assert bulk.outcomes(first) == {"synchronized": 1, "failed": 1}
    with pytest.raises(errors.Conflict):
        bulk.again(second)


def test_few_are_open_at_a_time_so_that_the_rest_can_be_stopped(bulk, shop, work, sandbox, world, monkeypatch):
    monkeypatch.setattr(retry_job, "WINDOW", 3)
    assets = world.assets(8)
    sandbox.control.fault("createCoupon", "refuse", code="Maintenance", retry_after="600", times=None)
    retry = bulk.begin(*assets)
    work.drain()
    work.later(30)
    assert bulk.outcomes(retry) == {"under_way": 3, "will": 5}

    bulk.stop(retry)
    sandbox.control.clear_faults()
    work.later(600)

    assert bulk.outcomes(retry) == {"synchronized": 3, "not_begun": 5}
    assert bulk.state(retry) == "stopped"
    assert len(sandbox.control.purchases()) == 3
    again = bulk.again(retry, "not_begun")
    assert len(bulk.items(again)) == 5


def test_with_a_small_window_all_are_bought_in_the_end(bulk, work, sandbox, world, monkeypatch):
    monkeypatch.setattr(retry_job, "WINDOW", 2)
    retry = bulk.begin(*world.assets(7))
    for _ in range(6):
        work.later(2)
    assert (bulk.outcomes(retry), bulk.state(retry)) == ({"synchronized": 7}, "done")
    assert len(sandbox.control.purchases()) == 7


@pytest.mark.parametrize("seen", [-1, 0, 1, 3])
def test_another_number_than_was_seen_starts_nothing(bulk, work, sandbox, world, seen):
    retry = bulk.pick(*world.assets(2))
    with pytest.raises(errors.StaleVersion):
        bulk.start(retry, version=seen)
    work.drain()
    assert (bulk.state(retry), sandbox.control.journal()) == ("prepared", [])


def test_a_retry_that_ended_cannot_be_stopped_and_a_started_one_not_started(bulk, work, world):
    retry = bulk.begin(world.asset())
    with pytest.raises(errors.Conflict):
        bulk.start(retry)
    work.drain()
    work.later(5)
    with pytest.raises(errors.Conflict):
        bulk.stop(retry)


def test_who_may_not_any_more_buys_nothing_more(bulk, shop, work, sandbox, world):
    retry = bulk.begin(world.asset())
    world.edit(world.dana, role="viewer")
    work.drain()
    assert (bulk.state(retry), bulk.row(retry).why) == ("halted", "right")
    assert bulk.outcomes(retry) == {"not_begun": 1}
    assert sandbox.control.journal() == []


def test_lists_that_nobody_started_are_forgotten_after_a_day(bulk, work, world):
    asset = world.asset()
    old = bulk.pick(asset)
    kept = bulk.begin(asset)
    row = bulk.row(old)
    world.edit(row, made_at=row.made_at.replace(year=2020))
    world.edit(bulk.row(kept), made_at=row.made_at.replace(year=2020))
    bulk.pick(asset)
    assert bulk.row(old) is None
    assert bulk.items(old) == []
    assert bulk.row(kept) is not None


def test_the_attempt_and_the_item_are_one_transaction(bulk, shop, work, world):
    retry = bulk.begin(*world.assets(3))
    work.drain()
    opened = {item.attempt_id for item in bulk.items(retry)}
    assert opened == {row.id for row in shop.all(Attempt, Attempt.trigger == Trigger.BULK)}


def _imported(world, number: str = "OLD-1"):
    """Without a code; nothing was sent for it here."""
    return world.asset(imported_at=datetime.now(UTC), external_id=number, attempts=0)


def _answers(shop, asset) -> list[int | None]:
    """Who said that it was not bought before."""
    is_it = (AuditEntry.subject_id == asset.id, AuditEntry.act == "answer", AuditEntry.field == "bought_before")
    return [row.actor_id for row in shop.all(AuditEntry, *is_it)]
