"""A worker that is killed anywhere, and several at once: nothing is done twice, and nothing is forgotten."""

import pytest

from portal.models import Coupon, Job, JobKind, Lifecycle
from portal.services import bulk_lists
from portal.services.bulk_lists import bulk_list_job
from portal.services.bulk_operations import bulk_job
from tests.services.shop import at_once


class Killed(BaseException):
    """A process that ends here does nothing more."""


@pytest.mark.parametrize("place", ["before the item", "after the item", "before it is left out"])
def test_a_worker_that_ends_anywhere_in_a_step_is_taken_over(
    bulk, shop, work, world, sandbox, bought, monkeypatch, place
):
    assets = [*world.assets(2), bought(), world.asset()]
    operation = bulk.begin("cancel", *assets)
    world.edit(assets[3], version=assets[3].version + 1)
    _die_once(monkeypatch, place)
    with pytest.raises(Killed):
        work.drain()
    work.later(61)
    work.later(3)
    assert bulk.outcomes(operation) == {"done": 2, "revoked": 1, "stale": 1}
    assert bulk.state(operation) == "done"
    assert len(sandbox.control.journal(what="revoked")) == 1
    acts = [[entry.act for entry in shop.audit(each.id)].count("cancel") for each in assets]
    assert acts == [1, 1, 1, 0]


def _die_once(monkeypatch, place: str) -> None:
    name = "leave_out" if place == "before it is left out" else "carry_out"
    real, calls = getattr(bulk_lists, name), []

    def stand_in(*args, **columns):
        calls.append(args)
        is_it = len(calls) == (1 if name == "leave_out" else 3)
        if is_it and place != "after the item":
            raise Killed
        real(*args, **columns)
        if is_it:
            raise Killed  # the transaction is open still, so it is as if it had never been

    monkeypatch.setattr(bulk_lists, name, stand_in)


def test_steps_that_run_twice_at_once_change_each_asset_once(bulk, shop, world):
    assets = world.assets(12)
    operation = bulk.begin("annotate", *assets, mode="append", text="Once")

    def step():
        with shop.app.app_context():
            bulk_job.advance(operation)

    assert [each for each in at_once(4, step) if isinstance(each, Exception)] == []
    step()
    assert {world.reload(each).note for each in assets} == {"Once"}
    assert (bulk.outcomes(operation), bulk.state(operation)) == ({"done": 12}, "done")


def test_what_changes_during_a_step_is_noticed(bulk, shop, work, world, sandbox, bought, monkeypatch):
    """Why assets are left out is read once in a step, and each change looks again."""
    first, saved, redeemed = world.asset(), world.asset(), bought()
    operation = bulk.begin("cancel", first, saved, redeemed)
    (coupon,) = shop.all(Coupon, Coupon.asset_id == redeemed.id)
    starter, looks = bulk_list_job.starter, []

    def stand_in(row):
        looks.append(row.id)
        if len(looks) == 2:
            world.edit(saved, version=saved.version + 1)
            world.edit(coupon, status="Redeemed")
        return starter(row)

    monkeypatch.setattr(bulk_list_job, "starter", stand_in)
    work.drain()
    assert bulk.outcomes(operation) == {"done": 1, "stale": 1, "left_out": 1}
    assert bulk.whys(operation)[redeemed.id] == "redeemed"
    assert {world.reload(each).lifecycle for each in (saved, redeemed)} == {Lifecycle.ACTIVE}
    assert sandbox.control.journal(what="revoked") == []


def test_more_than_one_step_holds_are_done_in_the_end(bulk, work, world, monkeypatch):
    monkeypatch.setattr(bulk_job, "CHUNK", 2)
    assets = world.assets(5)
    operation = bulk.begin("cancel", *assets)
    for _ in range(4):
        work.later(1)
    assert bulk.outcomes(operation) == {"done": 5}
    assert {world.reload(each).lifecycle for each in assets} == {Lifecycle.CANCELLED}


def test_the_job_waits_in_the_database_for_whoever_comes(bulk, shop, world):
    operation = bulk.begin("cancel", world.asset())
    (job,) = shop.all(Job, Job.kind == JobKind.BULK)
    assert job.subject_id == operation
