"""Billing > Invoices: the list, its search, filters, pages and file; the page of one invoice; its files."""

import csv
import hashlib
import io

import pytest
from sqlalchemy import delete

from portal.core.audit import record
from portal.extensions import db
from portal.models import InvoiceDocument, Job, JobKind
from tests.page import words
from tests.saved import now, saved
from tests.services.invoicing.conftest import Billing

pytestmark = pytest.mark.sqlite  # what is found is proved on both in tests/services: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def numbers(page) -> list[str]:
    return [link.contents[0] for link in page.soup.select("#list tbody th a")]


def test_the_list_says_how_each_invoice_is(dana, world):
    draft, issued, late, paid, credited = (
        world.draft(), world.invoice(), world.overdue_invoice(), world.invoice(), world.invoice(),
    )  # fmt: skip
    world.payment(world.partner, 100, invoice=late)
    world.payment(world.partner, paid.gross, invoice=paid)
    note = world.credit_note(credited)
    page = dana.open("bss.invoices.index")
    rows = {row["id"]: " ".join(row.get_text(" ").split()) for row in page.soup.select("#list tbody tr")}
    assert numbers(page)[0] == "No number yet"
    for invoice, said in (
        (draft, ["Draft", "Northlight IT", "Not yet", "354.03 EUR"]),
        (issued, [issued.number, "Issued", "354.03 EUR"]),
        (late, ["Overdue, 15 days", "353.03 EUR"]),
        (paid, ["Paid"]),
        (credited, ["Credited in full"]),
        (note, ["Credit note", "−354.03 EUR"]),
    ):
        for text in said:
            assert text in rows[f"invoice-{invoice.id}"], (text, rows[f"invoice-{invoice.id}"])


def test_each_tile_opens_what_it_counts(dana, world):
    world.draft()
    world.overdue_invoice()
    world.invoice()
    world.invoice(world.rival)
    page = dana.open("bss.invoices.index")
    tiles = {tile.select_one(".tile__name").text: tile for tile in page.soup.select(".tile")}
    assert [*tiles] == ["Drafts", "Open", "Overdue", "Issued this month"]
    for name, count, amounts in (
        ("Drafts", 1, ["€354.03"]),
        ("Open", 3, ["€708.06", "US$383.78"]),
        ("Overdue", 1, ["€354.03"]),
        ("Issued this month", 2, ["€354.03", "US$383.78"]),
    ):
        tile = tiles[name]
        assert tile.select_one(".tile__value").text == str(count)
        for amount in amounts:
            assert amount in tile.text, (name, tile.text)
        assert len(numbers(dana.visit(tile["href"]))) == count, name


def test_filters_stand_in_the_address_and_are_taken_away(dana, world):
    euros, dollars = world.invoice(), world.invoice(world.rival)
    page = dana.open("bss.invoices.index", state="open", currency="usd")
    assert numbers(page) == [dollars.number]
    (chip,) = page.soup.select("a.chip--set")
    assert numbers(dana.visit(chip["href"])) == [dollars.number, euros.number]
    page = dana.submit(dana.open("bss.invoices.index"), "Find", **{"account-name": "Rivera Cloud"})
    assert numbers(page) == [dollars.number]


@pytest.mark.parametrize("query", ["state=x", "from=x", "due-to=9999-12-31", "account=x", "currency=1", "after=x"])
def test_what_cannot_be_read_is_left_out(dana, world, query):
    invoice = world.invoice()
    page = dana.visit(f"{dana.url('bss.invoices.index')}?{query}")
    assert (page.status, numbers(page)) == (200, [invoice.number])


def test_a_search_goes_by_post_and_leads_to_an_address(dana, world):
    invoice = world.invoice()
    world.invoice()
    found = dana.submit(dana.open("bss.invoices.index"), "Search", q=invoice.number.lower())
    assert "q=inv-" in found.url
    assert numbers(found) == [invoice.number]


def test_pages_lead_forwards_and_back_and_the_oldest_come_first(dana, world):
    assets = world.assets(60, "synchronized", account=world.partner)
    made = [world.invoice(assets=[asset], documents=()).number for asset in assets][::-1]
    first = dana.open("bss.invoices.index")
    second = dana.press(first, "Next")
    assert numbers(first) + numbers(second) == made
    assert numbers(dana.press(second, "Back")) == numbers(first)
    assert numbers(dana.press(first, "Last")) == made[-50:]
    assert numbers(dana.press(first, "Issued")) == made[::-1][:50]


