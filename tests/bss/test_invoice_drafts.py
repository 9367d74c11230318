"""A draft in the browser: what is missing, issue it, correct a line, leave one out, discard it; many at once."""

import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.models import Account, Invoice, Order
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
def draft(billing) -> Invoice:
    return billing.draft()[0]


def show(browser, draft):
    return browser.open("bss.invoices.show", invoice_id=draft.id)


def buttons(page) -> list[str]:
    return [button.get_text(" ", strip=True) for button in page.soup.select("main button")]


def test_the_button_to_issue_is_absent_until_nothing_is_missing(dana, draft, world):
    assert any(text.startswith("Issue:") for text in buttons(show(dana, draft)))
    world.edit(world.find(Account, world.partner.id), country=None)
    page = show(dana, draft)
    assert "1 missing" in page.text
    assert "Missing: The buyer’s country is missing." in page.text
    assert page.one(".sign--no a")["href"] == dana.url("accounts.edit", account_id=world.partner.id)
    assert not any(text.startswith("Issue:") for text in buttons(page))
    assert not page.soup.select(f"a[href$='{draft.id}/preview.pdf']")
    forged = dana.post("bss.invoices.issue", {"act": "issue", "version": draft.version}, invoice_id=draft.id)
    assert forged.status == 409
    assert "It cannot be issued yet. The buyer’s country is missing." in forged.text


def test_a_draft_outside_the_scope_of_vat_shows_no_vat_id(dana, billing, world):
    billing.tax(world.partner, "O0", vat_number="EL094014201")
    parties = show(dana, billing.draft()[0]).one("[aria-labelledby=parties-title]").text
    assert "Without VAT ids" in parties
    assert "EL094014201" not in parties


def test_two_presses_issue_once_and_lead_to_the_invoice(dana, draft, billing):
    page = show(dana, draft)
    assert re.search(r"It will be INV-\d{4}-000001 if nobody", page.text)
    press = next(text for text in buttons(page) if text.startswith("Issue:"))
    issued = dana.submit(page, press, po_number="PO 7")
    number = billing.read(draft).number
    assert (issued.title.split(" ")[0], billing.read(draft).po_number) == (number, "PO 7")
    again = dana.submit(page, press, po_number="PO 7")
    assert again.url == issued.url
    assert f"It was issued as {number} a moment before." in again.flash


def test_return_and_a_form_without_a_button_issue_nothing(dana, draft, billing):
    page = show(dana, draft)
    first = page.soup.select("form[action$=issues] button")[0]
    assert (first["name"], first["value"]) == ("act", "check")
    for act in ({"act": "check"}, {}, {"act": "Issue"}):
        dana.post("bss.invoices.issue", {"version": draft.version, **act}, invoice_id=draft.id)
    assert billing.read(draft).is_draft


def test_a_stale_page_shows_what_it_is_now(dana, draft, billing):
    old = show(dana, draft)
    dana.submit(show(dana, draft), "Keep the PO for later", po_number="PO 8")
    press = next(text for text in buttons(old) if text.startswith("Issue:"))
    page = dana.submit(old, press)
    assert page.status == 409
    assert "Somebody else changed this draft in the meantime." in page.text
    assert billing.read(draft).is_draft
    assert dana.submit(page, press).title.startswith("INV-")


def test_a_day_that_cannot_be_is_refused_beside_its_field(dana, draft):
    page = show(dana, draft)
    press = next(text for text in buttons(page) if text.startswith("Issue:"))
    refused = dana.submit(page, press, issued_on="2020-01-01")
    assert refused.status == 422
    assert "Choose today or a later day." in refused.one("#issued_on-error").get_text()


def test_a_price_is_corrected_with_a_reason(dana, draft, billing):
    page = dana.press(show(dana, draft), "Price… of line 1")
    assert "Say why. It is recorded with your name." in dana.submit(page, "Correct the price", unit_price="7.50").text
    done = dana.submit(page, "Correct the price", unit_price="7.50", reason="As agreed on the telephone")
    assert done.flash == "The price is corrected. The order keeps its own."
    assert billing.read(draft).lines[0].unit_price == 750
    stale = dana.submit(page, "Correct the price", unit_price="7.60", reason="Again")
    assert stale.status == 409
    assert "7.50" in stale.text


def test_leaving_out_the_last_line_discards_the_draft(dana, billing):
    (draft,) = billing.draft(billing.delivered(), billing.delivered(5))
    page = dana.press(show(dana, draft), "Leave out… line 2")
    left = dana.submit(page, "Leave it out")
    assert "Delivered: for another invoice" in left.text
    page = dana.press(left, "Leave out… line 1")
    assert "the draft is discarded with it" in page.text
    assert dana.submit(page, "Leave it out").url == dana.url("bss.invoices.index")
    assert show(dana, draft).status == 404


