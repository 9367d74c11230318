"""What is stuck: it has not ended, and no next step is planned is seen, told once, and goes on where that is safe."""

import re
import time
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, text

from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    AttemptState,
    Connection,
    Job,
    JobKind,
    LeavingPack,
    LeavingPackState,
    Lifecycle,
    Revocation,
    RevocationState,
    SyncStatus,
    Worker,
)
from portal.services import jobs as queue
from portal.services import watchdog
from portal.services.watchdog import ALLOWED, lost_jobs
from tests.proof.processes import worker_beside
from tests.web.test_metrics import _plan


@pytest.fixture
def look(app):
    """What it sees, in words."""

    def act() -> list[str]:
        with app.app_context():
            return [stuck.sentence for stuck in watchdog.look()]

    return act


@pytest.fixture
def watch(app):
    """A minute later."""

    def act() -> list[str]:
        with app.app_context():
            with transaction():
                lock(Connection, 1).watched_at = None
            return [stuck.sentence for stuck in watchdog.watch()]

    return act


@pytest.fixture
def lose(app):
    """`lose(JobKind.ADVANCE)`: such work is on nobody's list any more."""

    def act(kind: JobKind) -> None:
        with app.app_context(), transaction():
            db.session.execute(delete(Job).where(Job.kind == kind))

    return act


@pytest.fixture
def alive(world):
    def act(*, minutes: float) -> None:
        now = datetime.now(UTC)
        with world.transaction():
            db.session.merge(Worker(id="one", started_at=now - timedelta(minutes=minutes), seen_at=now))

    return act


def test_what_waits_rightly_is_no_news(shop, world, work, sandbox, look, alive):
    for status in SyncStatus:
        world.assets(2, status.value)
    sandbox.control.fault("createCoupon", "drop_before", times=5)
    orders = [shop.order() for _ in range(7)]
    work.drain()
    assert shop.connection().is_open
    alive(minutes=60)
    with shop.app.app_context():
        for kind in lost_jobs.REPEATED:
            queue.ensure(kind, datetime.now(UTC) + timedelta(hours=1))
    assert look() == []
    for columns in (
        {"needs_person": True, "cause": "SignInFailed"},
        {"held_until": datetime.now(UTC) + timedelta(minutes=9), "cause": "Maintenance"},
        {"frozen_at": datetime.now(UTC), "frozen_why": "restored", "searched_at": datetime.now(UTC)},
    ):
        world.edit(shop.connection(), is_open=False, **columns)
        shop.order()
        work.drain()
        assert look() == [], columns
    assert {shop.status(each) for each in orders} <= {"synchronizing", "unconfirmed"}


@pytest.mark.parametrize("fault", [None, "drop_after"])
def test_an_attempt_that_nobody_goes_on_with_goes_on(shop, work, sandbox, look, watch, lose, fault):
    if fault is not None:
        sandbox.control.fault("createCoupon", fault)
    asset_id = shop.order()
    if fault is not None:
        work.drain()
        work.skip(700)
    lose(JobKind.ADVANCE)
    work.drain()
    assert [f"AS-{asset_id}" in said for said in look()] == [True]

    [said] = watch()
    assert "no next step was planned. It goes on now." in said
    assert (len(shop.alerts("stuck")), shop.connection().stuck) == (1, 1)
    work.drain()
    assert (shop.status(asset_id), len(sandbox.control.purchases())) == ("synchronized", 1)
    assert (watch(), shop.connection().stuck) == ([], 0)


def test_a_worker_does_it_by_itself(shop, sandbox, lose):
    asset_id = shop.order()
    lose(JobKind.ADVANCE)
    deadline = time.monotonic() + 60
    with worker_beside(shop.app):
        while shop.status(asset_id) != "synchronized":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert len(sandbox.control.purchases()) == len(shop.alerts("stuck")) == 1


def test_a_step_that_is_due_but_comes_much_later_comes_now(shop, world, work, look, watch, alive):
    asset_id = shop.order()
    with world.transaction():
        db.session.get(Job, 1).due_at = datetime.now(UTC) + timedelta(hours=6)
    world.edit(shop.attempt(asset_id), next_at=datetime.now(UTC) - timedelta(minutes=6))
    assert look() == []  # nobody works
    alive(minutes=60)
    assert "The time of its next step has passed." in watch()[0]
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_each_combination_that_is_not_in_the_table_is_seen(shop, world, look):
    """Of the states that can wait: an asset that is not settled, or an attempt that is open."""
    waiting = (SyncStatus.SYNCHRONIZING, SyncStatus.UNCONFIRMED, SyncStatus.REVIEW)
    open_states = (AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.REVIEW)
    asset = world.asset("synchronizing")
    attempt = world.attempts_of(asset)[-1]
    wrong = []
    for lifecycle, status, state in product(Lifecycle, SyncStatus, AttemptState):
        world.edit(asset, lifecycle=lifecycle, sync_status=status)
        world.edit(attempt, state=state)
        is_allowed = state in ALLOWED.get((lifecycle, status), ())
        can_wait = status in waiting or state in open_states
        if bool(look()) != (can_wait and not is_allowed):
            wrong.append((lifecycle.value, status.value, state.value))
    assert not wrong
    assert all(ALLOWED[key] for key in ALLOWED)


@pytest.mark.parametrize("state", ["refused", "not_executed"])
def test_what_waits_without_an_attempt_is_given_to_a_person(shop, world, work, sandbox, watch, state):
    asset = world.asset("unconfirmed")
    world.edit(world.attempts_of(asset)[-1], state=AttemptState(state), next_at=None, first_sent_at=None)
    assert "do not match. A person has to decide now." in watch()[0]
    assert (shop.status(asset.id), shop.state(asset.id)) == ("review", "review")
    shop.attest(asset.id)
    assert shop.status(asset.id) == "failed"


