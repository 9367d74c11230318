"""What was credited as not delivered is bought again only by who saw its credit notes, through whichever door."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core import billing_access, errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Asset,
    CreditCause,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    Invoice,
    OrderLine,
)
from portal.services import assets, provisioning
from portal.services.bulk_retries.retry_items import Why
from portal.services.invoicing import drafts
from tests.services.bulk_retries.bulk import Bulk
from tests.services.invoicing.conftest import Billing
from tests.services.reconciliation.planted import Reconciler


@pytest.fixture
def billing(app, world) -> Billing:
    made = Billing(app, world)
    made.prepare()
    return made


@pytest.fixture
def bulk(shop) -> Bulk:
    return Bulk(shop)


@pytest.fixture
def reconciler(shop, work, sandbox) -> Reconciler:
    return Reconciler(shop, work, sandbox)


@pytest.fixture
def failed(billing, world) -> Callable[[], tuple[Asset, Invoice]]:
    """A failed asset, and the invoice on which it stands all the same."""

    def fail() -> tuple[Asset, Invoice]:
        asset = world.asset("failed")
        return asset, billing.issue(billing.do(lambda: _draft(billing, asset)))

    return fail


def _draft(billing: Billing, asset: Asset) -> Invoice:
    with transaction():
        row = db.session.get(Asset, asset.id, options=[joinedload(Asset.coupon)])
        with_order = joinedload(OrderLine.order), joinedload(OrderLine.account)
        line = db.session.scalars(select(OrderLine).where(OrderLine.asset_id == row.id).options(*with_order)).one()
        (draft,) = drafts.make([(line, row)], cause=f"asset {row.id}", by=billing.dana)
    read = billing_access.visible_invoice(billing.dana, draft.id)
    drafts.bill_undelivered(read, read.lines[0].id, reason="As agreed.", version=read.version, by=billing.dana)
    return billing_access.visible_invoice(billing.dana, draft.id)


def credit(billing: Billing, invoice: Invoice) -> Invoice:
    return billing.credit(invoice, cause=CreditCause.NOT_DELIVERED)


def press(billing: Billing, asset: Asset, **more) -> None:
    def act() -> None:
        row = db.session.get(Asset, asset.id)
        provisioning.request(row, version=row.version, by=billing.dana, **more)

    billing.do(act)


def save(billing: Billing, asset: Asset, **more) -> None:
    def act() -> None:
        row = db.session.get(Asset, asset.id)
        values = {"name": row.name, "note": "", "expire_days": row.expire_days, "validity_days": row.validity_days}
        assets.save(row, version=row.version, by=billing.dana, **values, **more)

    billing.do(act)


@pytest.mark.parametrize("door", [press, save])
def test_who_saw_other_credit_notes_than_there_are_buys_nothing(billing, failed, shop, door):
    asset, issued = failed()
    note = credit(billing, issued)
    for seen in ({}, {"credits_seen": 0}, {"credits_seen": 2}, {"credits_seen": -1}):
        with pytest.raises(errors.Credited, match=note.number):
            door(billing, asset, **seen)
    assert shop.status(asset.id) == "failed"
    door(billing, asset, credits_seen=1)
    assert shop.status(asset.id) == "synchronizing"


def test_a_running_retry_leaves_out_what_was_credited_after_its_preview(billing, failed, bulk, work, sandbox):
    (before, its_invoice), (after, later_invoice), (never, _invoice) = failed(), failed(), failed()
    credit(billing, its_invoice)
    retry = bulk.begin(before, after, never)
    credit(billing, later_invoice)
    work.drain()
    work.later(5)
    bought = {entry["reference"] for entry in sandbox.control.purchases()}
    assert bought == {before.reference, never.reference}
    assert bulk.whys(retry) == {before.id: None, after.id: Why.CREDITED, never.id: None}
    assert bulk.state(retry) == "done"


def test_a_retry_is_not_started_as_seen_once_more_of_it_was_credited(billing, failed, bulk):
    (one, its_invoice), (other, _invoice) = failed(), failed()
    retry = bulk.pick(one, other)
    credit(billing, its_invoice)
    with pytest.raises(errors.StaleVersion):
        bulk.start(retry, version=2)
    bulk.start(retry)
    assert bulk.whys(retry) == {one.id: Why.CREDITED, other.id: None}


def test_a_comparison_does_not_buy_again_what_was_credited(billing, failed, reconciler, work, sandbox):
    (asset, issued), (other, _invoice) = failed(), failed()
    run = reconciler.run()
    found = {row.asset_id: row for row in reconciler.findings(run, Finding.kind == FindingKind.NO_CODE)}
    note = credit(billing, issued)
    assert reconciler.choose_all(run, FindingKind.NO_CODE, FindingAct.RETRY) == 1
    reconciler.choose(found[asset.id], FindingAct.RETRY)
    work.drain()
    left = reconciler.again(found[asset.id])
    assert (left.state, note.number in left.refusal) == (FindingState.REFUSED, True)
    assert {entry["reference"] for entry in sandbox.control.purchases()} == {other.reference}
