"""Many people, many workers, presses beside a running retry: one purchase for each asset, and the loser is told.

The sandbox's journal is the judge."""

import random
import threading
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from portal.core import errors
from portal.models import Attempt, Job, JobKind, Retry, RetryItem, Trigger
from portal.services import assets as asset_service
from portal.services import bulk_lists
from portal.services.bulk_retries import retry_job
from tests.services.shop import at_once

CROWD = 64


def bought_once(sandbox, *assets) -> bool:
    counts = Counter(entry["reference"] for entry in sandbox.control.purchases())
    return counts == Counter(asset.reference for asset in assets)


def settle(work, rounds: int = 4) -> None:
    for _ in range(rounds):
        work.later(20)


def test_sixty_four_presses_of_start_are_one_job(bulk, shop, work, sandbox, world):
    assets = world.assets(3)
    retry = bulk.pick(*assets)

    outcomes = at_once(CROWD, lambda: bulk.start(retry))

    assert outcomes.count(None) == 1
    assert {type(each) for each in outcomes if each is not None} == {errors.Conflict}
    at_once(4, work.drain)
    settle(work)
    assert bought_once(sandbox, *assets)
    assert len(shop.all(Attempt, Attempt.trigger == Trigger.BULK)) == 3
    assert bulk.outcomes(retry) == {"synchronized": 3}


def test_retries_of_the_same_assets_by_several_people_buy_once(bulk, work, sandbox, world):
    assets = world.assets(4)
    made = [bulk.pick(*assets) for _ in range(4)]

    at_once(4, lambda: [_start(bulk, each) for each in random.sample(made, 4)])
    at_once(4, work.drain)
    settle(work)

    assert bought_once(sandbox, *assets)
    outcomes = sum((Counter(bulk.outcomes(each)) for each in made), Counter())
    assert outcomes["synchronized"] == 4
    assert outcomes["stale"] + outcomes["left_out"] == 12


def _start(bulk, retry) -> None:
    with suppress(errors.DomainError):
        bulk.start(retry)


@pytest.mark.parametrize("act", ["press", "save", "attach", "cancel"])
def test_a_retry_beside_somebody_who_acts_on_the_same_asset(bulk, shop, work, sandbox, world, act):
    """Whoever is first wins; the other hears it. Never two purchases, and none beside an attached code."""
    acts = {
        "press": shop.press,
        "save": lambda asset_id, version: shop.save(asset_id, version=version, name="Other"),
        "attach": lambda asset_id, version: shop.attach(asset_id, _issued(shop, sandbox, asset_id), version=version),
        "cancel": lambda asset_id, version: shop.act(asset_id, _cancel, version=version),
    }
    for asset in world.assets(3):
        retry, told = bulk.begin(asset), []
        _both(work.drain, partial(_hear, acts[act], asset, told))
        settle(work)
        _check(act, bulk, shop, sandbox, asset, retry, told)


def _hear(act, asset, told: list) -> None:
    try:
        act(asset.id, asset.version)
    except errors.DomainError as no:
        told.append(type(no))


def _check(act, bulk, shop, sandbox, asset, retry, told) -> None:
    outcome = next(iter(bulk.outcomes(retry)))
    purchases, person_won = len(sandbox.control.purchases(asset.reference)), not told
    assert outcome == ("left_out" if person_won else "synchronized")
    assert purchases == (0 if person_won and act in ("attach", "cancel") else 1)
    assert shop.status(asset.id) == ("failed" if person_won and act == "cancel" else "synchronized")
    assert set(told) <= {errors.AttemptOpen, errors.StaleVersion, errors.Conflict}


def _cancel(asset, **values) -> None:
    asset_service.cancel(asset, reason="Ordered twice.", **values)


def _issued(shop, sandbox, asset_id: int) -> str:
    """A code that BitTitan issued by hand, for exactly what the asset holds."""
    code, organization = f"SBX-HAND-{asset_id:08}", shop.world.partner.organization_id
    coupon = {"Code": code, "ExternalReference": f"by-hand-{asset_id}", "OrganizationId": organization}
    sandbox.control.put_coupons([coupon | {"Quantity": shop.asset(asset_id).quantity}])
    return code


def _both(*acts) -> None:
    barrier = threading.Barrier(len(acts))

    def one(act):
        barrier.wait()
        act()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_steps_that_run_twice_at_once_request_each_item_once(bulk, shop, work, sandbox, world):
    """As after a lease that ran out while its worker was still alive."""
    assets = world.assets(12)
    retry = bulk.begin(*assets)

    def step():
        with shop.app.app_context():
            retry_job.advance(retry)

    failures = [each for each in at_once(4, step) if isinstance(each, Exception)]
    assert failures == []
    at_once(4, work.drain)
    settle(work)

    assert bought_once(sandbox, *assets)
    assert len(shop.all(Attempt, Attempt.trigger == Trigger.BULK)) == 12
    assert (bulk.outcomes(retry), bulk.state(retry)) == ({"synchronized": 12}, "done")


def test_a_stop_beside_a_working_worker_leaves_nothing_in_between(bulk, shop, work, sandbox, world):
    assets = world.assets(20)
    retry = bulk.begin(*assets)
    _both(work.drain, lambda: _stop(bulk, retry))
    settle(work)

    outcomes = bulk.outcomes(retry)
    assert sum(outcomes.values()) == 20
    assert set(outcomes) <= {"synchronized", "not_begun"}
    assert len(sandbox.control.purchases()) == outcomes.get("synchronized", 0)
    assert bulk.state(retry) in ("stopped", "done")


def _stop(bulk, retry) -> None:
    with suppress(errors.Conflict):
        bulk.stop(retry)


class Killed(BaseException):
    """A process that ends here does nothing more."""


@pytest.mark.parametrize("place", ["before the attempt", "after the attempt", "before it is left out"])
def test_a_worker_that_ends_anywhere_in_a_step_is_taken_over(bulk, shop, work, sandbox, world, monkeypatch, place):
    assets = world.assets(4)
    retry = bulk.pick(*assets)
    changed = assets[2]
    bulk.start(retry)
    world.edit(changed, version=changed.version + 1)
    _die_once(monkeypatch, place)

    with pytest.raises(Killed):
        work.drain()
    work.later(3)
    settle(work)

    assert bulk.outcomes(retry) == {"synchronized": 3, "stale": 1}
    assert bulk.state(retry) == "done"
    assert len(sandbox.control.purchases()) == 3
    assert len(shop.all(Attempt, Attempt.trigger == Trigger.BULK)) == 3


def _die_once(monkeypatch, place: str) -> None:
    name = {"before it is left out": "leave_out"}.get(place, "carry_out")
    real, calls = getattr(bulk_lists, name), []

    def stand_in(*args, **columns):
        calls.append(args)
        is_second = len(calls) == (1 if name == "leave_out" else 2)
        if is_second and place != "after the attempt":
            raise Killed
        real(*args, **columns)
        if is_second:
            raise Killed  # the transaction is open still, so it is as if it had never been

    monkeypatch.setattr(bulk_lists, name, stand_in)


def test_the_job_waits_in_the_database_for_whoever_comes(bulk, shop, world):
    retry = bulk.begin(world.asset())
    (item,) = shop.all(Job, Job.kind == JobKind.RETRY)
    assert item.subject_id == retry
    assert {row.state.value for row in shop.all(Retry)} == {"running"}
    assert {row.state.value for row in shop.all(RetryItem)} == {"waiting"}
