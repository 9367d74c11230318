"""BitTitan that does not answer, workers that are killed, and people who are faster: nothing is called missing, and
nothing is done twice."""

from datetime import date, timedelta

import pytest

from portal.core import errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    AuditEntry,
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
from portal.services.jobs import Claim
from portal.services.reconciliation import run_job
from portal.services.reconciliation.applying import carrying_out
from portal.services.reconciliation.scanning import listing, runs
from portal.services.reconciliation.scanning.runs import Scoped
from tests.services.shop import at_once

Act, Kind, State = FindingAct, FindingKind, FindingState


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
    claim = Claim(0, JobKind.RECONCILE, run_id, 0, 0)
    asked = []
    with shop.app.app_context():
        for _ in range(50):
            run = db.session.get(ReconciliationRun, run_id, populate_existing=True)
            if run.state.value == state and run.position == 0:
                with killed_before_commit(), pytest.raises(Killed):
                    run_job.advance(claim)
                break
            run_job._advance(run, lambda: True)
        db.session.rollback()
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


class killed_before_commit:
    """The next transaction is rolled back where it would be committed."""

    def __enter__(self):
        session = db.session()
        self._commit = session.commit
        from portal.database import WRITES

        def commit():
            if session.info.get(WRITES):
                raise Killed()
            self._commit()

        session.commit = commit

    def __exit__(self, *_):
        del db.session().commit


def test_two_runs_at_once_are_one(reconciler, shop):
    results = at_once(2, lambda: reconciler.begin(Scoped()))
    assert sorted(type(each) for each in results if isinstance(each, errors.Conflict)) == [errors.Conflict]
    assert len(shop.all(ReconciliationRun)) == 1


def test_two_people_decide_the_same_and_it_is_done_once(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    people = iter((world.dana, world.dora))
    results = at_once(2, lambda: reconciler.choose(finding, Act.RECORD, by=next(people)))
    (told,) = [each for each in results if each is not None]
    assert isinstance(told, (errors.Conflict, errors.StaleVersion))
    assert any(name in told.message for name in (world.dana.name, world.dora.name))

    def carry_out():
        with shop.app.app_context():
            carrying_out.advance(finding.run_id)

    assert at_once(2, carry_out) == [None, None]
    assert reconciler.again(finding).state is State.DONE
    assert (shop.status(asset.id), shop.standings(asset.id)) == ("synchronized", ["recorded"])
    assert len([each for each in shop.audit(asset.id) if each.field == "code"]) == 1
    assert sandbox.control.purchases() == []


def test_what_somebody_has_done_meanwhile_is_refused_with_the_present_state(reconciler, shop, world, work):
    asset = world.asset("failed", purchased_on=date(2026, 3, 2))
    (code,) = reconciler.put(1, on=date(2026, 3, 2), Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    shop.attach(asset.id, code)
    reconciler.choose(foreign, Act.ATTACH)
    work.drain()
    again = reconciler.again(foreign)
    assert again.state is State.REFUSED
    assert again.refusal
    assert shop.code(asset.id) == code
    assert len(shop.all(Coupon)) == 1


def test_a_suggestion_is_looked_at_again_when_it_is_applied(reconciler, shop, world, work):
    """Another coupon fits by then: nothing tells them apart any more."""
    asset = world.asset("failed", purchased_on=date(2026, 3, 2))
    reconciler.put(1, on=date(2026, 3, 2), Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    with shop.app.app_context(), transaction():
        shown = ShownCoupon(
            **{
                c.key: getattr(_shown(foreign), c.key)
                for c in ShownCoupon.__table__.columns
                if c.key not in ("id", "key")
            },
            key="twin",
        )
        db.session.add(shown)
        db.session.flush()
        db.session.add(
            Finding(run_id=run.id, kind=Kind.FOREIGN, subject_key="twin", fingerprint="x", shown_id=shown.id)
        )
    reconciler.choose(foreign, Act.ATTACH)
    work.drain()
    assert reconciler.again(foreign).state is State.REFUSED
    assert shop.status(asset.id) == "failed"


def _shown(finding: Finding) -> ShownCoupon:
    return db.session.get(ShownCoupon, finding.shown_id)


def test_what_bittitan_shows_otherwise_by_now_is_refused(reconciler, shop, world, work, sandbox):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.list_recorded(asset.id, Quantity=31)
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.asset(asset.id).quantity == asset.quantity


def test_an_asset_that_was_changed_since_the_run_is_not_corrected(reconciler, shop, world, work):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    (finding,) = reconciler.findings(reconciler.run())
    shop.save(asset.id, name="Renamed meanwhile")
    reconciler.choose(finding, Act.CORRECT)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.asset(asset.id).quantity == asset.quantity


def test_bittitan_that_is_silent_is_asked_again_and_then_it_is_given_up(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    sandbox.control.fault("getCoupon", "drop_before", times=None)
    reconciler.choose(finding, Act.RECORD)
    work.drain()
    assert reconciler.again(finding).state is State.CHOSEN
    world.edit(finding, decided_at=reconciler.again(finding).decided_at - timedelta(minutes=11))
    work.later(31)
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.status(asset.id) == "failed"

    sandbox.control.clear_faults()
    reconciler.choose(reconciler.again(finding), Act.RECORD)
    work.drain()
    assert (reconciler.again(finding).state, shop.status(asset.id)) == (State.DONE, "synchronized")


def test_who_may_not_do_it_any_more_does_nothing(reconciler, shop, world, work):
    asset = world.asset("failed")
    reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.choose(finding, Act.RECORD)
    world.edit(world.dana, disabled_at=world.dana.created_at)
    work.drain()
    assert reconciler.again(finding).state is State.REFUSED
    assert shop.status(asset.id) == "failed"


def test_a_retry_goes_through_provisioning_and_says_who_pressed(reconciler, shop, world, work, sandbox):
    asset = world.asset("failed")
    (finding,) = reconciler.findings(reconciler.run())
    reconciler.choose(finding, Act.RETRY)
    work.drain()
    assert shop.status(asset.id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1
    entries = shop.all(AuditEntry, AuditEntry.subject == "finding")
    assert [(each.act, each.actor_id) for each in entries] == [("retry", world.dana.id)]


def test_a_stopped_run_leaves_nothing_listed(reconciler, shop, world, work, sandbox, monkeypatch):
    many(reconciler, 120)
    run_id = reconciler.begin()
    with shop.app.app_context():
        run = db.session.get(ReconciliationRun, run_id)
        monkeypatch.setattr(listing, "AT_ONCE", 50)
        run_job._advance(run, lambda: True)
        assert shop.all(ShownCoupon)
        runs.stop(db.session.get(ReconciliationRun, run_id), by=shop.dana)
    work.drain()
    assert (shop.all(ShownCoupon), shop.all(Finding)) == ([], [])
    assert shop.all(Job, Job.kind == JobKind.RECONCILE) == []
    with pytest.raises(errors.Conflict), shop.app.app_context():
        runs.stop(db.session.get(ReconciliationRun, run_id), by=shop.dana)