def test_a_draft_is_discarded_after_a_question(dana, draft):
    page = dana.press(show(dana, draft), "Discard the draft…")
    done = dana.submit(page, "Discard the draft")
    assert done.flash == "The draft is discarded. Its lines can be invoiced again."
    assert dana.submit(page, "Discard the draft").status == 404


def test_the_rate_is_asked_for_where_the_currency_is_another(dana, billing, world):
    billing.tax(world.partner, "S24", country="GR", currency="USD")
    (draft,) = billing.draft(billing.delivered(currency="USD"))
    page = show(dana, draft)
    assert "The VAT in EUR is missing." in page.text
    assert "Enter a rate such as 0.9421." in dana.submit(page, "Work it out and keep it", source="ECB").text
    kept = dana.submit(page, "Work it out and keep it", rate="0.9421", source="ECB, 30 November 2026")
    assert "The VAT is given in EUR, too." in kept.text
    assert kept.one("#rate")["value"] == "0.9421"


def test_a_draft_is_seen_as_pdf(dana, draft):
    answer = dana.raw("GET", dana.url("bss.invoices.preview", invoice_id=draft.id))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")


def test_who_may_not_invoice_sees_the_draft_without_acts(browse, draft):
    vera = browse("vera")
    page = show(vera, draft)
    assert "Before it can be issued" in page.text
    assert not page.soup.select("main form")
    assert vera.post("bss.invoices.issue", {"act": "issue", "version": 1}, invoice_id=draft.id).status == 403


def test_several_are_issued_each_by_itself(dana, billing, world):
    (first,), (second,) = billing.draft(), billing.draft()
    (other,) = billing.draft(billing.delivered(account=world.direct_customer))
    world.edit(world.find(Account, world.direct_customer.id), country=None)
    page = dana.open("bss.invoices.several")
    assert "2 of 3 can be issued" in page.text
    stale = dana.submit(dana.press(show(dana, second), "Discard the draft…"), "Discard the draft")
    assert stale.flash
    receipt = dana.submit(page, "Issue 2 invoices")
    assert billing.read(first).number in receipt.text
    assert "It was issued or discarded a moment before." in receipt.text
    assert billing.read(other).is_draft
    assert "1 invoice issued" in receipt.text


def test_several_get_the_first_day_that_is_possible(dana, billing, draft):
    today = billing.do(clock.today)
    assert "dated today" in dana.open("bss.invoices.several").text
    later = min(today.replace(month=12, day=31), today + timedelta(days=9))
    billing.issue(billing.draft()[0], issued_on=later)
    page = dana.open("bss.invoices.several")
    assert ("so these get it too" in page.text) is (later != today)
    dana.submit(page, "Issue 1 invoice")
    assert billing.read(draft).issued_on == later


def test_only_the_ticked_drafts_are_previewed(dana, billing):
    (first,), (second,) = billing.draft(), billing.draft()
    page = dana.visit(f"{dana.url('bss.invoices.several')}?pick={second.id}&pick=words")
    assert page.one("[name=seen]")["value"] == f"{second.id}-{second.version}"
    assert billing.read(first).is_draft


def test_an_executed_order_is_invoiced_once(dana, billing, world):
    asset = billing.delivered()
    page = dana.open("bss.orders.show", order_id=asset.order_id)
    press = next(text for text in buttons(page) if text.startswith("Invoice it:"))
    draft = dana.submit(page, press)
    assert draft.title.startswith("Draft for")
    again = dana.submit(page, press)
    assert "Nothing of this order can be invoiced now" in again.flash
    assert not any(text.startswith("Invoice it:") for text in buttons(again))


def test_an_order_is_never_invoiced_for_a_reason(dana, billing, world):
    asset = billing.delivered()
    page = dana.open("bss.orders.show", order_id=asset.order_id)
    refused = dana.submit(page, to="invoice-timings", button="Save", invoice_timing="never")
    assert (refused.status, "Say why this order is not invoiced." in refused.text) == (422, True)
    done = dana.submit(page, to="invoice-timings", button="Save", invoice_timing="never", invoice_reason="Goodwill")
    assert done.flash == "Saved."
    assert world.find(Order, asset.order_id).invoice_reason == "Goodwill"
    assert not any(text.startswith("Invoice it:") for text in buttons(done))


def test_the_first_day_that_is_possible_is_offered_with_its_reason(dana, billing, draft):
    today = billing.do(clock.today)
    later = min(today.replace(month=12, day=31), today + timedelta(days=9))
    newest = billing.issue(billing.draft()[0], issued_on=later)
    page = show(dana, draft)
    assert page.value("issued_on") == str(later)
    assert ("so this is the first day that is possible" in page.text) is (later != today)
    press = next(text for text in buttons(page) if text.startswith("Issue:"))
    issued = dana.submit(page, press)
    assert issued.title.startswith(newest.number[:-1])
    assert billing.read(draft).issued_on == later
