"""Billing > Payments in the browser: record, assign, refund, reverse; the bank list; receivables."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Invoice, Payment
from tests import bills
from tests.page import words

pytestmark = pytest.mark.sqlite  # what is recorded is proved on both in tests/services: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def invoice(world):
    return bills.invoice(world, gross=198_037, number="INV-2026-000398")


def open_of(world, invoice) -> int:
    return world.find(Invoice, invoice.id).open


def payments(world) -> list[Payment]:
    with world.app.app_context():
        return list(db.session.scalars(select(Payment).order_by(Payment.id)))


def test_a_payment_is_recorded_on_the_page_of_its_invoice(dana, world, invoice):
    page = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    assert page.one("[name=amount]")["value"] == "1980.37"
    done = dana.submit(page, "Record the payment", amount="1,960.37", reference="OBRIEN 398")
    assert done.flash == "€1,960.37 is recorded. €20.00 is still open."
    assert open_of(world, invoice) == 2_000
    assert "Credit the difference…" in done.text
    assert "OBRIEN 398" in done.text
    again = dana.submit(done, "Record the payment", amount="30")
    assert again.flash == "€30.00 is recorded. €10.00 of it is not assigned."


def test_return_in_a_field_records_nothing(dana, world, invoice):
    page = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    first = page.soup.select("main form button")[0]
    assert (first["name"], first["value"]) == ("act", "check")
    dana.submit(page, "Check")
    dana.post("bss.invoice_payments.record", {"amount": "5", "paid_on": "2026-11-20"}, invoice_id=invoice.id)
    assert payments(world) == []


def test_somebody_was_faster(dana, world, invoice):
    page = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    dana.submit(page, "Record the payment", amount="1980.37")
    late = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    late = dana.submit(page, "Record the payment", amount="1980.37", key="7d444840-9dc0-11d1-b245-5ffdce74fad2")
    assert late.status == 409
    assert f"assigned 1980.37 EUR to {invoice.number} at" in late.text
    assert "€0.00 of €1,980.37 open" in late.text
    assert len(payments(world)) == 1


def test_who_assigns_in_a_second_tab_reads_what_was_done_by_whom(dana, browse, world, invoice):
    payment = world.payment(world.partner, 50_000)
    first = dana.open("bss.payments.show", payment_id=payment.id)
    dora = browse("dora")
    second = dora.open("bss.payments.show", payment_id=payment.id)
    dana.submit(first, "Assign", invoice=str(invoice.id))
    late = dora.submit(second, "Assign", invoice=str(invoice.id))
    assert late.status == 409
    said = rf"{world.dana.name} assigned 500\.00 EUR to {invoice.number} at \d\d:\d\d\. Nothing was done now\."
    assert re.search(said, late.text)


def test_two_presses_record_once(dana, world, invoice):
    page = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    for _ in range(2):
        assert dana.submit(page, "Record the payment", amount="5").status == 200
    assert len(payments(world)) == 1


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ({"amount": "5,5"}, "Enter an amount such as 10000.50."),
        ({"amount": "0"}, "Enter an amount above zero."),
        ({"amount": ""}, "Enter an amount."),
        ({"paid_on": "2030-01-01"}, "It lies in the future."),
        ({"paid_on": "soon"}, "Enter a day such as 2027-01-31."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(dana, world, invoice, typed, sentence):
    page = dana.submit(dana.open("bss.invoice_payments.record", invoice_id=invoice.id), "Record the payment", **typed)
    assert (page.status, page.errors) == (422, [sentence])
    assert payments(world) == []


def test_money_without_an_invoice_is_assigned_refunded_and_reversed(dana, world, invoice):
    chosen = dana.submit(dana.open("bss.payments.new"), "Continue", account="NORTH")
    page = dana.submit(chosen, "Record the payment", amount="100", reference="Thanks", note="By cheque")
    assert page.h1 == "Payment of €100.00"
    assert page.flash == "€100.00 is recorded. It is not assigned yet."
    page = dana.submit(page, "Assign", invoice=str(invoice.id), amount="60")
    assert page.flash == "€60.00 is assigned."
    assert open_of(world, invoice) == 192_037
    refused = dana.submit(page, "Record the refund", amount="40.01")
    assert (refused.status, refused.errors) == (422, ["That is more than is not assigned."])
    page = dana.submit(page, "Record the refund", amount="40")
    assert page.flash == "The refund of €40.00 is recorded."
    blocked = dana.submit(page, "Reverse it", reason="Bounced")
    assert blocked.status == 409
    assert "Reverse the refund first." in blocked.text
    refund = dana.open("bss.payments.show", payment_id=payments(world)[1].id)
    assert refund.h1 == "Refund of €40.00"
    assert "what was paid back waits for an invoice again" in refund.one("#reverse").text
    taken_back = dana.submit(refund, "Reverse it", reason="Its source was wrong")
    assert "Its source was wrong" in taken_back.text
    assert taken_back.flash == "The refund is reversed. What was paid back waits for an invoice again."
    page = dana.submit(dana.open("bss.payments.show", payment_id=payments(world)[0].id), "Reverse it", reason="Bounced")
    assert page.flash == "It is reversed. What it settled is open again."
    assert open_of(world, invoice) == 198_037
    assert not page.soup.select("main form")


def test_one_assignment_is_taken_back(dana, world, invoice):
    page = dana.submit(
        dana.open("bss.invoice_payments.record", invoice_id=invoice.id), "Record the payment", amount="60"
    )
    payment = payments(world)[0]
    page = dana.open("bss.payments.show", payment_id=payment.id)
    unsaid = dana.submit(page, "Take it back")
    assert (unsaid.status, unsaid.errors) == (422, ["Say why; it stays on record."])
    done = dana.submit(page, "Take it back", reason="It was for another one")
    assert done.flash == "€60.00 is taken back. The invoice is open again."
    assert "€60.00 not assigned" in done.text
    assert "It was for another one" in done.text
    assert open_of(world, invoice) == 198_037
    assert "Take it back" not in done.buttons
    again = dana.submit(page, "Take it back", reason="It was for another one")
    assert again.status == 409
    assert open_of(world, invoice) == 198_037
    shown = dana.open("bss.invoices.show", invoice_id=invoice.id)
    assert "Payment taken back" in shown.text
    assert "Credit the difference" not in shown.text


def test_a_reversal_asks_why(dana, world):
    payment = bills.payment(world)
    page = dana.submit(dana.open("bss.payments.show", payment_id=payment.id), "Reverse it")
    assert (page.status, page.errors) == (422, ["Say why; it stays on record."])


def test_who_is_not_billed_cannot_pay(dana, world):
    page = dana.submit(dana.open("bss.payments.new"), "Continue", account=world.customer.name)
    assert page.errors == [f"{world.customer.name} is not billed."]


def test_a_credit_note_is_set_off_and_refunded(dana, world, invoice):
    credit = bills.credit_note(world, invoice, 5_000)
    page = dana.open("bss.invoice_payments.record", invoice_id=credit.id)
    page = dana.submit(page, "Assign", invoice=str(invoice.id), amount="20")
    assert page.flash == "€20.00 is assigned."
    page = dana.submit(page, "Record the refund")
    assert page.flash == "The refund of €30.00 is recorded."
    assert (open_of(world, credit), open_of(world, invoice)) == (0, 196_037)
    shown = dana.open("bss.invoice_payments.record", invoice_id=invoice.id)
    assert credit.number in shown.text


def test_the_list_is_searched_filtered_and_exported(dana, world, invoice):
    old = bills.payment(world, amount=700, reference="OBRIEN MS", paid_on=clock_day(world, 40))
    bills.payment(world, world.rival, amount=900, reference="=1+1")
    page = dana.open("bss.payments.index")
    assert [words(row) for row in page.soup.select("tbody th")] == [world.rival.name, world.partner.name]
    assert len(page.soup.select("tbody tr")) == 2
    for query in ({"q": "obrien"}, {"q": "north"}, {"account": world.partner.id}, {"to": str(clock_day(world, 30))}):
        found = dana.open("bss.payments.index", **query)
        assert [row["id"] for row in found.soup.select("tbody tr")] == [f"payment-{old.id}"], query
    assert "Nothing matches" in dana.open("bss.payments.index", show="reversed").text
    assert len(dana.open("bss.payments.index", show="not-assigned").soup.select("tbody tr")) == 2
    text = dana.raw("GET", dana.url("bss.payments.index", format="csv")).get_data(as_text=True)
    assert text.count("\n") == 3
    assert '"\'=1+1"' in text
    for strange, sentence in (("from", "ignored"), ("show", "ignored"), ("account", "There is no such account")):
        assert sentence in dana.open("bss.payments.index", **{strange: "x"}).text


def test_the_list_has_pages(dana, world):
    for place in range(60):
        bills.payment(world, amount=place + 1, paid_on=clock_day(world, place // 7))
    page = dana.open("bss.payments.index")
    seen = {row["id"] for row in page.soup.select("tbody tr")}
    later = dana.press(page, "Next")
    assert len(seen) == 50
    assert len({row["id"] for row in later.soup.select("tbody tr")} - seen) == 10
    assert {row["id"] for row in dana.press(later, "Back").soup.select("tbody tr")} == seen
    assert dana.open("bss.payments.index", after="1,2026-99-99").status == 200


def test_a_bank_list_is_previewed_and_recorded_once(dana, world, invoice):
    text = "Buchungstag;Betrag;Verwendungszweck;Auftraggeber\n20.11.2026;1.980,37;INV 2026 398;O’Brien\n"
    text += "20.11.2026;50,00;Hello;Somebody\n20.11.2026;-3,00;Fee;Bank\n20.11.2026;0,00;Terms;Bank\n"
    page = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
    assert "1 payment would be recorded" in page.text
    assert "1 line without an invoice" in page.text
    assert "1 line is money that left the account" in page.text
    assert "1 line has an amount of zero." in page.text
    assert payments(world) == []
    page = dana.submit(page, "Preview", **{"account-3": "HARBOUR"})
    done = dana.submit(page, "Record 2 payments")
    assert done.flash == "2 payments were recorded."
    assert open_of(world, invoice) == 0
    again = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
    assert "2 lines are recorded already." in again.text
    assert "Nothing would be recorded." in again.text


def test_what_a_bank_list_leaves_open_is_asked(dana, world, invoice):
    text = "Date,Amount,Reference\n01/02/2026,1.980,INV-2026-398\n"
    page = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
    assert "may be a thousand or a fraction" in page.text
    assert "1 February 2026" in page.text
    page = dana.submit(page, "Preview", numbers="point", dates="month-first")
    assert "2 January 2026" in page.text
    assert "Record 1 payment" in page.text


def test_a_line_can_be_left_out(dana, world, invoice):
    text = "Date,Amount,Reference\n2026-11-20,5.00,INV-2026-398\n"
    page = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
    page = dana.submit(page, "Preview", leave="2")
    assert "Nothing would be recorded." in page.text


def test_a_bank_list_that_is_out_of_date_records_nothing(dana, world, invoice):
    text = "Date,Amount,Reference\n2026-11-20,5.00,INV-2026-398\n"
    page = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
    dana.submit(dana.open("bss.invoice_payments.record", invoice_id=invoice.id), "Record the payment")
    late = dana.submit(page, "Record 1 payment")
    assert late.status == 409
    assert len(payments(world)) == 1


def test_what_is_no_bank_list_is_refused(dana):
    for text in ("", "Hello"):
        page = dana.submit(dana.open("bss.bank_lists.index"), "Preview", text=text)
        assert page.status == 422
        assert "notice" in page.body


def test_receivables_show_who_owes_and_whom_we_owe(dana, world, invoice):
    bills.payment(world, world.rival, amount=700)
    bills.invoice(world, world.direct_customer, 5_000, issued_on=clock_day(world, 60), due_on=clock_day(world, 45))
    page = dana.open("bss.receivables.index")
    names = [words(each) for each in page.soup.select("tbody th")]
    assert names == [world.direct_customer.name, world.partner.name, world.rival.name]
    assert "we owe US$7.00" in page.text
    overdue = dana.open("bss.receivables.index", show="overdue")
    assert [words(each) for each in overdue.soup.select("tbody th")] == [world.direct_customer.name]
    text = dana.raw("GET", dana.url("bss.receivables.index", format="csv")).get_data(as_text=True)
    assert '"-7.00"' in text


def test_a_viewer_sees_and_changes_nothing(browse, world, invoice):
    vera = browse("vera")
    payment = bills.payment(world)
    page = vera.open("bss.payments.show", payment_id=payment.id)
    assert not page.soup.select("main form")
    assert "Record a payment" not in vera.open("bss.payments.index").text


def clock_day(world, ago: int):
    with world.app.app_context():
        return clock.today() - timedelta(days=ago)


def test_what_is_settled_takes_no_payment(dana, world, invoice):
    page = dana.open("bss.invoices.show", invoice_id=invoice.id)
    old = dana.open("bss.invoices.show", invoice_id=invoice.id)
    paid = dana.submit(page, "Record the payment", amount=str(invoice.gross / 100))
    assert "Nothing of it is open." in paid.text
    assert "Record the payment" not in paid.buttons
    assert dana.url("bss.payments.new") in [link["href"] for link in paid.soup.select("#payments a")]
    late = dana.submit(old, "Record the payment", amount="5")
    assert (late.status, "Record the payment" in late.buttons) == (409, False)
    assert len(payments(world)) == 1
