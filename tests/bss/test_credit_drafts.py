"""Cancelling what was invoiced: the page says so, and its draft credit note is reviewed and issued."""

import pypdfium2
import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Coupon, InvoiceDocument, SyncStatus
from tests.services.invoicing.conftest import Billing

pytestmark = pytest.mark.sqlite  # what is written is proved on both in tests/services


@pytest.fixture
def billing(app, world) -> Billing:
    made = Billing(app, world)
    made.prepare()
    return made


@pytest.fixture
def dana(browse):
    return browse("dana")


def test_the_draft_follows_bittitans_yes_and_is_issued_from_its_page(app, world, billing, dana, work, sandbox):
    asset = billing.delivered()
    issued = billing.issued(asset)
    with app.app_context():
        coupon = db.session.scalars(select(Coupon).where(Coupon.asset_id == asset.id)).one()
    sandbox.control.put_coupons([{"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": asset.reference}])
    page = dana.open("bss.assets.cancel", asset_id=asset.id)
    assert f"It stands on {issued.number}: 25 licences, €" in page.text
    asked = dana.submit(page, "Revoke the coupon and cancel the asset", reason="Ordered twice")
    assert "Draft credit note" not in asked.text
    work.drain()
    shown = dana.open("bss.assets.show", asset_id=asset.id)
    draft = dana.press(shown, "Draft credit note")
    reviewed = dana.press(dana.open("bss.invoices.show", invoice_id=issued.id), "Review the draft")
    assert reviewed.h1 == draft.h1
    assert (issued.number in draft.text, asset.number in draft.text) == (True, True)
    assert "Draft credit note" in dana.visit("/bss/billing/invoices?state=draft").text
    printed = _printed(dana, draft)
    for said in ("Credit note DRAFT", issued.number, "The licences were cancelled.", asset.number):
        assert said in printed, said
    with app.app_context():
        assert set(db.session.scalars(select(InvoiceDocument.invoice_id))) <= {issued.id}
    press = draft.one("button[value=issue]").get_text(" ", strip=True)
    note = dana.submit(draft, press, reason="Cancelled as agreed.")
    assert note.h1.startswith("CN-")
    assert "Cancelled as agreed." in note.text
    again = dana.submit(draft, press, reason="Cancelled as agreed.")
    assert f"It was issued as {note.h1} a moment before." in again.flash


def _printed(dana, draft) -> str:
    made = dana.raw("GET", draft.links["See it as PDF"])
    with pypdfium2.PdfDocument(made.data) as opened:
        return " ".join(page.get_textpage().get_text_range() for page in opened)


def test_drafts_of_both_kinds_are_issued_together(world, billing, dana):
    asset = billing.delivered()
    billing.issued(asset)
    world.edit(asset, sync_status=SyncStatus.FAILED)
    dana.submit(dana.open("bss.assets.cancel", asset_id=asset.id), "Cancel the asset", reason="Ordered twice")
    billing.draft()
    receipt = dana.submit(dana.open("bss.invoices.several"), "Issue 2 documents")
    assert ("CN-" in receipt.text, "INV-" in receipt.text, "Not issued" in receipt.text) == (True, True, False)
