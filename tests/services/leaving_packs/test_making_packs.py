"""A leaving pack is made in parts, once, whatever happens to its worker."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import LeavingPackPart, LeavingPackState
from portal.services import leaving_packs
from portal.services.leaving_packs import keyset, making
from tests.handovers import pack
from tests.services.leaving_packs.opened import archive, reveals, sheet

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def short_batches(monkeypatch):
    monkeypatch.setattr(keyset.batches, "__kwdefaults__", {"size": 3})
    monkeypatch.setattr(making, "PART", 200)
    monkeypatch.setattr(making, "RENEW_AFTER", -1)


def test_rows_of_many_batches_and_parts_come_once_and_in_order(world, short_batches):
    world.assets(10, "synchronized")
    made = pack(world, world.partner)
    assert len(db.session.scalars(select(LeavingPackPart.number)).all()) > 3
    rows = [row["Asset"] for row in sheet(archive(made, world.dana), "assets.csv")]
    assert len(rows) == len(set(rows)) == 10


def test_each_code_is_recorded_once_though_its_worker_was_killed(world, short_batches):
    world.assets(10, "synchronized")
    row = pack(world, world.partner, is_made=False)
    number = leaving_packs.number(row)
    with pytest.raises(KeyboardInterrupt):
        making.make(row.id, _killed_after(lambda: sum(reveals(number).values()) >= 6))
    assert 6 <= sum(reveals(number).values()) < 10
    db.session.rollback()
    making.make(row.id)
    assert set(reveals(number).values()) == {1}
    assert {actor for _asset, actor in reveals(number)} == {world.dana.id}
    rows = sheet(archive(leaving_packs.one(row.id), world.dana), "assets.csv")
    assert len(rows) == len(reveals(number)) == 10


def _killed_after(is_time):
    def beat():
        if is_time():
            raise KeyboardInterrupt

    return beat


def test_no_code_is_kept_whose_reveal_is_not_recorded(world, monkeypatch):
    world.assets(3, "synchronized")
    row = pack(world, world.partner, is_made=False)
    monkeypatch.setattr(making, "PART", 1)

    def fail(*_args, **_more):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(making.audit, "entry", fail)
    with pytest.raises(RuntimeError):
        making.make(row.id)
    kept = b"".join(db.session.scalars(select(LeavingPackPart.content).order_by(LeavingPackPart.number)))
    assert b"README.txt" not in kept
    assert not reveals(leaving_packs.number(row))
    assert b"assets.csv" not in kept or b"TEST-" not in kept


def test_a_worker_that_was_overtaken_writes_nothing_more(world, short_batches):
    world.assets(4, "synchronized")
    row = pack(world, world.partner, is_made=False)

    def discarded():
        if leaving_packs.one(row.id).is_making:
            leaving_packs.discard(leaving_packs.one(row.id), by=world.dana)

    making.make(row.id, discarded)
    assert leaving_packs.one(row.id).state is LeavingPackState.DELETED
    assert db.session.scalars(select(LeavingPackPart.number)).all() == []


def test_a_worker_makes_it(world, work):
    row = pack(world, world.partner, is_made=False)
    db.session.rollback()  # what is read next is as of then
    work.drain()
    assert leaving_packs.one(row.id).is_ready
