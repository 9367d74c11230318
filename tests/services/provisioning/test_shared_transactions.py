"""Purchases that are written together: nobody gains what is another's, and one's trouble is its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from portal.core import access, failpoints
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Attempt, Connection, Coupon, Job
from portal.providers.base import Refused
from portal.services import jobs as queue
from portal.services import provisioning
from portal.services.provisioning.begin_send import Send
from portal.worker import batch
from portal.worker.loop import Worker
from tests.services.provisioning.together import asset_of, begin, bought, record, recorded_code, with_coupon

pytestmark = pytest.mark.usefixtures("app_context")


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
    decisions = begin(*[shop.attempt(shop.order()) for _ in range(6)])

    assert [isinstance(each, Send) for each in decisions].count(True) == 3


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "2"}])
def test_who_gets_no_token_waits_in_line_without_a_thread(shop, server):
    ordered = [shop.order() for _ in range(6)]

    done = batch.run([], 6)

    assert len(done.tasks) == 3
    assert sorted(shop.state(each) for each in ordered) == ["reserved"] * 3 + ["sending"] * 3
    waiting = shop.all(Job, Job.lease_until.is_(None))
    assert [item.due_at for item in waiting] == [
        shop.all(Attempt, Attempt.id == item.subject_id)[0].next_at for item in waiting
    ]


def test_after_a_silence_one_of_many_goes_first(shop):
    with transaction():
        row = lock(Connection, 1)
        row.is_open, row.held_until = True, None
    decisions = begin(*[shop.attempt(shop.order()) for _ in range(4)])

    assert [isinstance(each, Send) for each in decisions].count(True) == 1
    assert shop.connection().sends == 1


def test_what_must_be_looked_up_first_is_not_begun(shop, world, sandbox):
    asset_id = world.asset(attempts=1).id
    shop.press(asset_id)

    (job,) = batch.run([], 5).tasks

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


def test_the_answer_to_an_earlier_send_counts_as_it_does_alone(shop):
    """A valid code counts in any state; a no only for the send that it answers."""
    refused, late, plain = bought(shop, 3)
    late = replace(late, send=replace(late.send, number=0))
    refused = replace(refused, outcome=Refused("CreditLimitExceeded", "", refused.outcome.trace))
    refused = replace(refused, send=replace(refused.send, number=0))

    assert record(refused, late, plain) == [refused, late, plain]
    assert [shop.state(asset_of(each)) for each in (refused, late, plain)] == ["sending", "succeeded", "succeeded"]


def test_an_answer_to_what_is_another_attempt_since_a_restore_is_not_recorded(shop):
    (plain,) = bought(shop, 1)
    foreign = replace(plain, send=replace(plain.send, order=replace(plain.send.order, payload="{}")))

    assert record(foreign) == []
    assert shop.state(asset_of(plain)) == "sending"


def test_who_records_alone_needs_a_thread_that_nobody_else_gets(shop):
    (known,) = bought(shop, 1)
    known = with_coupon(known, code=recorded_code(shop), id="another Id")
    waiting = shop.order()

    (job,) = batch.run([known], 1).tasks
    done = job.act()
    assert (shop.status(asset_of(known)), shop.state(waiting)) == ("unconfirmed", "reserved")

    (_next,) = batch.run([done], 1).tasks
    assert shop.state(waiting) == "sending"


def test_a_worker_that_ends_records_the_last_ones_and_begins_nothing_more(shop):
    plain, known = bought(shop, 2)
    known = with_coupon(known, code=recorded_code(shop), id="another Id")
    waiting, worker = shop.order(), Worker(shop.app)
    worker._news.extend([plain, known])

    while worker._news:
        worker._round()

    assert [shop.status(asset_of(each)) for each in (plain, known)] == ["synchronized", "unconfirmed"]
    assert shop.state(waiting) == "reserved"
    assert shop.all(Job, Job.lease_until.is_not(None)) == []


def test_a_round_that_is_not_committed_begins_nothing_and_each_is_taken_alone(shop, sandbox):
    ordered = [shop.order() for _ in range(3)]
    worker, failures = Worker(shop.app), iter([OSError("the disk is full")])

    def fail(point: str) -> None:
        if point == "begin_send: before commit" and (failure := next(failures, None)):
            raise failure

    with failpoints.listen(fail), ThreadPoolExecutor(3) as pool:
        assert worker._round(pool) == 3
        while worker._busy:
            worker._round(pool)

    assert [shop.status(each) for each in ordered] == ["synchronized"] * 3
    assert [shop.attempt(each).send_number for each in ordered] == [1, 1, 1]
    assert len(sandbox.control.purchases()) == 3


def test_what_is_bought_together_leaves_the_same_record_as_what_is_bought_alone(shop, work):
    news = bought(shop, 2)
    batch.run(news, 0)
    alone = shop.order()
    work.drain()

    assert [told(shop, each) for each in map(asset_of, news)] == [told(shop, alone)] * 2
    assert shop.status(alone) == "synchronized"


def test_an_answer_after_a_silence_wakes_what_is_looked_up(shop, lost):
    news = bought(shop, 1)
    with transaction():
        row = lock(Connection, 1)
        row.lookup_failures, row.answered_at = 1, None
    before = shop.attempt(lost).next_at
    worker = Worker(shop.app)
    worker._news.extend(news)

    while worker._news:
        worker._round()

    assert shop.status(asset_of(news[0])) == "synchronized"
    assert shop.attempt(lost).next_at < before
    assert shop.connection().lookup_failures == 0


NEVER_ALIKE = {"id", "asset_id", "attempt_id", "reference", "payload", "order_id", "code", "bittitan_id", "request"}


def told(shop, asset_id: int) -> list[dict[str, object]]:
    """Everything on record about it, without what differs between any two: numbers, codes and instants."""
    (coupon,) = shop.all(Coupon, Coupon.asset_id == asset_id)
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


def test_a_purchase_more_costs_few_statements(shop, sql):
    news = bought(shop, 1)
    shop.order()
    with sql() as one:
        assert len(jobs := batch.run(news, 1).tasks) == 1
    news = [jobs[0].act(), *bought(shop, 2)]
    for _ in range(3):
        shop.order()
    with sql() as many:
        assert len(batch.run(news, 3).tasks) == 3

    assert len(one) <= 24, "\n\n".join(one)
    assert len(many) - len(one) <= 10, "\n\n".join(many)


def test_an_intent_costs_eight_statements(shop, sql, world):
    asset = world.asset(attempts=3)
    with shop.app.app_context():
        dana, row = shop.dana, access.visible_asset(shop.dana, asset.id)
        with sql() as statements:
            provisioning.request(row, version=row.version, by=dana)
    told = [each for each in statements if "clock_timestamp" not in each]
    assert len(told) <= 8, "\n\n".join(told)


def test_what_was_claimed_meanwhile_by_another_is_not_claimed_again(shop):
    shop.order()
    with shop.app.app_context():
        (claim,) = queue.claim(5)
        assert queue.claim(5) == []
        with transaction():
            assert db.session.get(Job, claim.id).fence == claim.fence
