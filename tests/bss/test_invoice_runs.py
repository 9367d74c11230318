"""Invoice runs in the browser: preview, start, progress, receipt, again, the schedule."""

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Account, Invoice, InvoiceRun, InvoiceSchedule
from tests import invoice_runs
from tests.services.invoicing.conftest import billing  # noqa: F401

pytestmark = pytest.mark.sqlite


@pytest.fixture
def dana(browse):
    return browse("dana")


def _numbers(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Invoice.number).where(Invoice.number.is_not(None))))


def test_a_month_is_looked_at_then_issued_and_the_receipt_names_the_numbers(app, dana, billing, work):  # noqa: F811
    billing.delivered()
    page = dana.open("bss.invoice_runs.index")
    month = billing.do(clock.today).strftime("%Y-%m")
    page = dana.submit(page, "Preview", period=month)
    assert "Looking for what is to be invoiced" in page.text
    work.drain()
    page = dana.open("bss.invoice_runs.show", run_id=1)
    assert "Will be issued" in page.text
    assert _numbers(app) == []
    page = dana.press(page, "Issue 1 invoice")
    work.drain()
    page = dana.open("bss.invoice_runs.show", run_id=1)
    (number,) = _numbers(app)
    assert number in page.text
    csv = dana.raw("GET", "/bss/billing/invoice-runs/1?format=csv").get_data(as_text=True)
    assert number in csv


def test_without_the_button_nothing_starts(app, world, dana):
    run = invoice_runs.invoice_run(world)
    for act in ({}, {"act": "check"}):
        dana.post("bss.invoice_runs.start", {"version": "1", **act}, run_id=run.id)
    with app.app_context():
        assert db.session.get(InvoiceRun, run.id).is_prepared


def test_who_is_left_out_is_named_with_the_way_to_mend_it(dana, billing, work):  # noqa: F811
    with billing.world.transaction():
        db.session.get(Account, billing.world.partner.id).tax_code_id = None
    billing.delivered()
    dana.submit(dana.open("bss.invoice_runs.index"), "Preview", period=billing.do(clock.today).strftime("%Y-%m"))
    work.drain()
    page = dana.open("bss.invoice_runs.show", run_id=1)
    assert "Nobody has decided the tax code" in page.text
    assert "1 invoice is left out" in page.text
    assert "There was nothing to issue, so the run ended by itself. 1 left out." in page.text
    assert "Issue" not in [button.text.strip() for button in page.soup.select("#run-start")]


def leave_out_the_first(dana, page):
    return dana.submit(page, "Leave out", form=page.soup.select("form[action$=choices]")[0])


def test_an_invoice_is_left_out_by_hand_and_taken_again(world, dana):
    run = invoice_runs.invoice_run(world, items=2)
    page = leave_out_the_first(dana, dana.open("bss.invoice_runs.show", run_id=run.id))
    assert "Issue 1 invoice" in page.text
    page = dana.press(page, "Take it")
    assert "Issue 2 invoices" in page.text


def test_a_run_that_nobody_wants_is_closed_without_issuing(world, dana):
    run = invoice_runs.invoice_run(world)
    page = dana.submit(dana.open("bss.invoice_runs.show", run_id=run.id), "Close without issuing")
    assert ("Nothing was issued." in page.text, page.soup.select("#run-start")) == (True, [])


def test_a_stale_page_starts_nothing(world, dana):
    run = invoice_runs.invoice_run(world, items=2)
    page = dana.open("bss.invoice_runs.show", run_id=run.id)
    leave_out_the_first(dana, page)
    page = dana.submit(page, "Issue 2 invoices")
    assert page.status == 409
    assert "Somebody else changed what this run takes" in page.text


def test_the_schedule_is_off_until_a_day_is_chosen(app, dana):
    page = dana.open("bss.invoice_runs.index")
    dana.submit(page, "Save", day="3")
    with app.app_context():
        assert db.session.get(InvoiceSchedule, 1).day == 3


def test_a_run_that_left_something_is_run_again(world, dana):
    run = invoice_runs.invoice_run(world, "done")
    page = dana.press(dana.open("bss.invoice_runs.show", run_id=run.id), "Run again for these")
    assert f"Only what RUN-{run.id} did not issue" in page.text
