"""BitTitan that does not answer, and workers that are killed: nothing is called missing, and a run goes on where it
was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete

from portal.core import clock, errors, failpoints
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    Job,
    JobKind,
    ReconciliationRun,
    ReconciliationState,
    ShownCoupon,
)
from portal.services import watchdog
from portal.services.reconciliation import run_job
from portal.services.reconciliation.matching import shown
from portal.services.reconciliation.scanning import listing, runs
from portal.services.reconciliation.scanning.runs import RunScope
from tests.services.shop import at_once

Act, Kind, State = FindingAct, FindingKind, FindingState
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def patience(work) -> None:
    """All the pauses in which BitTitan is asked again."""
    for seconds in (16, 61, 301):
        work.later(seconds)


def many(reconciler, number: int) -> None:
    first = date(2026, 1, 1)
    rows = [reconciler.coupon(on=first + timedelta(days=each // 10)) for each in range(number)]
    reconciler.sandbox.control.put_coupons(rows)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_page_that_fails_calls_nothing_missing_and_the_run_can_go_on(reconciler, shop, world, work, sandbox, page):
    world.asset("synchronized")  # BitTitan does not know it
    many(reconciler, 250)
    if page:
        sandbox.control.fault("searchCoupons", "respell", times=page)
    sandbox.control.fault("searchCoupons", "html", times=None)
    run_id = reconciler.begin()
    work.drain()
    assert reconciler.read(run_id).state is ReconciliationState.LISTING
    patience(work)
    run = reconciler.read(run_id)
    assert (run.state, run.cause) == (ReconciliationState.INCOMPLETE, "UnexpectedAnswer")
    assert reconciler.findings(run) == []

    sandbox.control.clear_faults()
    with shop.app.app_context():
        runs.go_on(run, by=shop.dana)
    work.drain()
    run = reconciler.read(run_id)
    assert (run.state, run.count("listed")) == (ReconciliationState.DONE, 250)
    assert reconciler.kinds(run) == {"foreign": 250, "not-listed": 1}


def test_a_run_that_broke_off_long_ago_cannot_go_on(reconciler, shop, world, work, sandbox):
    sandbox.control.fault("searchCoupons", "html", times=None)
    run_id = reconciler.begin()
    work.drain()
    patience(work)
    row = reconciler.read(run_id)
    world.edit(row, made_at=row.made_at - timedelta(hours=7))
    with shop.app.app_context(), pytest.raises(errors.Conflict):
        runs.go_on(row, by=shop.dana)


def test_what_was_read_since_the_run_began_stays(reconciler, shop, world, work):
    """Listed as active, redeemed before it is compared."""
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id)
    run_id = reconciler.begin()
    with shop.app.app_context():
        run_job.advance(db.session.get(ReconciliationRun, run_id), lambda: True)
    (row,) = shop.all(Coupon)
    world.edit(row, status="Redeemed", read_at=reconciler.read(run_id).made_at + timedelta(seconds=1))
    work.drain()
    assert [(each.status, reconciler.kinds(reconciler.read(run_id))) for each in shop.all(Coupon)] == [("Redeemed", {})]


def test_a_single_question_without_an_answer_calls_nothing_missing(reconciler, world, work, sandbox):
    world.asset("synchronized")
    sandbox.control.fault("getCoupon", "html", times=None)
    run_id = reconciler.begin()
    work.drain()
    patience(work)
    run = reconciler.read(run_id)
    assert (run.state, reconciler.findings(run)) == (ReconciliationState.INCOMPLETE, [])


def test_a_search_that_hides_what_is_active_concludes_nothing(reconciler, shop, world, sandbox):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id)
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    run = reconciler.run()
    assert (run.state, run.cause, reconciler.findings(run)) == (ReconciliationState.INCOMPLETE, "ListNotAll", [])


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_a_blind_server_ends_it_at_once(reconciler, server):
    run = reconciler.run()
    assert (run.state, run.cause) == (ReconciliationState.INCOMPLETE, "NotSupported")


def test_coupons_that_are_redeemed_between_two_pages_are_not_missing(
    reconciler, shop, world, work, sandbox, monkeypatch
):
    """Those on the first page vanish while the second is asked for, so that others move across the border."""
    assets = world.assets(150, "synchronized")
    reconciler.list_recorded(*(asset.id for asset in assets))
    keep, gone = listing._keep, []

    def vanish(place, page):
        new = keep(place, page)
        if not gone:
            gone.extend(world.code_of(asset) for asset in assets[:30])
            for code in gone:
                sandbox.control.redeem(code)
        return new

    monkeypatch.setattr(listing, "_keep", vanish)
    run = reconciler.run()
    assert (run.state, reconciler.findings(run), run.count("matched")) == (ReconciliationState.DONE, [], 150)


@pytest.mark.parametrize("state", ["listing", "asking", "matching", "searching"])
def test_a_worker_that_is_killed_is_followed_by_one_that_goes_on_there(
    reconciler, shop, world, work, sandbox, monkeypatch, state
):
    world.assets(3, "failed")
    world.assets(2, "synchronized")
    many(reconciler, 120)
    monkeypatch.setattr(listing, "AT_ONCE", 50)
    run_id = reconciler.begin()
    asked = []
    with shop.app.app_context():
        for _ in range(50):
            run = db.session.get(ReconciliationRun, run_id, populate_existing=True)
            if run.state.value == state and run.position == 0:
                with failpoints.listen(kill), pytest.raises(Killed):
                    run_job.advance(run, lambda: True)
                break
            run_job.advance(run, lambda: True)
        asked.append(run.state.value)
    assert asked == [state]
    reconciler.schedule(run_id)
    work.drain()
    run = reconciler.read(run_id)
    assert (run.state, run.count("listed")) == (ReconciliationState.DONE, 120)
    assert reconciler.kinds(run) == {"foreign": 120, "no-code": 3, "not-listed": 2}
    assert run.count("findings") == 125


class Killed(BaseException):
    pass


def kill(point: str) -> None:
    if point == f"reconcile: {failpoints.BEFORE_COMMIT}":
        raise Killed()


def test_two_runs_at_once_are_one(reconciler, shop):
    results = at_once(2, lambda: reconciler.begin(RunScope()))
    assert sorted(type(each) for each in results if isinstance(each, errors.Conflict)) == [errors.Conflict]
    assert len(shop.all(ReconciliationRun)) == 1


def test_a_stopped_run_leaves_nothing_listed(reconciler, shop, world, work, sandbox, monkeypatch):
    many(reconciler, 120)
    run_id = reconciler.begin()
    with shop.app.app_context():
        run = db.session.get(ReconciliationRun, run_id)
        monkeypatch.setattr(listing, "AT_ONCE", 50)
        run_job.advance(run, lambda: True)
        assert shop.all(ShownCoupon)
        runs.stop(db.session.get(ReconciliationRun, run_id), by=shop.dana)
    work.drain()
    assert (shop.all(ShownCoupon), shop.all(Finding)) == ([], [])
    assert shop.all(Job, Job.kind == JobKind.RECONCILE) == []
    with pytest.raises(errors.Conflict), shop.app.app_context():
        runs.stop(db.session.get(ReconciliationRun, run_id), by=shop.dana)


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_run_whose_job_was_lost_is_continued(reconciler, shop, world, work, is_decided):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    run_id = reconciler.begin()
    if is_decided:
        work.drain()
        (finding,) = reconciler.findings(reconciler.read(run_id))
        reconciler.choose(finding, Act.RECORD)
    with shop.app.app_context():
        with transaction():
            db.session.execute(delete(Job).where(Job.kind == JobKind.RECONCILE))
        assert [stuck.is_mended for stuck in watchdog.watch()] == [True]
    work.drain()
    assert reconciler.read(run_id).state is ReconciliationState.DONE
    assert shop.status(asset.id) == ("synchronized" if is_decided else "failed")


@pytest.mark.postgresql
@pytest.mark.parametrize("before", [{"status": None, "read_at": None}, {"absent_at": LONG_AGO, "read_at": LONG_AGO}])
def test_what_is_read_while_a_part_is_compared_is_newer(reconciler, shop, world, monkeypatch, before):
    """The records are read without a lock; SQLite lets nobody in between."""
    asset = world.asset("synchronized")
    coupon_id = reconciler.asset(asset.id).coupon.id
    reconciler.list_recorded(asset.id, Status="Active")
    edit(world, coupon_id, **before)
    lock_assets = shown._lock_assets

    def revoke_meanwhile(asset_ids) -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(edit, world, coupon_id, status="Revoked", read_at=clock.now(), absent_at=None).result(10)
        lock_assets(asset_ids)

    monkeypatch.setattr(shown, "_lock_assets", revoke_meanwhile)
    assert reconciler.run().state is ReconciliationState.DONE
    assert reconciler.asset(asset.id).coupon.status == "Revoked"


@pytest.mark.parametrize("read, ends", [("Active", "Redeemed"), ("Revoked", "Revoked")])
def test_that_a_coupon_is_spent_by_now_is_news_whoever_has_read_it_since(reconciler, world, work, read, ends):
    """Since the run began: it may have been redeemed after that, and never changes back."""
    asset = world.asset("synchronized")
    coupon_id = reconciler.asset(asset.id).coupon.id
    reconciler.list_recorded(asset.id, Status="Redeemed")
    reconciler.begin()
    edit(world, coupon_id, status=read, read_at=datetime.now(UTC))
    work.drain()
    assert reconciler.asset(asset.id).coupon.status == ends


def edit(world, coupon_id: int, **values) -> None:
    world.edit(world.find(Coupon, coupon_id), **values)
