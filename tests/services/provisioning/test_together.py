"""Purchases that are written together: nobody gains what is another's, and one's trouble is its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from portal.core import access, clock, failpoints
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection, Job
from portal.services import jobs as queue
from portal.services import provisioning
from portal.services.provisioning import express
from portal.worker import batch
from portal.worker.loop import Worker

pytestmark = pytest.mark.usefixtures("app_context")


def begin(*attempts) -> list[express.Send]:
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        return express.begin([each.id for each in attempts], row, now, provisioning.deadline())


def record(*bought: express.Bought) -> list[express.Bought]:
    with transaction():
        return express.record(list(bought), lock(Connection, 1), clock.now())


def bought(shop, number: int) -> list[batch.Bought]:
    """Begun in one round, and issued by BitTitan; not recorded yet."""
    ordered = [shop.order() for _ in range(number)]
    news = [job.act() for job in batch.run([], number)]
    assert {each.send.attempt.asset_id for each in news} == set(ordered)
    return news


def with_coupon(news: batch.Bought, **other) -> batch.Bought:
    return replace(news, outcome=replace(news.outcome, coupon=replace(news.outcome.coupon, **other)))


def asset_of(news: batch.Bought) -> int:
    return news.send.attempt.asset_id


def test_two_workers_with_one_attempt_begin_one_send(shop):
    wanted = shop.attempt(shop.order())

    def act() -> int:
        with shop.app.app_context():
            return len(begin(wanted))

    with ThreadPoolExecutor(3) as pool:
        sends = list(pool.map(lambda _: act(), range(3)))

    assert sorted(sends) == [0, 0, 1]
    assert shop.attempt(wanted.asset_id).send_number == 1


def test_sends_that_begin_together_are_all_counted(shop):
    sends = begin(*[shop.attempt(shop.order()) for _ in range(4)])

    assert [send.number for send in sends] == [1, 1, 1, 1]
    assert (shop.connection().sends, {send.mark[1] for send in sends}) == (4, {4})


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "2"}])
def test_together_they_take_no_more_tokens_than_there_are(shop, server):
    assert len(begin(*[shop.attempt(shop.order()) for _ in range(6)])) == 3


def test_what_must_be_looked_up_first_is_not_begun(shop, world, sandbox):
    asset_id = world.asset(attempts=1).id
    shop.press(asset_id)

    (job,) = batch.run([], 5)

    assert shop.state(asset_id) == "reserved"
    job.act()
    assert [each.kind.value for each in shop.exchanges(asset_id)][-2:] == ["lookup", "send"]


def test_a_code_that_comes_twice_at_once_is_recorded_by_each_alone(shop):
    first, one, other = bought(shop, 3)
    twin = with_coupon(other, code=one.outcome.coupon.code, id=one.outcome.coupon.id)
    with pytest.raises(IntegrityError):
        record(first, one, twin)
    worker = Worker(shop.app)
    worker._news.extend([first, one, twin])

    while worker._news:
        worker._round()

    assert [shop.state(asset_of(each)) for each in (first, one, other)] == ["succeeded", "succeeded", "unknown"]
    assert shop.all(Job, Job.lease_until.is_not(None)) == []


def test_the_answer_to_an_earlier_send_is_left_to_the_whole_protocol(shop):
    first, late, plain = bought(shop, 3)
    late = replace(late, send=replace(late.send, number=0))

    assert record(first, late, plain) == [first, plain]
    assert shop.code(asset_of(late)) is None


def test_who_records_alone_needs_a_thread_that_nobody_else_gets(shop):
    (unlike,) = bought(shop, 1)
    unlike = with_coupon(unlike, expires=unlike.outcome.coupon.expires - timedelta(days=1))
    waiting = shop.order()

    (job,) = batch.run([unlike], 1)
    done = job.act()
    assert (shop.status(asset_of(unlike)), shop.state(waiting)) == ("synchronized", "reserved")

    (_next,) = batch.run([done], 1)
    assert shop.state(waiting) == "sending"


def test_a_worker_that_ends_records_the_last_ones_and_begins_nothing_more(shop):
    plain, unlike = bought(shop, 2)
    unlike = with_coupon(unlike, expires=unlike.outcome.coupon.expires - timedelta(days=1))
    waiting, worker = shop.order(), Worker(shop.app)
    worker._news.extend([plain, unlike])

    while worker._news:
        worker._round()

    assert [shop.status(asset_of(each)) for each in (plain, unlike)] == ["synchronized"] * 2
    assert shop.state(waiting) == "reserved"
    assert shop.all(Job, Job.lease_until.is_not(None)) == []


def test_a_round_that_is_not_committed_begins_nothing_and_each_is_taken_alone(shop, sandbox):
    ordered = [shop.order() for _ in range(3)]
    worker, failures = Worker(shop.app), iter([OSError("the disk is full")])

    def fail(point: str) -> None:
        if point == "T2: before commit" and (failure := next(failures, None)):
            raise failure

    with failpoints.listen(fail), ThreadPoolExecutor(3) as pool:
        assert worker._round(pool) == 3
        while worker._busy:
            worker._round(pool)

    assert [shop.status(each) for each in ordered] == ["synchronized"] * 3
    assert [shop.attempt(each).send_number for each in ordered] == [1, 1, 1]
    assert len(sandbox.control.purchases()) == 3


def test_what_is_bought_together_leaves_the_same_record_as_what_is_bought_alone(shop, work, monkeypatch):
    news = bought(shop, 2)
    batch.run(news, 0)
    by_one = shop.order()
    work.drain()
    monkeypatch.setattr(express, "begin", lambda *_: [])
    monkeypatch.setattr(express, "record", lambda *_: [])
    alone = shop.order()
    work.drain()

    assert [told(shop, each) for each in (*map(asset_of, news), by_one)] == [told(shop, alone)] * 3
    assert shop.status(alone) == "synchronized"


NEVER_ALIKE = {"id", "asset_id", "attempt_id", "reference", "payload", "order_id", "code", "bittitan_id", "request"}


def told(shop, asset_id: int) -> list[dict[str, object]]:
    """Everything on record about it, without what differs between any two: numbers, codes and instants."""
    (coupon,) = shop.all(express.Coupon, express.Coupon.asset_id == asset_id)
    rows = [shop.asset(asset_id), shop.attempt(asset_id), coupon, *shop.exchanges(asset_id), *shop.audit(asset_id)]
    return [{name: value for name, value in plain(row).items() if name not in NEVER_ALIKE} for row in rows]


def plain(row) -> dict[str, object]:
    loaded = vars(row)  # a generated column is not
    values = {column.key: loaded[column.key] for column in row.__table__.columns if column.key in loaded}
    unlike = ("after", "response", "milliseconds", "subject_id")
    return {
        name: value is not None if isinstance(value, datetime) or name in unlike else value
        for name, value in values.items()
    }


def test_many_cost_no_more_statements_than_one(shop, sql):
    news = bought(shop, 1)
    shop.order()
    with sql() as one:
        assert len(jobs := batch.run(news, 1)) == 1
    assert len(one) <= 19, "\n\n".join(one)

    news = [jobs[0].act(), *bought(shop, 2)]
    for _ in range(3):
        shop.order()
    with sql() as many:
        assert len(batch.run(news, 3)) == 3
    assert len(many) == len(one), "\n\n".join(many)


def test_an_intent_costs_seven_statements(shop, sql, world):
    asset = world.asset(attempts=3)
    with shop.app.app_context():
        dana, row = shop.dana, access.visible_asset(shop.dana, asset.id)
        with sql() as statements:
            provisioning.request(row, version=row.version, by=dana)
    told = [each for each in statements if "clock_timestamp" not in each]
    assert len(told) <= 7, "\n\n".join(told)


def test_what_was_claimed_meanwhile_by_another_is_not_claimed_again(shop):
    shop.order()
    with shop.app.app_context():
        (claim,) = queue.claim(5)
        assert queue.claim(5) == []
        with transaction():
            assert db.session.get(Job, claim.id).fence == claim.fence
