"""Storefront > Invoices: what the billed account sees, how it pays, and that nobody else sees anything."""

import pytest

pytestmark = pytest.mark.sqlite  # what is found is proved on both in tests/services: once is enough


@pytest.fixture
def paula(browse):
    return browse("paula")


def numbers(page) -> list[str]:
    return [link.text for link in page.soup.select("#list tbody th a")]


def test_a_partner_sees_its_own_without_drafts(paula, world):
    world.draft()
    world.invoice(world.rival)
    own = world.invoice()
    page = paula.open("storefront.invoices.index")
    assert numbers(page) == [own.number]
    assert "€354.03 to pay" in page.text
    assert numbers(paula.open("storefront.invoices.index", state="draft")) == []


def test_the_sum_to_pay_says_what_is_overdue(paula, world):
    world.overdue_invoice()
    assert "All of it is overdue." in paula.open("storefront.invoices.index").text
    world.invoice()
    page = paula.open("storefront.invoices.index")
    assert "€708.06 to pay" in page.text
    assert "€354.03 is overdue" in page.text


def test_a_partners_customer_has_no_invoices_and_no_entry(browse, world):
    invoice, carl = world.invoice(), browse("carl")
    for url in (carl.url("storefront.invoices.index"), carl.url("storefront.invoices.show", invoice_id=invoice.id)):
        assert carl.raw("GET", url).status_code == 404
    assert "Invoices" not in carl.open("storefront.index").text
    assert "Invoices" in browse("paula").open("storefront.index").text


def test_a_direct_customer_sees_its_own(app, browse, world):
    person = world.user(world.direct_customer)
    invoice = world.invoice(world.direct_customer)
    browser = browse()
    browser.arrive(person.id)
    assert numbers(browser.open("storefront.invoices.index")) == [invoice.number]
    assert browser.open("storefront.invoices.show", invoice_id=invoice.id).h1 == invoice.number


def test_the_page_says_how_to_pay_what_is_open(paula, world):
    invoice = world.overdue_invoice(3)
    world.payment(world.partner, 5403, invoice=invoice)
    page = paula.open("storefront.invoices.show", invoice_id=invoice.id)
    assert page.soup.select_one("#pay-title").text == "€300.00 to pay"
    assert "It was due on" in page.text
    assert "That was 3 days ago." in page.text
    assert page.facts["IBAN"] == "DE02 1203 0000 0000 2020 51"
    assert page.facts["Reference"] == invoice.number
    assert page.soup.select(".qr svg path")
    (ask,) = page.soup.select("a[href^='mailto:']:not(footer a)")
    assert ask["href"] == f"mailto:billing%40meridian.example?subject={invoice.number}"


def test_nothing_is_asked_for_what_is_settled(paula, world):
    invoice = world.invoice()
    note = world.credit_note(invoice)
    page = paula.open("storefront.invoices.show", invoice_id=invoice.id)
    assert page.soup.select_one("#pay-title").text == "Nothing to pay"
    assert not page.soup.select(".qr")
    assert paula.press(page, note.number).soup.select_one("#pay-title").text == "€354.03 credited to you"


def test_a_file_of_another_account_does_not_exist(paula, world):
    own, foreign = world.invoice(), world.invoice(world.rival)
    answers = [
        paula.raw("GET", paula.url("storefront.invoices.download", invoice_id=invoice.id, document="pdf")).status_code
        for invoice in (own, foreign, world.draft())
    ]
    assert answers == [200, 404, 404]


def test_the_order_leads_the_payer_to_its_invoice(paula, browse, world):
    asset = world.asset("synchronized")
    invoice = world.invoice(assets=[asset])
    page = paula.open("storefront.orders.show", order_id=asset.order_id)
    assert paula.press(page, invoice.number).h1 == invoice.number
    assert invoice.number not in browse("carl").open("storefront.orders.show", order_id=asset.order_id).text


def test_a_credit_stands_beside_what_is_to_pay(paula, world):
    invoice = world.invoice()
    assert "You have a credit" not in paula.open("storefront.invoices.index").text
    world.payment(world.partner, 10_000)
    world.payment(world.rival, 77_700)
    page = paula.open("storefront.invoices.index")
    assert "€354.03 to pay" in page.text
    assert "You have a credit of €100.00 that is not set off yet. With it, €254.03 is left to pay." in page.text
    page = paula.open("storefront.invoices.show", invoice_id=invoice.id)
    assert "You have a credit of €100.00 that is not set off yet. Ask us to set it off before you pay." in page.text
    world.payment(world.partner, 30_000)
    assert "It covers all that is open." in paula.open("storefront.invoices.index").text


def test_a_credit_is_named_where_nothing_is_to_pay(paula, world):
    world.payment(world.partner, 10_000)
    page = paula.open("storefront.invoices.index")
    assert ("Nothing to pay" in page.text, "You have a credit of €100.00" in page.text) == (True, True)
