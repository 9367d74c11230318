"""A bank list: columns, dates and amounts as banks write them; matched by number, previewed, recorded once."""

import pytest

from portal.core import csv_safe
from portal.core.errors import Conflict, NotAllowed
from portal.models import PaymentSource
from portal.services.imports.bank_lists import Said, Verdict
from portal.services.imports.bank_lists.bank_reading import Choices
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading.dates import DateOrder
from portal.services.imports.reading.numbers import NumberStyle
from tests import bills
from tests.services.imports.counter import Counter
from tests.services.invoicing.desk import Desk
from tests.services.shop import at_once

pytestmark = pytest.mark.sqlite

HEADS = "Date,Amount,Reference,Payer"
DAY = "2026-11-20"


@pytest.fixture
def counter(app, world) -> Counter:
    return Counter(app, world)


@pytest.fixture
def desk(app, world) -> Desk:
    return Desk(app, world)


def lines(*rows: str, heads: str = HEADS) -> str:
    return "\n".join((heads, *rows)) + "\n"


def row(*cells: object) -> str:
    return csv_safe.text_of([cells]).strip()


def verdicts(plan) -> list[Verdict]:
    return [each.verdict for each in plan.rows]


def bill(world, number: str, gross: int = 10_000, **columns) -> int:
    return bills.invoice(world, columns.pop("account", None), gross, number=number, **columns).id