def test_the_file_has_what_the_list_shows(dana, world):
    invoice = world.invoice(po_number="=1+1")
    note = world.credit_note(invoice)
    world.invoice(world.rival)
    page = dana.open("bss.invoices.index", account=world.partner.id)
    answer = dana.raw("GET", next(link["href"] for link in page.soup.select("a[download]")))
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [line["Number"] for line in lines] == [note.number, invoice.number]
    assert lines[1]["PO"] == "'=1+1"
    assert [line["Total"] for line in lines] == ["-354.03", "354.03"]
    assert lines[1]["Issued"] == str(invoice.issued_on)
    assert (lines[1]["Account code"], lines[1]["Currency"], lines[1]["State"], lines[1]["Open"]) == (
        world.partner.code, "EUR", "Credited in full", "0.00",
    )  # fmt: skip


def test_a_list_costs_three_statements(dana, world, sql):
    world.invoice()
    for query in ("", "?state=open", "?q=INV", f"?account={world.partner.id}", "?from=2026-01-01"):
        address = dana.url("bss.invoices.index") + query
        dana.visit(address)
        with sql() as statements:
            dana.visit(address)
        assert len(statements) <= 3, "\n\n".join(statements)


def test_the_page_says_what_is_open_and_why(dana, world):
    invoice = world.overdue_invoice(assets=world.assets(2, "synchronized", account=world.partner))
    world.payment(world.partner, 10_000, invoice=invoice, reference="OBRIEN PART")
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    assert page.h1 == invoice.number
    assert "Overdue, 15 days" in page.text
    assert "Partly paid" in page.text
    (due,) = page.soup.select(".sums__due dd")
    assert due.text == "€608.05"
    assert "−100.00" in page.soup.select_one(".sums").text
    assert "S, standard rate, 19%" in page.text
    assert page.facts["Their order"] == "PO 4533-A"


def test_credit_note_and_invoice_lead_to_each_other(dana, world):
    invoice = world.invoice()
    note = world.credit_note(invoice)
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    other = dana.press(page, note.number)
    assert other.h1 == note.number
    assert "Cancelled in time" in other.text
    assert "Set off against" in other.text
    assert dana.press(other, invoice.number).h1 == invoice.number


def test_what_happened_is_told(dana, world):
    invoice = world.invoice()
    with world.transaction():
        record("invoice", invoice.id, "draft", by=world.dana, field="gross", after="35403 EUR")
        record("invoice", invoice.id, "issue", by=world.dana, field="number", after=invoice.number)
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    events = [" ".join(event.text.split()) for event in page.soup.select(".event")]
    assert events[0].startswith("Issued")
    assert invoice.number in events[0]
    assert "€354.03" in events[1]


@pytest.mark.parametrize(
    "kind, suffix, media_type",
    [
        ("pdf", ".pdf", "application/pdf"),
        ("factur-x", ".cii.xml", "application/xml"),
        ("xrechnung", ".xrechnung.xml", "application/xml"),
        ("peppol", ".ubl.xml", "application/xml"),
    ],
)
def test_a_file_is_sent_as_it_was_stored(dana, world, kind, suffix, media_type):
    invoice = world.invoice(documents=["pdf", "factur-x", "xrechnung", "peppol"])
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    (link,) = [link for link in page.soup.select("a.strong[download]") if link.text == invoice.number + suffix]
    answer = dana.raw("GET", link["href"])
    sha256 = hashlib.sha256(answer.get_data()).hexdigest()
    assert sha256 in page.text
    assert answer.headers["ETag"] == f'"{sha256}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}{suffix}"'
    assert answer.mimetype == media_type
    assert dana.raw("GET", link["href"], headers={"If-None-Match": f'"{sha256}"'}).status_code == 304


@pytest.mark.parametrize("kind", ["peppol", "no-such-kind", "PDF"])
def test_what_is_not_stored_does_not_exist(dana, world, kind):
    invoice = world.invoice(documents=["factur-x"])
    assert dana.raw("GET", dana.url("bss.invoices.download", invoice_id=invoice.id, document=kind)).status_code == 404


