"""What Prometheus reads: valid, true, growing, cheap, and not for everybody."""

import re
import threading
import time
from itertools import count

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from portal.extensions import db
from portal.models import Connection
from portal.services.monitoring import health, time_limit
from tests.apps import opened
from tests.services.shop import Shop
from tests.settings import make_settings

HISTOGRAM = "portal_bittitan_send_seconds"


@pytest.fixture
def scrape(app):
    def read(**labels) -> dict[str, float]:
        answer = app.test_client().get("/metrics")
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
        families = list(text_string_to_metric_families(answer.get_data(as_text=True)))
        samples = [sample for family in families for sample in family.samples]
        named = {(sample.name, *sorted(sample.labels.items())) for sample in samples}
        assert len(named) == len(samples)
        return {
            sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
            for sample in samples
        }

    return read


def test_what_happened_is_counted(scrape, world, work, sandbox):
    shop = Shop(world.app, world)
    shop.connect()
    before = scrape()
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")
    shop.order()
    work.drain()
    shop.order()
    work.drain()
    sandbox.control.fault("createCoupon", "drop_before")
    shop.order()
    work.drain()
    work.skip(10)
    now = scrape()

    for name, grown in {
        "portal_attempts_total refused": 1,
        "portal_attempts_total succeeded": 1,
        "portal_bittitan_sends_total issued": 1,
        "portal_bittitan_sends_total refused": 1,
        "portal_bittitan_sends_total unknown": 1,
        f"{HISTOGRAM}_count": 3,
        f"{HISTOGRAM}_bucket +Inf": 3,
    }.items():
        assert now[name] - before[name] == grown, name
    assert (now["portal_unknown"], now["portal_held"], now["portal_failed"]) == (1, 0, 1)
    assert now["portal_queue_age_seconds"] >= 10
    assert now["portal_standing clear"] == 1


def test_a_histogram_adds_up_and_no_counter_falls(scrape, world, work, sandbox):
    shop = Shop(world.app, world)
    for _ in range(3):
        shop.order()
    work.drain()
    first, second = scrape(), scrape()
    buckets = [value for name, value in first.items() if name.startswith(f"{HISTOGRAM}_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == first[f"{HISTOGRAM}_count"] == 3
    assert first[f"{HISTOGRAM}_sum"] > 0
    assert all(second[name] >= value for name, value in first.items() if name.endswith(("_total", "_count", "_sum")))


def test_held_review_and_breaker_show(scrape, world):
    world.assets(2, "review")
    world.asset("synchronizing", attempt={"send_number": 0})
    assert scrape()["portal_held"] == 0
    world.edit(world.find(Connection, 1), is_open=True, cause="TimedOut", failures=5)
    now = scrape()
    assert (now["portal_breaker_open"], now["portal_breaker_failures"], now["portal_standing silent"]) == (1, 5, 1)
    assert (now["portal_review"], now["portal_held"]) == (2, 1)


def test_a_scrape_costs_the_same_whatever_there_is(app, scrape, world, sql):
    with sql() as few:
        scrape()
    world.assets(30, "synchronized")
    world.assets(10, "failed")
    with sql() as many:
        scrape()
    assert len(few) == len(many) <= 7, "\n\n".join(many)


def test_no_scrape_reads_a_whole_table(app, world, sql):
    world.assets(3, "failed")
    with sql() as statements:
        app.test_client().get("/metrics")
    big = ("assets", "attempts", "exchanges")
    asked = [statement for statement in statements if any(table in statement for table in big)]
    assert asked
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        for statement in asked:
            plan = "\n".join(str(row) for row in _plan(connection, statement))
            for table in big:
                assert not re.search(rf"SCAN {table}\b(?! USING)|Seq Scan on {table}\b", plan), f"{statement}\n{plan}"


def _plan(connection, statement: str):
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("",) * statement.count("?")).all()
    numbers = count(1)
    numbered = re.sub(r"%\(\w+\)s", lambda _: f"${next(numbers)}", statement)
    return connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {numbered}").all()


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 404),
        ({"Authorization": "Bearer something-else-entirely"}, 404),
        ({"Authorization": "Bearer a-token-of-some-length"}, 200),
    ],
)
def test_with_a_token_only_its_bearer_reads(settings, tmp_path, database_url, headers, status):
    with opened(make_settings(database_url, tmp_path, METRICS_TOKEN="a-token-of-some-length")) as app:
        assert app.test_client().get("/metrics", headers=headers).status_code == status


@pytest.mark.sqlite  # no database decides it: once is enough
def test_without_a_token_only_this_machine_reads(app):
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.7"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_a_database_that_hangs_is_gone_after_three_seconds(app, monkeypatch, path):
    """Of those who ask meanwhile none adds a thread of its own."""
    release = threading.Event()
    monkeypatch.setattr(health, "LIMIT", 0.2)
    monkeypatch.setattr(health, "ages", lambda now: release.wait(20))
    began, before = time.monotonic(), threading.active_count()
    answers = [app.test_client().get(path) for _ in range(3)]
    assert time.monotonic() - began < 5
    assert {answer.status_code for answer in answers} == {503}
    assert threading.active_count() <= before + 1
    release.set()
    while threading.active_count() > before:
        time.sleep(0.01)


def test_an_answer_in_time_is_passed_on_and_so_is_a_fault(app):
    with app.app_context():
        assert time_limit.within(5, "one", lambda: 7, None) == 7
        with pytest.raises(ZeroDivisionError):
            time_limit.within(5, "two", lambda: 1 // 0, None)


def test_no_database_is_said_and_not_thrown(settings, tmp_path):
    url = f"sqlite:///{tmp_path}/nothing/portal.db"
    with opened(make_settings(url, tmp_path)) as app:
        assert app.test_client().get("/metrics").status_code == 503
        assert app.test_client().get("/readyz").status_code == 503
