"""Notes and names of many assets at once."""

import pytest

from portal.core import errors

pytestmark = pytest.mark.sqlite


def test_a_note_is_added_below_what_is_there(bulk, work, sandbox, world):
    empty, noted = world.asset(), world.asset("synchronized", note="First")
    operation = bulk.begin("annotate", empty, noted, mode="append", text="Second")
    work.drain()
    assert [world.reload(each).note for each in (empty, noted)] == ["Second", "First\nSecond"]
    assert [world.reload(each).sync_status.value for each in (empty, noted)] == ["failed", "synchronized"]
    assert (bulk.outcomes(operation), sandbox.control.journal()) == ({"done": 2}, [])


def test_a_note_takes_the_place_of_what_is_there(bulk, work, world):
    same, other = world.asset(note="New"), world.asset(note="Old")
    operation = bulk.begin("annotate", same, other, mode="replace", text="New")
    assert bulk.whys(operation)[same.id] == "same"
    work.drain()
    assert world.reload(other).note == "New"


def test_a_note_that_would_be_too_long_is_left(bulk, work, world):
    full, room = world.asset(note="x" * 3999), world.asset(note="x" * 3998)
    operation = bulk.begin("annotate", full, room, mode="append", text="y")
    work.drain()
    assert bulk.outcomes(operation) == {"left_out": 1, "done": 1}
    assert (bulk.whys(operation)[full.id], len(world.reload(room).note)) == ("long", 4000)


@pytest.mark.parametrize("kind", ["annotate", "rename"])
def test_while_an_attempt_is_open_nothing_is_written(bulk, work, world, kind):
    open_ones = {world.asset(status).id: why for status, why in (
        ("synchronizing", "open"), ("unconfirmed", "checking"), ("review", "review"),
    )}  # fmt: skip
    operation = bulk.pick(kind, *(world.find(type(world.asset()), each) for each in open_ones), world.asset())
    bulk.start(operation)
    work.drain()
    assert {each: why for each, why in bulk.whys(operation).items() if why} == open_ones
    assert bulk.outcomes(operation) == {"left_out": 3, "done": 1}


def test_all_get_one_name(bulk, shop, work, world):
    first, second, same = world.asset(name="A"), world.asset("synchronized", name="B"), world.asset(name="Mailboxes")
    operation = bulk.begin("rename", first, second, same, mode="one", text="Mailboxes")
    work.drain()
    assert [world.reload(each).name for each in (first, second)] == ["Mailboxes", "Mailboxes"]
    assert bulk.whys(operation)[same.id] == "same"
    assert [(item.before, item.after) for item in bulk.items(operation)][:2] == [("A", "Mailboxes"), ("B", "Mailboxes")]
    assert ("name", "A", "Mailboxes") in [(e.field, e.before, e.after) for e in shop.audit(first.id)]


def test_a_part_of_each_name_is_replaced_and_letters_count(bulk, work, world):
    names = ("Old Tenant", "old tenant", "Tenant")
    assets = [world.asset(name=name) for name in names]
    operation = bulk.begin("rename", *assets, mode="parts", find="Old ", put="")
    work.drain()
    assert [world.reload(each).name for each in assets] == ["Tenant", "old tenant", "Tenant"]
    assert bulk.outcomes(operation) == {"done": 1, "left_out": 2}


def test_a_name_that_cannot_be_is_left(bulk, work, world):
    gone, long, null = world.asset(name="Old"), world.asset(name="Old" * 40), world.asset(name="#ROldEF!")
    operation = bulk.pick("rename", gone, long, null)
    bulk.choose(operation, mode="parts", find="Old", put="")
    assert bulk.whys(operation)[gone.id] == "refused"
    bulk.choose(operation, mode="parts", find="Old", put="Older")
    assert bulk.whys(operation)[long.id] == "long"
    bulk.start(operation, choices={"mode": "parts", "find": "Old", "put": "Older"})
    work.drain()
    assert bulk.outcomes(operation) == {"done": 2, "left_out": 1}


def test_what_the_rules_of_a_name_refuse_is_left_when_it_is_tried(bulk, work, world):
    asset = world.asset(name="#ROldEF!")
    operation = bulk.begin("rename", asset, mode="parts", find="Old", put="")
    work.drain()
    assert (world.reload(asset).name, bulk.whys(operation)[asset.id]) == ("#ROldEF!", "refused")


def test_nothing_is_started_that_was_not_previewed(bulk, world):
    operation = bulk.pick("annotate", world.asset())
    with pytest.raises(errors.StaleVersion):
        bulk.start_blind(operation)
    bulk.choose(operation, mode="append", text="Previewed")
    with pytest.raises(errors.StaleVersion):
        bulk.start(operation, choices={"mode": "append", "text": "Something else"})


def test_who_writes_meanwhile_is_not_overwritten(bulk, work, world):
    asset = world.asset(note="Mine")
    operation = bulk.begin("annotate", asset, mode="replace", text="Yours")
    world.edit(asset, version=asset.version + 1)
    work.drain()
    assert (world.reload(asset).note, bulk.outcomes(operation)) == ("Mine", {"stale": 1})