def test_the_page_waits_for_the_pdf_and_says_why_there_is_none(app, dana, world):
    invoice = world.invoice(documents=["factur-x"], buyer_name="株式会社クラウド東京")
    with world.transaction():
        saved(Job(kind=JobKind.INVOICE_PDF, subject_id=invoice.id, due_at=now()))
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    assert "The PDF is being made." in page.text
    assert dana.look(page).headers["HX-Reswap"] == "none"  # nothing new
    with app.app_context(), world.transaction():
        db.session.delete(db.session.query(Job).filter_by(kind=JobKind.INVOICE_PDF).one())
    page = dana.poll(page)
    assert "No font has these characters: " in page.text
    assert "東" in page.text
    assert not page.soup.select("a[href$='/documents/pdf']")
    with world.transaction():
        content = b"%PDF"
        columns = {"content": content, "size": 4, "sha256": hashlib.sha256(content).hexdigest(), "made_at": now()}
        saved(InvoiceDocument(invoice_id=invoice.id, kind="pdf", **columns))
    assert dana.open("bss.invoices.show", invoice_id=invoice.id).soup.select("a[href$='/documents/pdf']")


def test_the_page_says_why_a_file_is_lacking_and_where_it_is_given(app, dana, world):
    billing = Billing(app, world)
    billing.prepare()
    billing.tax(world.partner, "S24", billing_email="bills@partner.example")
    invoice = billing.issued()
    panel = dana.open("bss.invoices.show", invoice_id=invoice.id).one("#invoice-documents")
    assert "2 files were not made" in words(panel)
    assert "XRechnungThe account had no Leitweg-ID or other buyer reference." in words(panel)
    assert "The account had an e-mail address alone: Peppol needs a scheme" in words(panel)
    assert panel.select_one(f"details a[href='{dana.url('accounts.edit', account_id=invoice.billed_account_id)}']")
    dinars = world.invoice(documents=[], currency="KWD")
    panel = dana.open("bss.invoices.show", invoice_id=dinars.id).one("#invoice-documents")
    assert words(panel).count("Its currency has three decimals") == 3


def test_who_prints_without_characters_sees_them_first_and_they_stay_on_record(app, dana, world):
    invoice = world.invoice(documents=[], buyer_name="株 Kabu")
    with app.app_context(), world.transaction():
        db.session.execute(delete(Job).where(Job.kind == JobKind.INVOICE_PDF))
    page = dana.press(dana.open("bss.invoices.show", invoice_id=invoice.id), "Print it without them…")
    assert ("No font has this character: 株" in page.text, "株 Kabu" in page.text) == (True, True)
    other = dana.submit(page, "Print it without them, and make the PDF", seen="東")
    assert "What cannot be printed is not what you saw." in other.flash
    done = dana.submit(other, "Print it without them, and make the PDF")
    assert "The PDF is made without 株." in done.flash
    assert "Printed without 株, which no font has." in done.text
    assert "Its PDF was made a moment before." in dana.submit(page, "Print it without them, and make the PDF").flash


def test_a_draft_has_no_documents_yet(dana, world):
    page = dana.open("bss.invoices.show", invoice_id=world.draft().id)
    assert page.h1 == "Draft for Northlight IT"
    assert "Documents" not in page.text


def test_account_order_and_asset_lead_to_their_invoices(dana, world, sql):
    asset = world.asset("synchronized")
    before = dana.open("bss.assets.show", asset_id=asset.id)
    assert before.facts["Invoice"] == "Not invoiced yet"
    invoices = [world.overdue_invoice(days) for days in range(1, 7)]
    invoice = world.invoice(assets=[asset])
    page = dana.open("accounts.show", account_id=world.partner.id)
    shown = [link.text for link in page.soup.select("#invoices tbody th a")]
    assert shown == [invoice.number, *(each.number for each in invoices[:4])]
    assert dana.press(page, "Show all invoices").url.endswith(f"?account={world.partner.id}")
    for page in (
        dana.open("bss.assets.show", asset_id=asset.id),
        dana.open("bss.orders.show", order_id=asset.order_id),
    ):
        assert dana.press(page, invoice.number).h1 == invoice.number
    assert not dana.open("accounts.show", account_id=world.customer.id).soup.select("#invoices")
