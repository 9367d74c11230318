"""The first one goes alone; the others only once it is synchronized."""

import pytest

pytestmark = pytest.mark.sqlite


def test_the_others_follow_once_the_first_is_synchronized(bulk, shop, work, sandbox, world):
    first, *others = world.assets(4)
    sandbox.control.fault("createCoupon", "refuse", code="Maintenance", match=first.reference, retry_after="60")
    retry = bulk.begin(first, *others, has_canary=True)
    work.drain()
    work.later(10)
    assert {shop.status(other.id) for other in others} == {"failed"}
    assert bulk.outcomes(retry) == {"under_way": 1, "will": 3}

    for _ in range(4):
        work.later(30)
    assert (bulk.outcomes(retry), bulk.state(retry)) == ({"synchronized": 4}, "done")
    assert len(sandbox.control.purchases()) == 4


@pytest.mark.parametrize("code", ["CreditLimitExceeded", "AccountNotLinked"])
def test_a_first_one_that_is_refused_stops_the_rest(bulk, shop, work, sandbox, world, code):
    first, *others = world.assets(4)
    sandbox.control.fault("createCoupon", "refuse", match=first.reference, code=code)
    retry = bulk.begin(first, *others, has_canary=True)
    work.drain()
    work.later(60)
    assert (bulk.state(retry), bulk.row(retry).why) == ("halted", "canary")
    assert bulk.outcomes(retry) == {"failed": 1, "not_begun": 3}
    assert {shop.status(other.id) for other in others} == {"failed"}
    assert sandbox.control.journal() == []


def test_while_the_first_one_is_not_known_the_others_wait(bulk, shop, work, sandbox, world):
    first, *others = world.assets(3)
    sandbox.control.fault("createCoupon", "drop_after", match=first.reference)
    retry = bulk.begin(first, *others, has_canary=True)
    work.drain()
    work.later(10)
    assert bulk.outcomes(retry) == {"checking": 1, "will": 2}
    assert bulk.state(retry) == "running"

    for _ in range(4):
        work.later(30)
    assert (bulk.outcomes(retry), bulk.state(retry)) == ({"synchronized": 3}, "done")
    assert len(sandbox.control.purchases()) == 3


def test_if_the_first_cannot_be_sent_the_next_is_the_first(bulk, shop, work, sandbox, world):
    changed, first, other = world.assets(3)
    sandbox.control.fault("createCoupon", "refuse", match=first.reference, code="CreditLimitExceeded")
    retry = bulk.pick(changed, first, other)
    bulk.start(retry, has_canary=True)
    world.edit(changed, version=changed.version + 1)
    work.drain()
    work.later(5)
    assert bulk.outcomes(retry) == {"stale": 1, "failed": 1, "not_begun": 1}
    assert shop.status(other.id) == "failed"


def test_one_alone_needs_no_others(bulk, work, sandbox, world):
    asset = world.asset()
    sandbox.control.fault("createCoupon", "refuse", match=asset.reference, code="CreditLimitExceeded")
    retry = bulk.begin(asset, has_canary=True)
    work.drain()
    work.later(5)
    assert (bulk.outcomes(retry), bulk.state(retry)) == ({"failed": 1}, "done")
