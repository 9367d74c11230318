"""What monitoring asks."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection, Job, ReconciliationRun, ReconciliationState, Worker
from portal.models.reconciliation import NIGHTLY
from portal.services.reconciliation import completeness
from portal.services.reconciliation.scanning import runs


@pytest.fixture
def beat(app):
    def write(*, seconds_ago: float = 0, **breaker):
        with app.app_context(), transaction():
            at = clock.now() - timedelta(seconds=seconds_ago)
            db.session.merge(Worker(id="one", started_at=at, seen_at=at))
            db.session.merge(Connection(id=1, **breaker))

    return write


def test_alive_without_a_database(app, sql):
    with sql() as statements:
        assert app.test_client().get("/healthz").json == {"status": "ok"}
    assert statements == []


def test_ready_when_all_is_well(app, beat):
    beat()
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"


@pytest.mark.parametrize(
    "trouble, part",
    [
        ({"seconds_ago": 61}, "worker"),
        ({"is_open": True, "held_until": datetime(2026, 1, 1, tzinfo=UTC)}, "bittitan"),
        ({"needs_person": True, "cause": "OtherOrganization"}, "bittitan"),
        ({"frozen_at": datetime(2026, 1, 1, tzinfo=UTC)}, "freeze"),
    ],
)
def test_less_than_well_still_answers(app, beat, trouble, part):
    beat(**trouble)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "degraded"
    assert [name for name, told in answer.json.items() if name != "status" and not told["ok"]] == [part]


def test_it_is_well_again_with_the_first_answer(app, beat):
    """The first purchase may be days away."""
    beat(is_open=True, held_until=None)
    report = app.test_client().get("/readyz").json
    assert (report["status"], report["bittitan"]["breaker"]) == ("ok", "half-open")


def test_work_that_is_not_done_is_told(app, world, beat):
    """A worker may live and get nowhere."""
    beat()
    asset = world.asset("synchronizing")
    assert app.test_client().get("/readyz").json["queue"]["ok"]
    world.edit(world.find(Job, 1), due_at=clock_ago(minutes=3))
    world.edit(world.attempts_of(asset)[-1], requested_at=clock_ago(minutes=7))
    queue = app.test_client().get("/readyz").json["queue"]
    assert queue["ok"] is False
    assert 420 <= queue["seconds_since_oldest_waiting_attempt"] < 480
    assert 180 <= queue["seconds_overdue"] < 240


def test_a_step_that_takes_long_is_not_late(app, world, beat):
    """A comparison while BitTitan is slow, say. Once its worker is lost, it is."""
    beat()
    world.asset("synchronizing")
    job = world.find(Job, 1)
    world.edit(job, due_at=clock_ago(minutes=3), lease_until=clock_ago(minutes=-1))
    queue = app.test_client().get("/readyz").json["queue"]
    assert (queue["ok"], queue["seconds_overdue"]) == (True, None)
    world.edit(job, lease_until=clock_ago(seconds=1))
    assert app.test_client().get("/readyz").json["queue"]["ok"] is False


def test_no_worker_yet(app):
    assert app.test_client().get("/readyz").json["worker"] == {"ok": False, "seconds_since_heartbeat": None}


def test_another_schema_is_not_ready(app, beat):
    beat()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001_create_accounts'"))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["status"] == "unavailable"


def test_no_database_is_not_ready(app, monkeypatch):
    def gone(*_):
        raise db_gone()

    monkeypatch.setattr("portal.services.monitoring.health._schema", gone)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": {"ok": False}}


def clock_ago(**ago) -> datetime:
    return datetime.now(UTC) - timedelta(**ago)


def db_gone():
    from sqlalchemy.exc import OperationalError

    return OperationalError("SELECT 1", {}, Exception("gone"))


def test_it_is_less_than_well_while_nobody_knows_whether_the_coupons_are_accounted_for(app, browse):
    with app.app_context():
        done = runs.begin(by="scheduled", schedule=NIGHTLY).id
        with transaction():
            row = lock(ReconciliationRun, done)
            row.state, row.ended_at, row.open_mark = ReconciliationState.DONE, clock.now(), None
        assert completeness.health()["ok"]
        with transaction():
            lock(ReconciliationRun, done).ended_at = clock.now() - timedelta(hours=27)
    report = browse().raw("GET", "/readyz").json
    assert (report["status"], report["clearing"]["ok"]) == ("degraded", False)