def test_an_open_attempt_of_what_is_settled_is_told_and_sends_nothing(shop, world, work, sandbox, watch, lose):
    asset = world.asset("synchronized")
    world.edit(world.attempts_of(asset)[-1], state=AttemptState.RESERVED, send_number=0)
    for _ in range(2):
        assert "It has its result, but one of its attempts is open. Look at it." in watch()[0]
        work.drain()
    assert (len(shop.alerts("stuck")), sandbox.control.purchases()) == (1, [])


def test_what_was_seen_and_is_still_so_is_told_again_a_day_later(shop, world, watch):
    asset = world.asset("synchronized")
    world.edit(world.attempts_of(asset)[-1], state=AttemptState.RESERVED)
    watch()
    [alert] = shop.alerts("stuck")
    world.edit(alert, seen_at=datetime.now(UTC))
    watch()
    assert len(shop.alerts("stuck")) == 1
    world.edit(alert, raised_at=datetime.now(UTC) - timedelta(days=2))
    watch()
    assert len(shop.alerts("stuck")) == 2


def test_jobs_that_are_on_no_list_are_put_there(shop, world, work, watch, look):
    failed = world.assets(2, "failed")
    world.retry("running", failed)
    coupon = world.surplus(world.asset("synchronized"))
    now = datetime.now(UTC)
    with world.transaction():
        asked = {"state": RevocationState.ASKED, "asked_at": now, "next_at": now, "reason": "Ordered twice."}
        db.session.add(Revocation(coupon_id=coupon.id, **asked))
        db.session.add(_leaving_pack(world, now))
    world.edit(shop.connection(), frozen_at=now, frozen_why="restored", lost_from=now)
    said = " ".join(watch())
    for what in ("a bulk retry", "a revocation", "the look-up after a restore", "a leaving pack"):
        assert what in said
    assert look() == []
    assert {item.kind.value for item in shop.all(Job)} >= {"retry", "revoke", "search", "pack"}


def _leaving_pack(world, now: datetime) -> LeavingPack:
    ordered = {"ordered_by_id": world.dana.id, "ordered_at": now, "reason": "They leave."}
    return LeavingPack(key="x", account_id=world.partner.id, state=LeavingPackState.MAKING, **ordered)


def test_work_that_is_late_is_told_where_workers_live(shop, world, look, alive):
    def item(**columns) -> None:
        with world.transaction():
            db.session.merge(Job(id=1, kind=JobKind.CLEANUP, subject_id=0, **columns))
            others = [kind for kind in lost_jobs.REPEATED if kind is not JobKind.CLEANUP]
            for number, kind in enumerate(others, start=2):
                db.session.merge(Job(id=number, kind=kind, subject_id=0, due_at=now + timedelta(hours=1)))

    now = datetime.now(UTC)
    item(due_at=now - timedelta(minutes=6))
    assert look() == []
    alive(minutes=2)  # it has only begun
    assert look() == []
    alive(minutes=30)
    assert look() == ["Work has been due for more than five minutes and is not done: the hourly clean-up. Look at it."]
    item(due_at=now - timedelta(minutes=6), lease_until=now + timedelta(minutes=1), failures=0)
    assert look() == []
    item(due_at=now + timedelta(minutes=1), lease_until=None, failures=9)
    assert "Each step breaks off: the hourly clean-up" in look()[0]


def test_monitoring_and_the_comparison_say_it(shop, world, watch, lose, alive, app):
    asset_id = shop.order()
    lose(JobKind.ADVANCE)
    said = app.test_cli_runner().invoke(args=["money"])
    assert (said.exit_code, "Every coupon is accounted for" in said.output) == (2, False)
    assert f"AS-{asset_id} under {shop.asset(asset_id).reference} is stuck: Its attempt was open" in said.output

    alive(minutes=1)
    watch()
    report = app.test_client().get("/readyz").json
    assert (report["status"], report["watchdog"]["stuck"]) == ("degraded", 1)
    families = text_string_to_metric_families(app.test_client().get("/metrics").get_data(as_text=True))
    samples = {each.name: each.value for family in families for each in family.samples}
    assert samples["portal_stuck"] == 1
    watch()
    assert app.test_client().get("/readyz").json["watchdog"]["ok"]
    world.edit(shop.connection(), watched_at=datetime.now(UTC) - timedelta(minutes=11))
    assert not app.test_client().get("/readyz").json["watchdog"]["ok"]


def test_a_watchdog_that_breaks_off_did_not_look(shop, app, monkeypatch):
    monkeypatch.setattr(watchdog, "look", lambda: 1 / 0)
    with app.app_context(), pytest.raises(ZeroDivisionError):
        watchdog.watch()
    assert shop.connection().watched_at is None


def test_it_reads_no_whole_table(app, world, alive, sql):
    world.assets(3, "failed")
    alive(minutes=60)
    with app.app_context(), sql() as statements:
        watchdog.look()
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        for statement in statements:
            if statement.startswith("SELECT clock_timestamp"):
                continue
            plan = "\n".join(str(row) for row in _plan(connection, statement))
            for table in ("assets", "attempts", "coupons"):
                scans = rf"SCAN {table}\b(?! USING (COVERING )?INDEX (uq_attempts_one_open|ix_attempts_waiting))"
                assert not re.search(rf"{scans}|Seq Scan on {table}\b", plan), f"{statement}\n{plan}"