@pytest.mark.parametrize(
    "reference",
    [
        "INV-2026-000398", "inv-2026-000398", "Re. INV 2026 000398, thank you", "INV2026000398", "INV-2026-398",
        "Rg.Nr.inv/2026/00398 vom 2.11.", "INV-2026-000398PART", "ＩＮＶ-2026-000398",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(counter, world, reference):
    wanted = bill(world, "INV-2026-000398")
    bill(world, "INV-2026-003980")
    (found,) = counter.preview(lines(row(DAY, "100.00", reference, "O’Brien"))).rows
    assert (found.verdict, [each.id for each, _part in found.bills]) == (Verdict.MATCHED, [wanted])


@pytest.mark.parametrize(
    "reference", ["", "Thank you", "PO 398", "INV-2025-000398", "INV-2026-0003981", "000398", "2026"]
)
def test_no_number_is_guessed(counter, world, reference):
    bill(world, "INV-2026-000398")
    assert verdicts(counter.preview(lines(row(DAY, "100.00", reference, "")))) == [Verdict.NONE]


def test_a_number_without_zeros_must_be_the_only_one(counter, world):
    bill(world, "INV-2026-07")
    bill(world, "INV-2026-007")
    found = counter.preview(lines(row(DAY, "100.00", "INV-2026-7", ""), row(DAY, "1", "INV-2026-007", "")))
    assert verdicts(found) == [Verdict.NONE, Verdict.SHORT]


def test_numbers_of_digits_only_are_not_found_in_any_text(counter, world):
    bill(world, "17")
    bill(world, "20260017")
    found = counter.preview(lines(row(DAY, "1", "17 licences", ""), row(DAY, "1", "Nr. 20260017", "")))
    assert verdicts(found) == [Verdict.NONE, Verdict.SHORT]


def test_what_becomes_of_each_line(counter, world, desk):
    whole, short, over = (bill(world, f"INV-{place}-A") for place in range(3))
    paid = bill(world, "INV-3-A")
    desk.pay(paid, 10_000)
    bill(world, "INV-4-A", currency="USD")
    text = lines(
        row(DAY, "100.00", "INV-0-A", "P"), row(DAY, "98.00", "INV-1-A", "P"),
        row(DAY, "120.00", "INV-2-A", "P"), row(DAY, "100.00", "INV-3-A", "P"),
        row(DAY, "100.00", "INV-4-A", "P"), row(DAY, "50.00", "Hello", "P"),
        row(DAY, "-7.00", "Fee", "Bank"), row(DAY, "ten", "INV-0-A", "P"),
        row("2031-11-20", "5", "INV-0-A", "P"),
    )  # fmt: skip
    plan = counter.preview(text)
    assert verdicts(plan) == [
        Verdict.MATCHED, Verdict.SHORT, Verdict.OVER, Verdict.PAID, Verdict.CURRENCY, Verdict.NONE, Verdict.OUTGOING,
        Verdict.FAULTY, Verdict.FAULTY,
    ]  # fmt: skip
    assert [each.line.line for each in plan.chosen] == [2, 3, 4]
    recorded = counter.apply(text)
    assert [desk.invoice(each).open for each in (whole, short, over)] == [0, 200, 0]
    assert [desk.payment(each).unassigned for each in recorded] == [0, 0, 2_000]
    payment = desk.payment(recorded[0])
    assert (payment.source, payment.source_line, payment.note) == (PaymentSource.BANK_LIST, 2, "P")
    desk.check([world.partner.id])


def test_a_list_that_is_read_again_records_nothing_twice(counter, world, desk):
    first = bill(world, "INV-1-A", 30_000)
    twice = row(DAY, "100.00", "INV-1-A", "P")
    text = lines(twice, twice, row("2026-11-21", "10.00", "", "Q"))
    said = Said(accounts={4: world.partner.code})
    assert len(counter.apply(text, said)) == 3  # two that are alike are two payments
    assert desk.invoice(first).settled == 20_000
    assert counter.apply(text, said) == []
    other = "Buchungstag;Betrag;Verwendungszweck;Auftraggeber\n20.11.2026;100,00;INV-1-A;P\n21.11.26;10,00;;Q\n"
    assert verdicts(counter.preview(other)) == [Verdict.RECORDED, Verdict.RECORDED]
    assert verdicts(counter.preview(lines(twice, twice, twice)))[2] is Verdict.MATCHED


def test_what_was_reversed_is_not_recorded_again(counter, world, desk):
    bill(world, "INV-1-A")
    text = lines(row(DAY, "100.00", "INV-1-A", "P"))
    (payment_id,) = counter.apply(text)
    desk.reverse(payment_id)
    (found,) = counter.preview(text).rows
    assert (found.verdict, found.why) == (Verdict.RECORDED, "It was reversed since.")


def test_a_line_pays_all_invoices_that_it_names(counter, world, desk):
    first, second = bill(world, "INV-1-A", 300), bill(world, "INV-2-A", 500)
    counter.apply(lines(row(DAY, "7.00", "INV-2-A and INV-1-A", "P")))
    assert (desk.invoice(first).open, desk.invoice(second).open) == (100, 0)
    bill(world, "INV-3-A", account=world.rival)
    found = counter.preview(lines(row(DAY, "7.00", "INV-1-A, INV-3-A", "P")))
    assert verdicts(found) == [Verdict.NONE]


def test_a_long_text_is_read_to_its_end(counter, world, desk):
    """A payment keeps 200 characters of it, and is still known again."""
    numbers = [f"INV-2026-{place:06}" for place in range(1, 26)]
    issued = [bill(world, number, 400) for number in numbers]
    text = lines(row(DAY, "100.00", " ".join(numbers), "P"))
    (payment_id,) = counter.apply(text)
    assert [desk.invoice(each).open for each in issued] == [0] * 25
    assert desk.payment(payment_id).reference == " ".join(numbers)[:200].rstrip()
    assert verdicts(counter.preview(text)) == [Verdict.RECORDED]


def test_lines_of_one_list_share_what_is_open(counter, world):
    bill(world, "INV-1-A", 10_000)
    text = lines(*(row(DAY, "60.00", "INV-1-A", payer) for payer in "ABC"))
    assert verdicts(counter.preview(text)) == [Verdict.SHORT, Verdict.OVER, Verdict.PAID]
    left = Said(left_out=frozenset({2}))
    assert verdicts(counter.preview(text, left)) == [
        Verdict.SHORT,
        Verdict.SHORT,
        Verdict.OVER,
    ]


def test_a_person_says_what_becomes_of_a_line(counter, world, desk):
    paid, open_id = bill(world, "INV-1-A"), bill(world, "INV-2-A")
    desk.pay(paid, 10_000)
    text = lines(
        row(DAY, "100.00", "INV-1-A", ""), row(DAY, "50.00", "Hi", ""),
        row(DAY, "60.00", "Hi", ""), row(DAY, "70.00", "Hi", ""), row(DAY, "1", "INV-2-A", ""),
    )  # fmt: skip
    said = Said(frozenset({6}), frozenset({2}), {3: world.direct_customer.name, 4: "inv-2-a", 5: "Nobody & Sons"})
    recorded = [desk.payment(each) for each in counter.apply(text, said)]
    assert [(each.account_id, each.unassigned) for each in recorded] == [
        (world.partner.id, 10_000), (world.direct_customer.id, 5_000), (world.partner.id, 0),
    ]  # fmt: skip
    assert desk.invoice(open_id).settled == 6_000


def test_who_is_not_billed_is_no_payer(counter, world):
    said = Said(accounts={2: world.customer.name})
    assert verdicts(counter.preview(lines(row(DAY, "5", "", "")), said)) == [Verdict.NONE]


def test_a_preview_that_is_out_of_date_records_nothing(counter, world, desk):
    invoice_id = bill(world, "INV-1-A")
    text = lines(row(DAY, "100.00", "INV-1-A", "P"))
    seen = counter.preview(text).digest
    desk.pay(invoice_id, 100)
    with pytest.raises(Conflict):
        counter.apply(text, seen=seen)
    assert desk.invoice(invoice_id).settled == 100


def test_only_who_may_invoice_reads_one(counter):
    for nick in ("vera", "paula"):
        with pytest.raises(NotAllowed):
            counter.preview(lines(row(DAY, "5", "", "")), nick=nick)


@pytest.mark.parametrize(
    "cells, style, expected",
    [
        (["1.980,37", "1.230"], None, [198_037, 123_000]),
        (["1,980.37", "1,230"], None, [198_037, 123_000]),
        (["1 980,37", "5"], None, [198_037, 500]),
        (["€ 12,50", "12,50 EUR"], None, [1_250, 1_250]),
        (["1.230", "5"], None, [None, 500]),
        (["1.230"], NumberStyle.POINT, [123_000]),
        (["1,230"], NumberStyle.COMMA, [123_000]),
        (["12.5", "12,5"], None, [None, None]),
        (["12.5", "12,5"], NumberStyle.POINT, [None, 1_250]),
        (["1.2345", "12.50"], None, [None, 1_250]),
        (["=1+1", "", "1e3", "٣"], None, [None] * 4),
        (["+12.50", "12.50-", "−12.50", "EUR -12.50", "-"], None, [1_250, -1_250, -1_250, -1_250, None]),
        (["+-12.50", "-12.50-", "--12.50", "12.50+-", "1-250", "(12.50)"], None, [None] * 6),
    ],
)
def test_amounts_are_read_as_the_column_says(counter, world, cells, style, expected):
    text = lines(*(row(DAY, cell, "x", "") for cell in cells))
    plan = counter.preview(text, choices=Choices("EUR", style))
    assert [None if each.line.faults else each.line.amount for each in plan.rows] == expected


def test_what_is_no_amount_is_said(counter):
    (found,) = counter.preview(lines(row(DAY, "ten", "x", ""))).rows
    assert found.line.faults == (("Amount", "“ten” is no amount."),)


def test_dollars_are_no_euros(counter, world):
    bill(world, "INV-2026-000001", 1_000)
    text = lines(row(DAY, "$10.00", "INV-2026-000001", ""))
    (found,) = counter.preview(text).rows
    assert found.line.faults == (
        ("Amount", "“$10.00” is not in EUR. Say which dollars they are, in a column Currency."),
    )
    assert verdicts(counter.preview(text, choices=Choices("USD"))) == [Verdict.CURRENCY]


def test_what_may_be_two_amounts_is_asked(counter):
    plan = counter.preview(lines(row(DAY, "1.230", "", "")))
    assert plan.told == ["1.230 on line 2 may be a thousand or a fraction. Say how amounts are written."]


def test_yen_have_no_decimals(counter, world):
    bill(world, "INV-1-A", 5_000, currency="JPY")
    text = lines(
        '2026-11-20,"5,000",JPY,INV-1-A', "2026-11-20,50.5,JPY,INV-1-A", heads="Date,Amount,Currency,Reference"
    )
    assert verdicts(counter.preview(text)) == [Verdict.MATCHED, Verdict.FAULTY]


@pytest.mark.parametrize(
    "cells, order, expected",
    [
        (["20.11.2026", "01.02.2026", "20.11.26"], None, [DAY, "2026-02-01", "2026-11-20"]),
        (["11/20/2026", "01/02/2026"], None, [None, None]),
        (["11/20/2026", "01/02/2026"], DateOrder.MONTH, [DAY, "2026-01-02"]),
        (["2026-11-20 14:03:11", "2026-11-20T00:00Z"], None, ["2026-11-20"] * 2),
        (["31.02.2026", "soon"], None, [None, None]),
    ],
)
def test_dates_are_read_as_the_column_says(counter, cells, order, expected):
    plan = counter.preview(lines(*(row(cell, "1", "x", "") for cell in cells)), choices=Choices("EUR", order=order))
    assert [str(each.line.day) if each.line.day else None for each in plan.rows] == expected


def test_a_heading_below_title_lines_is_found(counter, world):
    bill(world, "INV-1-A")
    text = "Account;DE12 3456\nBalance;1.000,00\n\nValuta;Name;Verwendungszweck;Betrag;Währung;Soll/Haben\n"
    text += "20.11.2026;P;INV-1-A;100,00;EUR;H\n20.11.2026;P;INV-1-A;100,00;EUR;S\n"
    plan = counter.preview(text)
    assert [(each.line.line, each.verdict) for each in plan.rows] == [(5, Verdict.MATCHED), (6, Verdict.OUTGOING)]


@pytest.mark.parametrize("text", ["", "Hello", "Date,Amount\n", "Name,Code\nA,1\n", "x" * 700_000])
def test_what_is_no_bank_list_is_refused_as_a_whole(counter, text):
    with pytest.raises(Unreadable):
        counter.preview(text)


def test_lines_are_recorded_in_several_transactions(counter, world, desk):
    ids = [bill(world, f"INV-2026-{place:06}", 25) for place in range(1, 21)]
    text = lines(*(row(DAY, "0.01", f"INV-2026-{place % 20 + 1:06}", f"Payer {place}") for place in range(500)))
    assert len(counter.apply(text)) == 500
    assert {desk.invoice(each).open for each in ids} == {0}
    assert counter.apply(text) == []
    desk.check([world.partner.id])


def test_the_same_list_applied_at_once(counter, world, desk):
    ids = [bill(world, f"INV-{place}-A", 1_000) for place in range(30)]
    text = lines(*(row(DAY, "10.00", f"INV-{place}-A", "") for place in range(30)))
    seen = counter.preview(text).digest
    answers = at_once(3, lambda: counter.apply(text, seen=seen))
    assert all(isinstance(each, list | Conflict) for each in answers)
    assert len({payment for each in answers if isinstance(each, list) for payment in each}) == 30
    assert {desk.invoice(each).settled for each in ids} == {1_000}
    desk.check([world.partner.id])
