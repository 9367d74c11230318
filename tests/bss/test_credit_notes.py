"""Crediting an invoice in the browser: previewed, then issued once; and what a retry says afterwards."""

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Asset, Attempt, CreditCause, Invoice, InvoiceKind, SyncStatus
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


def credit_notes(billing) -> int:
    count = select(func.count()).where(Invoice.kind == InvoiceKind.CREDIT_NOTE)
    return billing.do(lambda: db.session.scalar(count))


def test_a_preview_writes_nothing_and_two_presses_make_one(dana, billing):
    issued = billing.issued()
    page = dana.open("bss.invoices.show", invoice_id=issued.id)
    preview = dana.submit(page, "See the credit note first", reason="Agreed on the telephone")
    assert credit_notes(billing) == 0
    assert f"CN-{issued.issued_on.year}-000001" in preview.text
    assert "VAT, S, standard rate, 24" in preview.text
    press = next(b.get_text(" ", strip=True) for b in preview.soup.select("main button") if "Issue the" in b.text)
    note = dana.submit(preview, press)
    assert note.title.startswith("CN-")
    assert dana.submit(preview, press).url == note.url
    assert credit_notes(billing) == 1
    assert billing.read(issued).open == 0


def test_what_is_credited_in_full_says_so_and_offers_no_credit(dana, billing):
    """Also if it was paid before, so that the credit note settled nothing of it."""
    issued = billing.issued()
    billing.world.payment(billing.read(issued).billed_account, issued.gross, invoice=issued)
    billing.credit(issued)
    page = dana.open("bss.invoices.show", invoice_id=issued.id)
    assert [tag.text for tag in page.soup.select(".page-head .tag")] == ["Credited in full"]
    assert not page.soup.select("#credit")
    assert "All of it is credited" in dana.open("bss.invoices.credit", invoice_id=issued.id).text


def test_return_shows_the_preview_and_no_button_credits_nothing(dana, billing):
    issued = billing.issued()
    page = dana.open("bss.invoices.show", invoice_id=issued.id)
    first = page.soup.select("form[action$=credit-notes] button")[0]
    assert (first["name"], first["value"]) == ("act", "check")
    form = {
        "key": page.one("form[action$=credit-notes] [name=key]")["value"],
        "cause": "price",
        "reason": "Agreed",
        "what": "whole",
    }
    for act in ({}, {"act": "check"}, {"act": "credit"}):
        dana.post("bss.invoices.credit", form | act, invoice_id=issued.id)
    assert credit_notes(billing) == 0


def test_what_was_previewed_is_issued_although_more_is_left(dana, billing):
    issued = billing.issued(billing.delivered(25), billing.delivered(5))
    page = dana.open("bss.invoices.show", invoice_id=issued.id)
    fields = {"what": "lines", "credit-1": "10", "reason": "Fewer were ordered", "cause": "quantity"}
    preview = dana.submit(page, "See the credit note first", **fields)
    press = next(b.get_text(" ", strip=True) for b in preview.soup.select("main button") if "Issue the" in b.text)
    dana.submit(preview, press)
    assert [line.credited for line in billing.read(issued).lines] == [10, 0]


def test_what_cannot_be_credited_is_said(dana, billing):
    issued = billing.issued()
    page = dana.open("bss.invoices.show", invoice_id=issued.id)
    few = {"what": "lines", "credit-1": "10", "reason": "Not delivered", "cause": "not-delivered"}
    refused = dana.submit(page, "See the credit note first", **few)
    assert (refused.status, "is credited as a whole" in refused.text) == (422, True)
    words = dana.submit(page, "See the credit note first", **few | {"credit-1": "ten"})
    assert (words.status, "Enter whole numbers of licences: line 1." in words.text) == (422, True)
    billing.credit(issued)
    late = dana.submit(page, "See the credit note first", **few | {"cause": "price"})
    assert (late.status, "0 licences are left to credit." in late.text) == (409, True)


def test_a_draft_and_a_credit_note_cannot_be_credited(dana, billing):
    note = billing.credit(billing.issued())
    (draft,) = billing.draft()
    for row in (note, draft):
        assert dana.open("bss.invoices.credit", invoice_id=row.id).status == 404


def test_a_retry_of_what_was_credited_names_the_credit_note_first(dana, browse, billing, world):
    asset = billing.delivered()
    note = billing.credit(billing.issued(asset), cause=CreditCause.NOT_DELIVERED)
    with world.transaction():
        row = db.session.get(Asset, asset.id)
        row.sync_status, row.coupon_id = SyncStatus.FAILED, None
    attempts = billing.do(lambda: db.session.scalar(select(func.count(Attempt.id))))
    page = dana.open("bss.assets.show", asset_id=asset.id)
    assert f"It was credited as not delivered with {note.number}" in page.text
    asked = dana.submit(page, to="syncs")
    assert (asked.status, note.number in asked.text) == (409, True)
    badge = browse("dana", htmx=True)
    pressed = badge.submit(badge.open("bss.assets.show", asset_id=asset.id), to="syncs")
    assert (pressed.status, "Nothing was sent" in pressed.flash) == (409, True)
    assert billing.do(lambda: db.session.scalar(select(func.count(Attempt.id)))) == attempts
    assert "BitTitan is being asked" in dana.submit(asked, "Synchronize").flash


def test_a_retry_of_several_names_those_that_were_credited(dana, billing, world):
    one, other = billing.delivered(), billing.delivered()
    note = billing.credit(billing.issued(one), cause=CreditCause.NOT_DELIVERED)
    later = billing.issued(other)
    with world.transaction():
        for asset in (one, other):
            row = db.session.get(Asset, asset.id)
            row.sync_status, row.coupon_id = SyncStatus.FAILED, None
    page = dana.open("bss.assets.index")
    preview = dana.submit(page, "Synchronize again", to="/retries/new", pick=[one.id, other.id])
    assert f"1 asset was credited as not delivered: {one.number} with {note.number}." in preview.text
    assert "so nothing was started" in dana.submit(preview, "Start", credited="some").flash
    another = billing.credit(later, cause=CreditCause.NOT_DELIVERED)
    refused = dana.submit(preview, "Start")
    assert (refused.status, "so nothing was started" in refused.flash) == (409, True)
    assert f"2 assets were credited as not delivered: {one.number} with {note.number}" in refused.text
    assert f"{other.number} with {another.number}." in refused.text
    assert "Under way" in dana.submit(refused, "Start").text
