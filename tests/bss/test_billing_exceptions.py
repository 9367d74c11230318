"""Billing exceptions in the browser: the two lists, what mends a row, and the work queue."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.extensions import db
from portal.models import Asset, Invoice, Lifecycle
from tests.services.invoicing.conftest import billing  # noqa: F401


@pytest.fixture
def dana(browse):
    return browse("dana")


def _change(billing, asset, **columns) -> None:  # noqa: F811
    with billing.app.app_context(), billing.world.transaction():
        row = db.session.get(Asset, asset.id)
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.fixture
def late(billing) -> Asset:  # noqa: F811
    asset = billing.delivered()
    _change(billing, asset, issued_at=billing.do(clock.now) - timedelta(days=62))
    return asset


def test_a_cancelled_asset_that_was_invoiced_is_in_the_queue_and_the_list(dana, billing):  # noqa: F811
    asset = billing.delivered()
    invoice = billing.issued(asset)
    _change(billing, asset, lifecycle=Lifecycle.CANCELLED)
    page = dana.press(dana.open("bss.index"), "Billed, not delivered")
    assert invoice.number in page.one("#billed").text
    assert invoice.number in dana.raw("GET", "/bss/billing/exceptions?format=csv").get_data(as_text=True)
    form = dana.press(page, "Credit…").one("form[action$=credit-notes]")
    assert form.select_one("[name=credit-1]")["value"] == str(asset.quantity)
    assert [each["value"] for each in form.select("[checked], [selected]")] == ["lines", "cancelled"]
    billing.credit(invoice)
    assert "All that was invoiced is delivered" in dana.open("bss.billing_exceptions.index").text
    assert "Billed, not delivered" not in dana.open("bss.index").text


def test_a_draft_is_made_from_the_row(dana, late):
    page = dana.press(dana.open("bss.billing_exceptions.index"), "Make a draft")
    assert "A draft was made" in page.text
    with dana.app.app_context():
        assert db.session.query(Invoice).count() == 1


def test_a_reason_is_recorded_beside_the_list(dana, late):
    page = dana.press(dana.open("bss.billing_exceptions.index"), "Reason…")
    assert dana.submit(page, "Record the reason").errors == ["Say why it is not invoiced."]
    page = dana.submit(page, "Record the reason", reason="Replaces AS-1")
    assert late.number not in page.one("#delivered").text
    page = dana.press(page, "Lines that are never invoiced, each with its reason")
    assert "Replaces AS-1" in page.text
