"""Billed and not delivered, delivered and not billed: each row stays until it is mended, and is gone then."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    InvoiceTiming,
    Lifecycle,
    Order,
    OrderLine,
    SyncStatus,
)
from portal.services.invoicing import drafts
from portal.services.invoicing.checks import counts, delivered_not_billed, listing
from portal.services.invoicing.checks.delivered_not_billed import Why
from tests.services.invoicing.runs.conftest import runner  # noqa: F401


def clock_now(billing):
    return billing.do(clock.now)


class Lists:
    def __init__(self, billing):
        self.billing = billing

    def long_ago(self, asset: Asset, **columns) -> Asset:
        """Delivered in an earlier month."""
        self.change(asset, issued_at=clock_now(self.billing) - timedelta(days=62), **columns)
        return asset

    def change(self, asset: Asset, **columns) -> None:
        with self.billing.app.app_context(), self.billing.world.transaction():
            row = db.session.get(Asset, asset.id)
            for name, value in columns.items():
                setattr(row, name, value)

    def billed(self) -> list[int]:
        found = self.billing.do(lambda: listing.billed().rows)
        assert self.billing.do(counts.counts).billed.count == len(found)
        return [asset.id for _line, asset, _invoice in found]

    def delivered(self) -> list[tuple[int, Why]]:
        found = self.billing.do(lambda: listing.explained(listing.delivered().rows))
        assert self.billing.do(counts.counts).delivered.count == len(found)
        return [(each.asset.id, each.why) for each in found]

    def line(self, asset: Asset) -> OrderLine:
        def act() -> OrderLine:
            line_id = db.session.scalar(select(OrderLine.id).where(OrderLine.asset_id == asset.id))
            return delivered_not_billed.line_of(line_id)

        return self.billing.do(act)

    def give_reason(self, asset: Asset, reason: str, version: int | None = None) -> None:
        line = self.line(asset)
        more = {"version": version or line.order.version}
        self.billing.do(lambda: delivered_not_billed.record_reason(line, reason, **more, by=self.billing.dana))


@pytest.fixture
def lists(billing) -> Lists:
    return Lists(billing)


@pytest.mark.parametrize(
    "ending",
    [
        {"lifecycle": Lifecycle.CANCELLED},
        {"sync_status": SyncStatus.FAILED},
        {"sync_status": SyncStatus.REVIEW},
    ],
)
def test_an_invoiced_asset_without_its_coupon_is_listed_until_it_is_credited(lists, billing, ending):
    asset, other = billing.delivered(), billing.delivered()
    invoice = billing.issued(asset, other)
    assert lists.billed() == []
    lists.change(asset, **ending)
    assert lists.billed() == [asset.id]
    found = billing.do(counts.counts).billed
    assert (found.licences, found.money) == (25, {"EUR": 25 * invoice.lines[0].unit_price})
    billing.credit(invoice, 25, 0)
    assert lists.billed() == []


def test_an_asset_that_is_delivered_after_all_leaves_the_list(lists, billing):
    asset = billing.delivered()
    billing.issued(asset)
    lists.change(asset, sync_status=SyncStatus.FAILED)
    assert lists.billed() == [asset.id]
    lists.change(asset, sync_status=SyncStatus.SYNCHRONIZED)
    assert lists.billed() == []


def test_a_draft_is_not_billed_yet(lists, billing):
    asset = billing.delivered()
    billing.draft(asset)
    lists.change(asset, lifecycle=Lifecycle.CANCELLED)
    assert lists.billed() == []


def test_what_no_run_took_is_listed_until_it_is_invoiced(lists, billing):
    asset = lists.long_ago(billing.delivered())
    lists.change(billing.delivered(), issued_at=clock_now(billing))  # of this month: it waits for the next run
    assert lists.delivered() == [(asset.id, Why.NO_RUN)]
    (draft,) = billing.draft(asset)
    assert lists.delivered() == [(asset.id, Why.ON_A_DRAFT)]
    billing.issue(draft)
    assert lists.delivered() == []


def test_what_was_credited_as_a_whole_is_delivered_and_not_billed(lists, billing):
    asset = lists.long_ago(billing.delivered())
    invoice = billing.issued(asset)
    billing.credit(invoice, 24)
    assert lists.delivered() == []
    billing.credit(invoice)
    assert lists.delivered() == [(asset.id, Why.CREDITED)]
    billing.issued(asset)
    assert lists.delivered() == []


def test_a_missing_tax_code_and_a_run_that_left_it_out_are_the_reason(lists, billing, runner):  # noqa: F811
    asset = lists.long_ago(billing.delivered())
    runner.change(billing.world.partner, lambda row: setattr(row, "country", None))
    runner.prepared()
    assert lists.delivered() == [(asset.id, Why.LEFT_OUT)]
    with billing.app.app_context(), billing.world.transaction():
        db.session.get(Account, billing.world.partner.id).tax_code_id = None
    assert lists.delivered() == [(asset.id, Why.NO_TAX_CODE)]


def test_an_order_that_is_invoiced_at_once_does_not_wait_for_the_month(lists, billing):
    asset = billing.delivered()
    yesterday = clock_now(billing) - timedelta(days=1, hours=1)
    lists.change(asset, issued_at=yesterday)
    with billing.app.app_context(), billing.world.transaction():
        values = {"invoice_timing": InvoiceTiming.AT_ONCE}
        db.session.execute(update(Order).where(Order.id == asset.order_id).values(values))
    assert lists.delivered() == [(asset.id, Why.NO_RUN)]


def test_a_recorded_reason_mends_it_and_is_shown_with_the_others(lists, billing):
    asset = lists.long_ago(billing.delivered())
    with pytest.raises(InvalidInput):
        lists.give_reason(asset, " ")
    with pytest.raises(StaleVersion):
        lists.give_reason(asset, "A gift", version=99)
    lists.give_reason(asset, "A gift")
    assert lists.delivered() == []
    never = billing.do(lambda: listing.never().rows)
    assert [(line.non_billable_reason, found.id) for line, found, _order in never] == [("A gift", asset.id)]
    with pytest.raises(Conflict):
        billing.do(
            lambda: drafts.make_of_lines(billing.world.partner.id, [lists.line(asset).id], key="k", by=billing.dana)
        )


def test_what_is_on_a_draft_gets_no_reason(lists, billing):
    asset = lists.long_ago(billing.delivered())
    billing.draft(asset)
    with pytest.raises(Conflict):
        lists.give_reason(asset, "A gift")


def test_an_order_that_is_never_invoiced_is_among_the_reasons(lists, billing):
    asset = lists.long_ago(billing.delivered())
    with billing.app.app_context(), billing.world.transaction():
        values = {"invoice_timing": InvoiceTiming.NEVER, "invoice_reason": "Ours"}
        db.session.execute(update(Order).where(Order.id == asset.order_id).values(values))
    assert lists.delivered() == []
    assert [order.invoice_reason for _line, _asset, order in billing.do(lambda: listing.never().rows)] == ["Ours"]


def test_pages_follow_each_other(lists, billing, monkeypatch):
    monkeypatch.setattr("portal.services.invoicing.checks.listing.PAGE", 2)
    assets = [lists.long_ago(billing.delivered()).id for _ in range(5)]
    assert [each.asset.id for each in billing.do(lambda: list(listing.every_delivered()))] == assets
    first = billing.do(listing.delivered)
    second = billing.do(lambda: listing.delivered(first.after))
    assert [asset.id for _line, asset, _order in (*first.rows, *second.rows)] == assets[:4]
