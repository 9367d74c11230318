"""Invoice runs: what they take, what they leave out and say so, and that going on after a kill doubles nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import audit, clock
from portal.core.errors import Conflict, StaleVersion
from portal.extensions import db
from portal.models import (
    Asset,
    AuditEntry,
    InvoiceRhythm,
    InvoiceRun,
    Lifecycle,
    OrderLine,
    Role,
    RunState,
    User,
)
from portal.services.invoicing import billable, drafts, runs
from portal.services.invoicing.runs import carrying_out, not_in_run, run_job


def test_a_monthly_account_gets_one_invoice_and_the_others_one_per_order(runner, billing):
    world = billing.world
    runner.rhythm(world.partner, InvoiceRhythm.MONTHLY)
    monthly = [billing.delivered(), billing.delivered()]
    single = [billing.delivered(account=world.direct_customer), billing.delivered(account=world.direct_customer)]
    run = runner.done()
    assert run.state is RunState.DONE
    assert [state for state, _ in runner.outcomes(run)] == ["issued"] * 3
    assert [row.lines_count for row in runner.invoices()] == [2, 1, 1]
    assert [row.order_id is None for row in runner.invoices()] == [True, False, False]
    assert runner.billed() == sorted(asset.id for asset in (*monthly, *single))


def test_a_second_run_finds_nothing_and_ends_by_itself(runner, billing):
    billing.delivered()
    runner.done()
    run = runner.prepared()
    assert runner.items(run) == []
    assert (run.state, run.ended_at is not None, run.started_at) == (RunState.DONE, True, None)
    with pytest.raises(Conflict, match="ended already"):
        runner.start(run)


def test_what_was_credited_as_a_whole_waits_for_a_person(runner, billing):
    """A run, above all one that nobody looks at, would repeat the price that was wrong."""
    asset = billing.delivered()
    billing.credit(billing.issued(asset))
    run = runner.prepared()
    assert runner.items(run) == []
    assert not_in_run.tallied(run.others, "credited").count == 1
    assert len(billing.do(lambda: billable.of_order(asset.order_id))) == 1


def test_what_was_delivered_later_waits_for_its_own_period(runner, billing):
    asset = billing.delivered()
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(Asset, asset.id).issued_at = clock.now()
    yesterday = billing.do(clock.today) - timedelta(days=1)
    run = runner.prepared(yesterday)
    assert runner.items(run) == []
    assert not_in_run.tallied(run.others, "later").count == 1
    assert len(runner.items(runner.prepared())) == 1


def test_older_deliveries_are_taken(runner, billing):
    asset = billing.delivered()
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(Asset, asset.id).issued_at = clock.now() - timedelta(days=400)
    assert len(runner.items(runner.prepared())) == 1


def test_the_preview_says_what_is_missing_and_what_is_not_in_the_run(runner, billing):
    world = billing.world
    runner.change(world.partner, lambda row: setattr(row, "tax_code_id", None))
    billing.delivered()
    failed = world.asset("failed", account=world.direct_customer)
    never = billing.delivered(account=world.direct_customer)
    with billing.app.app_context(), world.transaction():
        db.session.execute(update(OrderLine).where(OrderLine.asset_id == never.id).values(non_billable_reason="A gift"))
    run = runner.prepared()
    (item,) = runner.items(run)
    assert (item.state.value, item.mend, item.mend_id) == ("left-out", "account", world.partner.id)
    assert "Nobody has decided the tax code" in item.reason
    assert not_in_run.tallied(run.others, "undelivered").count == 1
    assert not_in_run.tallied(run.others, "never").count == 1
    assert failed.id not in runner.billed()


def test_an_account_that_changed_after_the_preview_is_left_out_and_named(runner, billing):
    billing.delivered()
    other = billing.delivered(account=billing.world.direct_customer)
    run = runner.prepared()
    runner.change(billing.world.partner, lambda row: setattr(row, "print_name", "Another name"))
    run = runner.work(runner.start(run))
    reason = "The account or a tax code was changed after the preview."
    assert runner.outcomes(run) == [("not-issued", reason), ("issued", "")]
    assert runner.billed() == [other.id]


def test_a_line_that_was_cancelled_after_the_preview_leaves_its_invoice_out(runner, billing):
    runner.rhythm(billing.world.partner, InvoiceRhythm.MONTHLY)
    asset, _other = billing.delivered(), billing.delivered()
    run = runner.prepared()
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(Asset, asset.id).lifecycle = Lifecycle.CANCELLED
    run = runner.work(runner.start(run))
    reason = "A line was cancelled, or billed elsewhere, after the preview."
    assert runner.outcomes(run) == [("not-issued", reason)]
    again = runner.work(runner.prepared(again_of=run))
    assert [item.lines_count for item in runner.items(again)] == [1]


def test_again_takes_only_what_was_not_issued(runner, billing):
    billing.delivered()
    billing.delivered(account=billing.world.direct_customer)
    run = runner.prepared()
    runner.change(billing.world.partner, lambda row: setattr(row, "city", "Patras"))
    run = runner.work(runner.start(run))
    billing.delivered(account=billing.world.direct_customer)
    again = runner.prepared(again_of=run)
    assert [item.account_id for item in runner.items(again)] == [billing.world.partner.id]


def test_a_draft_that_a_killed_worker_left_is_issued(runner, billing):
    billing.delivered()
    run = runner.start(runner.prepared())
    (item,) = runner.items(run)
    billing.do(lambda: carrying_out._draft(run, item.id, audit.WORKER))
    assert [row.number for row in runner.invoices()] == [None]
    run = runner.work(run)
    assert runner.outcomes(run) == [("issued", "")]
    assert len(runner.numbers()) == len(runner.invoices()) == 1


def test_an_invoice_that_a_killed_worker_issued_counts_as_issued(runner, billing):
    billing.delivered()
    run = runner.start(runner.prepared())
    (item,) = runner.items(run)
    billing.do(lambda: carrying_out.carry_out(db.session.get(InvoiceRun, run.id), item.id, by=audit.WORKER))
    assert runner.outcomes(run) == [("drafted", "")]
    run = runner.work(run)
    assert runner.outcomes(run) == [("issued", "")]
    assert len(runner.numbers()) == 1


@pytest.mark.parametrize("is_discarded", [True, False])
def test_a_draft_that_somebody_touched_is_theirs(runner, billing, is_discarded):
    billing.delivered()
    run = runner.start(runner.prepared())
    (item,) = runner.items(run)
    billing.do(lambda: carrying_out._draft(run, item.id, audit.WORKER))
    (draft,) = runner.invoices()

    def touch() -> None:
        if is_discarded:
            drafts.discard(draft, version=1, by=billing.dana)
        else:
            drafts.save(draft, po_number="PO 7", version=1, by=billing.dana)

    billing.do(touch)
    run = runner.work(run)
    said = "Somebody discarded its draft." if is_discarded else "Somebody changed its draft. It is kept: look at it."
    assert runner.outcomes(run) == [("not-issued", said)]
    assert runner.numbers() == []


def test_a_refused_issue_keeps_no_draft_and_names_the_reason(runner, billing):
    runner.rhythm(billing.world.partner, InvoiceRhythm.MONTHLY)
    for _line in range(2):
        billing.delivered()
    run = runner.start(runner.prepared())
    (item,) = runner.items(run)
    billing.do(lambda: carrying_out._draft(run, item.id, audit.WORKER))
    runner.change(billing.world.partner, lambda row: setattr(row, "country", None))
    run = runner.work(run)
    ((state, reason),) = runner.outcomes(run)
    assert (state, reason) == ("not-issued", "It cannot be issued yet. The buyer’s country is missing.")
    assert runner.invoices() == []


def test_a_stopped_run_begins_nothing_more(runner, billing):
    billing.delivered()
    run = runner.start(runner.prepared())
    billing.do(lambda: runs.stop(run, by=billing.dana))
    run = runner.work(run)
    assert (run.state, runner.outcomes(run)) == (RunState.STOPPED, [("not-begun", "")])
    assert runner.invoices() == []


def test_a_starter_without_the_right_issues_nothing(runner, billing):
    billing.delivered()
    run = runner.start(runner.prepared())
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(User, billing.world.dana.id).role = Role.VIEWER
    assert runner.work(run).state is RunState.STOPPED
    assert runner.invoices() == []


def test_it_is_started_once_and_as_it_was_seen(runner, billing):
    billing.delivered()
    run = runner.prepared()
    (item,) = runner.items(run)
    change = {"version": run.version, "by": None}

    def leave() -> None:
        runs.take_or_leave(run, item.id, is_taken=False, **(change | {"by": billing.dana}))

    billing.do(leave)
    with pytest.raises(StaleVersion):
        runner.start(run)
    with pytest.raises(StaleVersion):
        billing.do(leave)
    billing.do(lambda: runs.take_or_leave(run, item.id, is_taken=True, version=run.version + 1, by=billing.dana))
    started = runner.start(run, run.version + 2)
    with pytest.raises(Conflict):
        runner.start(started)


def test_one_press_is_one_run(runner):
    first, second = runner.make(key="a"), runner.make(key="a")
    assert first.id == second.id


def test_the_worker_prepares_and_issues(runner, billing, work):
    billing.delivered()
    run = runner.make()
    work.drain()
    run = billing.do(lambda: db.session.get(InvoiceRun, run.id))
    assert run.state is RunState.PREPARED
    runner.start(run)
    work.drain()
    assert runner.outcomes(run) == [("issued", "")]
    rows = select(AuditEntry.actor_id, AuditEntry.via).where(AuditEntry.subject == "invoice run")
    ended = billing.do(lambda: db.session.execute(rows.where(AuditEntry.act == "end")).all())
    assert ended == [(run.made_by_id, "worker")]


def test_preparing_goes_on_where_it_was_killed(runner, billing, monkeypatch):
    monkeypatch.setattr("portal.services.invoicing.runs.preparing.AT_ONCE", 1)
    billing.delivered()
    billing.delivered(account=billing.world.direct_customer)
    run = runner.make()
    billing.do(lambda: run_job.advance(run.id))
    assert len(runner.items(run)) == 1
    run = runner.work(run)
    assert (run.state, len(runner.items(run))) == (RunState.PREPARED, 2)
