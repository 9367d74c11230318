"""The day of the invoices of a run, its period, and the schedule."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.errors import InvalidInput
from portal.extensions import db
from portal.models import Asset, Invoice, InvoiceRun, RunState
from portal.services.invoicing.runs import schedule


def test_a_day_of_the_past_is_refused(runner, billing):
    with pytest.raises(InvalidInput):
        runner.make(issued_on=billing.do(clock.today) - timedelta(days=1))


@pytest.fixture
def later(billing):
    """The day of the newest invoice."""
    today = billing.do(clock.today)
    day = min(today.replace(month=12, day=31), today + timedelta(days=9))
    billing.issue(billing.draft()[0], issued_on=day)
    return day


def test_a_run_of_an_earlier_day_than_the_newest_invoice_is_refused(runner, billing, later):
    today = billing.do(clock.today)
    if today != later:
        with pytest.raises(InvalidInput, match="has a later day"):
            runner.make(issued_on=today)


def test_a_run_without_a_day_takes_that_of_the_newest_invoice(runner, billing, later):
    billing.delivered()
    run = runner.done()
    assert runner.outcomes(run) == [("issued", "")]
    assert [row.issued_on for row in runner.invoices()] == [later, later]


def test_a_month_that_has_not_begun_is_refused(runner, billing):
    today = billing.do(clock.today)
    with pytest.raises(InvalidInput, match="has not begun"):
        runner.make(today + timedelta(days=32))


def test_the_schedule_runs_the_month_before_once(runner, billing):
    assert billing.do(lambda: schedule.current().day) is None
    billing.do(schedule.step)
    made = select(InvoiceRun)
    assert billing.do(lambda: list(db.session.scalars(made))) == []

    billing.do(lambda: schedule.save(1, version=1, by=billing.dana))
    asset = billing.delivered()
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(Asset, asset.id).issued_at = clock.now() - timedelta(days=62)
    for _ in range(2):
        billing.do(schedule.step)
    (run,) = billing.do(lambda: list(db.session.scalars(made)))
    run = runner.work(run)
    assert (run.state, runner.outcomes(run)) == (RunState.DONE, [("issued", "")])
    assert billing.do(lambda: db.session.scalar(select(Invoice.issued_by_id))) is None


def test_a_schedule_whose_day_is_over_begins_at_once_and_says_so(runner, billing, work):
    until = billing.do(lambda: schedule.save(1, version=1, by=billing.dana))
    assert until == billing.do(lambda: clock.today().replace(day=1) - timedelta(days=1))
    work.drain()
    (run,) = billing.do(lambda: list(db.session.scalars(select(InvoiceRun))))
    assert (run.until, run.state) == (until, RunState.DONE)
    assert billing.do(lambda: schedule.save(2, version=2, by=billing.dana)) is None
