"""Threads whose units are written together: nobody gains what is another's, and one's trouble is its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.extensions import db
from portal.models import WorkItem
from portal.providers.base import Issued, IssuedCoupon, Trace
from portal.services import access, points, provisioning, unit
from portal.services import work as queue
from portal.services.provisioning import express


@pytest.fixture
def together(shop):
    """Acts of as many threads, all of which wait while a first one is kept from its commit."""

    def run(kept_at: str, first: Callable[[], object], *others: Callable[[], object]) -> list[object]:
        stands, go, waiting = threading.Event(), threading.Event(), []

        def stop(point: str) -> None:
            if point == kept_at and not stands.is_set():
                stands.set()
                go.wait(30)

        def act(what: Callable[[], object]) -> object:
            waiting.append(what)
            with shop.app.app_context():
                return what()

        with points.listen(stop), ThreadPoolExecutor(8) as pool:
            results: list[Future] = [pool.submit(act, first)]
            assert stands.wait(30)
            results += [pool.submit(act, other) for other in others]
            while len(waiting) <= len(others):
                threading.Event().wait(0.01)
            threading.Event().wait(0.1)  # the last of them is in the line
            go.set()
            return [result.result() for result in results]

    return run


def begin(attempt) -> Callable[[], object]:
    return lambda: express.begin(attempt.id, attempt.payload)


def record(attempt, send_number: int, code: str) -> Callable[[], bool]:
    now = datetime.now(UTC)
    coupon = IssuedCoupon(
        id=str(uuid4()), code=code, reference="mrd-1", sku_id=str(uuid4()), organization_id=str(uuid4()), quantity=25,
        status="Active", created=now, expires=now + timedelta(days=365), validity_days=365, redeemed=None,
    )  # fmt: skip
    outcome = Issued(coupon, Trace("POST /v1/coupons", "201", 201, 50))
    return lambda: express.record(attempt.id, attempt.payload, send_number, outcome)


def begun(shop, number: int) -> list:
    attempts = [shop.attempt(shop.order()) for _ in range(number)]
    with shop.app.app_context():
        assert all(begin(attempt)() for attempt in attempts)
    return attempts


def test_two_threads_with_one_attempt_begin_one_send(shop, together):
    first, wanted = (shop.attempt(shop.order()) for _ in range(2))

    _, *sends = together("T2: before commit", begin(first), *[begin(wanted)] * 3)

    assert sorted(send is None for send in sends) == [False, True, True]
    assert shop.attempt(wanted.asset_id).send_number == 1


def test_sends_that_begin_together_are_all_counted(shop, together):
    attempts = [shop.attempt(shop.order()) for _ in range(4)]

    sends = together("T2: before commit", *map(begin, attempts))

    assert [send.number for send in sends] == [1, 1, 1, 1]
    assert shop.connection().sends == 4
    assert max(send.mark[1] for send in sends) == 4


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "2"}])
def test_together_they_take_no_more_tokens_than_there_are(shop, together, server):
    attempts = [shop.attempt(shop.order()) for _ in range(6)]

    sends = together("T2: before commit", *map(begin, attempts))

    assert sum(send is not None for send in sends) == 3


def test_a_code_that_comes_twice_at_once_is_recorded_by_neither_of_them_here(shop, together):
    first, *twins = begun(shop, 3)

    results = together(
        "T3: before commit", record(first, 1, "SBX-ONE-0001"), *(record(twin, 1, "SBX-TWO-0002") for twin in twins)
    )

    assert results == [True, False, False]  # each goes through the whole protocol, alone
    assert [shop.state(each.asset_id) for each in (first, *twins)] == ["succeeded", "sending", "sending"]
    assert [shop.code(each.asset_id) for each in (first, *twins)] == ["SBX-ONE-0001", None, None]


def test_the_answer_to_an_earlier_send_is_left_to_the_whole_protocol(shop, together):
    first, late, plain = begun(shop, 3)

    results = together(
        "T3: before commit",
        record(first, 1, "SBX-ONE-0001"),
        record(late, 0, "SBX-LATE-0002"),
        record(plain, 1, "SBX-PLAIN-0003"),
    )

    assert results == [True, False, True]
    assert (shop.code(late.asset_id), shop.code(plain.asset_id)) == (None, "SBX-PLAIN-0003")


def test_what_is_bought_together_leaves_the_same_record_as_what_is_bought_alone(shop, work, monkeypatch):
    together = shop.order()
    work.drain()
    monkeypatch.setattr(express, "begin", lambda *_: None)
    monkeypatch.setattr(express, "record", lambda *_: False)
    alone = shop.order()
    work.drain()

    assert told(shop, together) == told(shop, alone)
    assert shop.status(together) == "synchronized"


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


def test_many_cost_no_more_statements_than_one(shop, together, sql):
    first, *three = begun(shop, 4)
    with shop.app.app_context(), sql() as one:
        record(first, 1, "SBX-ONE-0000")()
    assert len(one) <= 11, "\n\n".join(one)

    another, *others = [record(each, 1, f"SBX-MANY-{each.id}") for each in three]
    with sql() as many:
        together("T3: before commit", another, *others)
    assert len(many) == 2 * len(one), "\n\n".join(many)  # the one that came first, and the two behind it


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
        with unit.writing():
            assert db.session.get(WorkItem, claim.id).fence == claim.fence
