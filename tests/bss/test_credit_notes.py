"""Crediting an invoice in the browser: previewed, then issued once; and what a retry says afterwards."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Asset, Attempt, CreditCause, FindingKind, Invoice, InvoiceKind, SyncStatus
from tests import reconciliations
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


@pytest.fixture
def fail(world) -> Callable[[Asset], None]:
    def fail(asset: Asset) -> None:
        with world.transaction():
            row = db.session.get(Asset, asset.id)
            row.sync_status, row.coupon_id = SyncStatus.FAILED, None

    return fail


def not_delivered(billing: Billing, invoice: Invoice) -> Invoice:
    return billing.credit(invoice, cause=CreditCause.NOT_DELIVERED)


def status_of(billing: Billing, asset: Asset) -> SyncStatus:
    return billing.do(lambda: db.session.get(Asset, asset.id).sync_status)


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


def test_a_retry_of_what_was_credited_names_the_credit_note_first(dana, browse, billing, fail):
    asset = billing.delivered()
    note = billing.credit(billing.issued(asset), cause=CreditCause.NOT_DELIVERED)
    fail(asset)
    attempts = billing.do(lambda: db.session.scalar(select(func.count(Attempt.id))))
    page = dana.open("bss.assets.show", asset_id=asset.id)
    assert f"It was credited as not delivered with {note.number}" in page.text
    asked = dana.submit(page, to="syncs")
    assert (asked.status, note.number in asked.text) == (409, True)
    badge = browse("dana", htmx=True)
    pressed = badge.submit(badge.open("bss.assets.show", asset_id=asset.id), to="syncs")
    assert (pressed.status, "Nothing was sent" in pressed.flash) == (409, True)
    assert billing.do(lambda: db.session.scalar(select(func.count(Attempt.id)))) == attempts
    for other in ("0", "2", "seen", "١"):  # not the credit notes that there are
        again = dana.post("bss.assets.sync", {"version": str(asset.version), "credited": other}, asset_id=asset.id)
        assert (again.status, note.number in again.text) == (409, True)
    assert billing.do(lambda: db.session.scalar(select(func.count(Attempt.id)))) == attempts
    assert "BitTitan is being asked" in dana.submit(asked, "Synchronize").flash


def test_a_retry_of_several_names_those_that_were_credited(dana, billing, fail):
    one, other = billing.delivered(), billing.delivered()
    note = billing.credit(billing.issued(one), cause=CreditCause.NOT_DELIVERED)
    later = billing.issued(other)
    fail(one)
    fail(other)
    page = dana.open("bss.assets.index")
    preview = dana.submit(page, "Synchronize again", to="/retries/new", pick=[one.id, other.id])
    assert f"1 asset was credited as not delivered: {one.number} with {note.number}." in preview.text
    billing.credit(later, cause=CreditCause.NOT_DELIVERED)
    refused = dana.submit(preview, "Start")
    assert (refused.status, "so nothing was started" in refused.flash) == (409, True)
    assert f"1 asset was credited as not delivered: {one.number} with {note.number}." in refused.text
    assert "It was credited as not delivered after this list was made" in refused.text
    assert "Under way" in dana.submit(refused, "Start").text


@pytest.mark.parametrize("htmx", [False, True])
def test_saving_what_was_credited_meanwhile_asks_first_and_keeps_what_was_typed(browse, billing, fail, htmx):
    asset = billing.delivered()
    issued = billing.issued(asset)
    fail(asset)
    dana = browse("dana", htmx=htmx)
    page = dana.open("bss.assets.edit", asset_id=asset.id)
    note = not_delivered(billing, issued)
    asked = dana.submit(page, "Save and synchronize", name="For Carl", expire_days="200", note="Call them")
    assert (asked.status, f"{asset.number} was credited with {note.number}" in asked.flash) == (409, True)
    assert status_of(billing, asset) is SyncStatus.FAILED
    assert [asked.value(name) for name in ("name", "expire_days", "note")] == ["For Carl", "200", "Call them"]
    ways = {dana.url("bss.invoices.show", invoice_id=note.id), dana.url("bss.assets.cancel", asset_id=asset.id)}
    assert ways <= {link["href"] for link in asked.soup.select("form .notice a")}
    assert "BitTitan is being asked" in dana.submit(asked, "Save and synchronize nevertheless").flash


def test_editing_what_was_credited_says_so_on_the_page_and_in_the_row(browse, billing, fail):
    asset = billing.delivered()
    note = not_delivered(billing, billing.issued(asset))
    fail(asset)
    dana = browse("dana", htmx=True)
    edit = dana.open("bss.assets.index").one(f"#asset-{asset.id} .row-act")
    row, page = dana.visit(edit["href"], asked=edit), browse("dana").open("bss.assets.edit", asset_id=asset.id)
    for form in (row, page):
        assert form.text.count(f"It was credited as not delivered with {note.number}") == 1
    assert "BitTitan is being asked" in dana.submit(row, "Save and synchronize nevertheless").flash


def test_saving_what_is_not_bought_again_is_not_stopped_by_a_credit(dana, billing):
    asset = billing.delivered()
    not_delivered(billing, billing.issued(asset))
    page = dana.open("bss.assets.edit", asset_id=asset.id)
    assert "Saved" in dana.submit(page, "Save", name="For Carl").flash


def test_a_retry_from_the_order_of_what_was_credited_is_previewed(dana, billing, fail):
    asset = billing.delivered()
    issued = billing.issued(asset)
    fail(asset)
    page = dana.open("bss.orders.show", order_id=asset.order_id)
    note = not_delivered(billing, issued)
    named = f"1 asset was credited as not delivered: {asset.number} with {note.number}."
    for order in (page, dana.open("bss.orders.show", order_id=asset.order_id)):
        preview = dana.submit(order, "Retry 1")
        assert ("nothing was started" in preview.flash, named in preview.text) == (True, True)
    assert named in order.text
    assert "Under way" in dana.submit(preview, "Start").text


def test_a_comparison_names_the_credit_note_and_leads_to_the_page_that_asks(dana, billing, fail, world):
    asset = billing.delivered()
    issued = billing.issued(asset)
    fail(asset)
    found = reconciliations.finding(world, reconciliations.run(world), FindingKind.NO_CODE, asset, shown=None)
    page = dana.open("bss.reconciliation.finding", finding_id=found.id)
    assert "retry" in [button.get("value") for button in page.soup.select("main form button")]
    note = not_delivered(billing, issued)
    page = dana.open("bss.reconciliation.finding", finding_id=found.id)
    assert "retry" not in [button.get("value") for button in page.soup.select("main form button")]
    assert f"It was credited as not delivered with {note.number}" in page.text
    assert dana.url("bss.assets.sync", asset_id=asset.id) in [link["href"] for link in page.soup.select(".notice a")]
    ticked = dana.post("bss.reconciliation.apply", {"finding": f"{found.id}-{found.version}"}, run_id=found.run_id)
    assert "Synchronize again" not in [head.get_text() for head in ticked.soup.select("main form.panel h2")]


def test_what_was_paid_and_credited_later_names_its_credit_notes(dana, browse, billing):
    issued = billing.issued()
    billing.world.payment(billing.read(issued).billed_account, issued.gross, invoice=issued)
    for person, endpoint in ((dana, "bss.invoices.show"), (browse("paula"), "storefront.invoices.show")):
        assert "Credited with" not in person.open(endpoint, invoice_id=issued.id).text
    first, second = billing.credit(issued, 5), billing.credit(issued)
    for person, endpoint in ((dana, "bss.invoices.show"), (browse("paula"), "storefront.invoices.show")):
        page = person.open(endpoint, invoice_id=issued.id)
        assert f"Credited with {first.number}, {second.number}." in page.text
        ways = [link["href"] for link in page.soup.select(".page-head a")]
        assert {person.url(endpoint, invoice_id=note.id) for note in (first, second)} <= set(ways)


def test_the_history_of_a_credit_note_speaks_of_the_credit(dana, billing, world):
    issued = billing.issued()
    world.payment(billing.read(issued).billed_account, issued.gross, invoice=issued)
    note, other = billing.credit(issued), billing.issued()
    page = dana.open("bss.invoices.show", invoice_id=note.id)
    done = dana.submit(page, "Assign", invoice=str(other.id))
    events = [event.get_text(" ", strip=True) for event in done.soup.select(".event__line")]
    assert any(event.startswith("Credit set off") for event in events)
    assert "Payment assigned" not in done.text
