"""What is cancelled, or decided never to be invoiced, while somebody drafts or issues its invoice: it is not billed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from portal.core import billing_access
from portal.core.errors import Conflict, StaleVersion
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, InvoiceTiming, Order, OrderLine
from portal.services import credit, transitions
from portal.services.invoicing import at_once, drafts, issuing
from portal.services.invoicing.checks import delivered_not_billed
from tests.services.invoicing.test_payer_lock import wait_for_waiting


def test_what_is_cancelled_before_the_number_is_not_issued(app, billing, world, monkeypatch):
    """Its documents are made by then."""
    asset = billing.delivered()
    (draft,) = billing.draft(asset)
    prepare = issuing.prepare

    def prepare_slowly(document_of):
        prepared = prepare(document_of)
        with ThreadPoolExecutor() as pool:
            pool.submit(_cancel, app, billing, asset).result(10)
        return prepared

    monkeypatch.setattr(issuing, "prepare", prepare_slowly)
    with pytest.raises(StaleVersion, match=rf"{asset.number} is not delivered any more\."):
        billing.issue(draft)
    assert billing.read(draft).is_draft


def test_what_is_billed_although_it_is_not_delivered_is_issued(app, billing, world):
    asset = billing.delivered()
    (draft,) = billing.draft(asset)
    _cancel(app, billing, asset)
    with app.app_context():
        row = billing_access.visible_invoice(billing.dana, draft.id)
        drafts.bill_undelivered(row, row.lines[0].id, reason="Agreed.", version=row.version, by=billing.dana)
    assert billing.issue(billing.read(draft)).number


def test_a_reason_of_before_bills_nothing_that_is_cancelled(app, billing, world):
    """It was to be billed although its coupon was being looked up."""
    asset = billing.delivered()
    (draft,) = billing.draft(asset)
    with app.app_context():
        row = billing_access.visible_invoice(billing.dana, draft.id)
        drafts.bill_undelivered(row, row.lines[0].id, reason="Tomorrow.", version=row.version, by=billing.dana)
    seen = billing.read(draft)
    _cancel(app, billing, asset)
    with pytest.raises(StaleVersion):
        billing.issue(seen)
    with pytest.raises(issuing.NotReady):
        billing.issue(billing.read(draft))


@pytest.mark.postgresql  # SQLite locks the whole file
def test_a_cancellation_that_has_begun_is_waited_for(app, billing, world):
    asset = billing.delivered()
    (draft,) = billing.draft(asset)
    with ThreadPoolExecutor() as pool:
        with app.app_context(), transaction():
            credit.lock_payer(asset.id)
            row = lock(Asset, asset.id)
            issued = pool.submit(billing.issue, draft)
            wait_for_waiting(app)
            transitions.cancel(row, by=billing.dana, reason="Not wanted")
        with pytest.raises(StaleVersion):
            issued.result(10)


@pytest.mark.postgresql
def test_who_drafts_waits_for_a_cancellation_and_finds_nothing_to_bill(app, billing, world):
    """Neither ends the other in a deadlock: both lock the payer before the asset and its order."""
    asset = billing.delivered()
    with ThreadPoolExecutor() as pool:
        with app.app_context(), transaction():
            credit.lock_payer(asset.id)
            row = lock(Asset, asset.id)
            drafted = pool.submit(billing.draft, asset)
            wait_for_waiting(app)
            transitions.cancel(row, by=billing.dana, reason="Not wanted")
        with pytest.raises(Conflict, match="were cancelled in the meantime"):
            drafted.result(10)


@pytest.mark.postgresql
@pytest.mark.parametrize("what", ["order", "line"])
def test_what_is_never_to_be_invoiced_gets_on_no_draft(app, billing, world, monkeypatch, what):
    asset = billing.delivered()
    drafted = []
    module, check = (at_once, "_check") if what == "order" else (delivered_not_billed, "_is_on_an_invoice")
    original = getattr(module, check)

    def draft_first(*arguments):
        drafted.append(pool.submit(billing.draft, asset))
        wait_for_waiting(app)
        return original(*arguments)

    monkeypatch.setattr(module, check, draft_first)
    with ThreadPoolExecutor() as pool, app.app_context():
        _never(billing, asset, what)
        with pytest.raises(Conflict):
            drafted[0].result(10)


def _never(billing, asset, what: str) -> None:
    order = db.session.get(Order, asset.order_id)
    if what == "order":
        timing = InvoiceTiming.NEVER
        at_once.change_timing(order, timing, "Goodwill", version=order.version, by=billing.dana)
        return
    line_id = db.session.scalar(select(OrderLine.id).where(OrderLine.asset_id == asset.id))
    line = delivered_not_billed.line_of(line_id)
    delivered_not_billed.record_reason(line, "Goodwill", version=order.version, by=billing.dana)


def _cancel(app, billing, asset) -> None:
    with app.app_context(), transaction():
        credit.lock_payer(asset.id)
        transitions.cancel(lock(Asset, asset.id), by=billing.dana, reason="Not wanted")
