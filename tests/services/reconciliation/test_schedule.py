"""What is compared without anybody pressing, what that leaves alone, and what is told if it does not happen."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Attempt,
    AuditEntry,
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    Job,
    JobKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationState,
    ShownCoupon,
)
from portal.models.reconciliation import HOURLY, NIGHTLY
from portal.services.reconciliation import completeness, expiry, schedule
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import RunScope
from portal.services.recurring_tasks.registry import FIRST_AFTER
from portal.worker import loop

pytestmark = pytest.mark.sqlite

NOON = datetime(2036, 12, 2, 12, tzinfo=UTC)
"""Ten hours after the night’s run, and long after all that the tests write by the real clock."""
State = ReconciliationState


@pytest.fixture
def at(shop, work, monkeypatch):
    """A step of the schedule at this time, and what the worker does then. Returns the runs that it began."""

    def step(now: datetime) -> list[tuple]:
        monkeypatch.setattr(clock, "now", lambda: now)
        known = {run.id for run in shop.all(ReconciliationRun)}
        with shop.app.app_context():
            assert schedule.step() == now + schedule.PAUSE
            with transaction():
                for job in db.session.query(Job).filter(Job.kind == JobKind.RECONCILE):
                    job.due_at = now
        work.drain()
        return [(run.schedule, run.scope, run.from_on) for run in shop.all(ReconciliationRun) if run.id not in known]

    return step


EVERYTHING = (NIGHTLY, ReconciliationScope.EVERYTHING, None)
RECENT = (HOURLY, ReconciliationScope.PERIOD, date(2036, 11, 30))


def test_the_worker_has_it_on_its_list(shop, app):
    with app.app_context():
        loop.Worker(app)._schedule()
    assert JobKind.RECONCILE in FIRST_AFTER
    assert len(shop.all(Job, Job.kind == JobKind.RECONCILE, Job.subject_id == 0)) == 1


def test_all_are_compared_each_night_and_the_recent_ones_each_hour(shop, at):
    assert at(NOON) == [EVERYTHING]  # the first one does not wait for the night
    assert at(NOON + timedelta(minutes=30)) == []
    assert at(NOON + timedelta(hours=1)) == [RECENT]
    assert at(NOON + timedelta(hours=1, minutes=55)) == []
    assert at(datetime(2036, 12, 3, 2, 4, tzinfo=UTC)) == [EVERYTHING]
    assert at(datetime(2036, 12, 3, 3, tzinfo=UTC)) == []
    entries = shop.all(AuditEntry, AuditEntry.subject == runs.SUBJECT, AuditEntry.act == "start")
    assert {(entry.actor, entry.actor_id) for entry in entries} == {("scheduled", None)}


@pytest.mark.parametrize("server", [{"RECONCILE_NIGHTLY": "off"}])
def test_the_night_can_be_switched_off(at):
    assert at(NOON) == [RECENT]


@pytest.mark.parametrize("server", [{"RECONCILE_HOURLY": "off", "TIME_ZONE": "Europe/Athens"}])
def test_the_hours_can_be_switched_off_and_the_night_is_the_distributors(at):
    assert at(datetime(2036, 12, 2, 23, 30, tzinfo=UTC)) == [EVERYTHING]
    assert at(datetime(2036, 12, 2, 23, 59, tzinfo=UTC)) == []
    assert at(datetime(2036, 12, 3, 0, 1, tzinfo=UTC)) == [EVERYTHING]


@pytest.mark.parametrize("server", [{"RECONCILE_FULL_DAYS": "7", "RECONCILE_HOURLY": "off"}])
def test_where_all_are_compared_once_a_week_the_other_nights_look_at_35_days(at):
    month = (NIGHTLY, ReconciliationScope.PERIOD, date(2036, 10, 29))
    nights = [datetime(2036, 12, 2, 2, tzinfo=UTC) + timedelta(days=day) for day in range(9)]
    begun = [at(night)[0] for night in nights]
    assert begun[1] == month
    assert [each == EVERYTHING for each in begun] == [True, *[False] * 6, True, False]


def test_a_run_that_somebody_began_goes_on_and_the_schedule_waits(shop, work, reconciler, at):
    run_id = reconciler.begin(RunScope())
    with shop.app.app_context():
        schedule.step()
    assert [run.id for run in shop.all(ReconciliationRun)] == [run_id]
    assert reconciler.read(run_id).state is State.LISTING


def test_what_broke_off_for_a_person_can_still_go_on(shop, world, work, sandbox, reconciler):
    run_id = reconciler.begin(RunScope())
    row = reconciler.read(run_id)
    world.edit(row, state=State.INCOMPLETE, open_mark=None, cause="TimedOut", ended_at=row.made_at)
    with shop.app.app_context():
        schedule.step()
    assert reconciler.read(run_id).state is State.INCOMPLETE


def test_a_night_without_an_answer_is_tried_again_after_an_hour(shop, world, at):
    at(NOON)
    (run,) = shop.all(ReconciliationRun)
    world.edit(run, state=State.INCOMPLETE, cause="TimedOut", ended_at=NOON)
    assert at(NOON + timedelta(minutes=59)) == []
    assert at(NOON + timedelta(hours=1)) == [EVERYTHING]


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind", "RECONCILE_HOURLY": "off"}])
def test_a_server_that_cannot_be_searched_is_not_asked_again_and_again(shop, at):
    assert at(NOON) == [EVERYTHING]
    assert [run.cause for run in shop.all(ReconciliationRun)] == ["NotSupported"]
    assert at(NOON + timedelta(hours=2)) == []


@pytest.mark.parametrize("server", [{"RECONCILE_NIGHTLY": "off", "RECONCILE_HOURLY": "off"}])
def test_its_absence_is_an_alert(shop, world, reconciler, at):
    row = reconciler.read(reconciler.begin(RunScope()))
    world.edit(row, state=State.DONE, open_mark=None, ended_at=NOON)
    assert at(NOON + timedelta(hours=26)) == []
    assert shop.alerts("clearing") == []
    with shop.app.app_context():
        assert completeness.health()["ok"]
    at(NOON + timedelta(hours=26, minutes=1))
    assert "for too long" in shop.alerts("clearing")[0].text
    with shop.app.app_context():
        assert not completeness.health()["ok"]


OFF = {"RECONCILE_NIGHTLY": "off", "RECONCILE_HOURLY": "off"}


@pytest.mark.parametrize(
    ("server", "is_told"), [(OFF, True), (OFF | {"BITTITAN_SERVER": "blind"}, False)], ids=["searchable", "blind"]
)
def test_a_portal_that_never_compared_says_so_where_it_could(shop, world, at, is_told):
    with shop.app.app_context():
        assert not completeness.is_overdue(NOON)  # there is nothing to compare
    asset = world.asset("synchronized")
    for row in (*shop.all(Coupon, Coupon.asset_id == asset.id), *shop.all(Attempt)):
        name = "recorded_at" if isinstance(row, Coupon) else "requested_at"
        world.edit(row, **{name: NOON - timedelta(hours=26)})
    at(NOON)
    assert shop.alerts("clearing") == []
    at(NOON + timedelta(minutes=1))
    assert ["for too long" in alert.text for alert in shop.alerts("clearing")] == [True] * is_told
    with shop.app.app_context():
        assert completeness.health()["ok"] is not is_told


def test_a_part_or_a_file_is_not_all(shop, world, reconciler, monkeypatch):
    asset = world.asset("failed")
    row = reconciler.read(reconciler.begin(RunScope(ReconciliationScope.ASSET, asset_id=asset.id)))
    world.edit(row, state=State.DONE, open_mark=None, ended_at=row.made_at)
    with shop.app.app_context():
        assert completeness.last_full() is None
        assert completeness.is_overdue(row.made_at + timedelta(hours=27))


def test_the_list_shows_what_people_began_and_the_newest_of_the_schedule(shop, world, at):
    with shop.app.app_context():
        own = runs.begin(RunScope(), by=shop.dana)
        runs.stop(own, by=shop.dana)
    at(NOON)
    for hour in range(1, 4):
        at(NOON + timedelta(hours=hour))
    begun = shop.all(ReconciliationRun)
    with shop.app.app_context():
        shown, _older = runs.page(shop.dana, None)
        scheduled, _older = runs.page(shop.dana, None, is_scheduled=True)
    assert [run.id for run in shown] == [begun[4].id, begun[1].id, begun[0].id]
    assert [run.id for run in scheduled] == [run.id for run in reversed(begun[1:])]


def test_runs_are_deleted_when_nobody_needs_them(shop, world, work, sandbox, reconciler, at):
    world.asset("failed")
    reconciler.put(1)
    mine = reconciler.run()
    decided = reconciler.run()
    (finding,) = reconciler.findings(decided, Finding.kind == FindingKind.NO_CODE)
    reconciler.choose(finding, FindingAct.SET_ASIDE)
    at(NOON)
    at(NOON + timedelta(hours=1))
    at(NOON + timedelta(hours=15))
    _mine, _decided, _night, hourly, newest = shop.all(ReconciliationRun)
    assert (hourly.schedule, newest.schedule) == (HOURLY, NIGHTLY)

    def left(days: int) -> list[int]:
        with shop.app.app_context():
            expiry.delete_expired(newest.ended_at + timedelta(days=days))
        return [run.id for run in shop.all(ReconciliationRun)]

    assert hourly.id in left(1)
    assert hourly.id not in left(2)
    assert left(91) == [mine.id, decided.id, newest.id]  # with open differences, with a decision, the newest night
    for row in reconciler.findings(mine):
        world.edit(row, state="done", act="retry")
    assert left(92) == [decided.id, newest.id]
    assert {row.run_id for row in (*shop.all(Finding), *shop.all(ShownCoupon))} == {decided.id, newest.id}
