"""Sums to the cent, against a reference that shares nothing with the code: strings and Decimal."""

import random
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest

from portal.providers.einvoice.document import Category, CreditedBefore, Kind, Line, Tax
from portal.providers.einvoice.totals import line_amount, major_units, totals, totals_of_lines, vat_of
from tests.providers.einvoice.corpus import EUROS, document

DIGITS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
RATES = ("24", "19", "20", "5.5", "7", "2.1", "13", "25.5")


def _reference(lines: list[tuple[str, int, str]], currency: str, rounding=ROUND_HALF_UP) -> tuple:
    """From prices in major units: net, VAT and gross."""
    cent = Decimal(1).scaleb(-DIGITS[currency])
    by_rate: dict[str, Decimal] = {}
    for price, quantity, rate in lines:
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + Decimal(price) * quantity
    vat = sum((net * Decimal(rate) / 100).quantize(cent, rounding) for rate, net in by_rate.items())
    net = sum(by_rate.values())
    return net, vat, net + vat


def _drawn(lots: random.Random, currency: str) -> list[tuple[str, int, str]]:
    drawn = []
    for _ in range(lots.choice((1, 1, 2, 3, 8))):
        minor = lots.choice((lots.randint(0, 2000), lots.randint(0, 10**9)))
        price = f"{Decimal(minor) / 10 ** DIGITS[currency]:f}"
        drawn.append((price, lots.choice((1, 3, 12, lots.randint(1, 5000))), lots.choice(RATES)))
    return drawn


def test_10_000_documents_equal_the_reference():
    lots = random.Random(2026)
    halves = 0
    for number in range(10_000):
        currency = lots.choice(tuple(DIGITS))
        drawn = _drawn(lots, currency)
        lines = [
            Line(
                "Licence", quantity, int(Decimal(price) * 10 ** DIGITS[currency]), Tax(Category.STANDARD, Decimal(rate))
            )
            for price, quantity, rate in drawn
        ]
        kind = lots.choice(tuple(Kind))
        made = totals(document(number, kind=kind, currency=currency, lines=tuple(lines)))
        expected = _reference(drawn, currency)
        assert tuple(major_units(each, currency) for each in (made.net, made.vat, made.gross)) == expected, drawn
        assert made.net == sum(map(line_amount, lines))
        halves += expected != _reference(drawn, currency, ROUND_HALF_EVEN)
    assert halves > 20, "among them are sums that other roundings get wrong"


@pytest.mark.parametrize(
    "net, rate, vat", [(50, "1", 1), (49, "1", 0), (1250, "19", 238), (0, "24", 0), (10, "5.5", 1)]
)
def test_vat_is_rounded_half_up(net, rate, vat):
    assert vat_of(net, Decimal(rate)) == vat


def test_vat_is_of_the_sum_and_not_of_each_line():
    tax = Tax(Category.STANDARD, Decimal(19))
    assert totals_of_lines([Line("One", 1, 3, tax), Line("Two", 1, 3, tax)]).vat == 1  # 0.57 twice would be 2


def test_parts_of_an_invoice_add_up_to_its_vat():
    lots = random.Random(2026)
    own_vat_differs = 0
    for _number in range(2_000):
        currency, rate, price = lots.choice(tuple(DIGITS)), Decimal(lots.choice(RATES)), lots.randint(0, 4000)
        quantities = [lots.randint(1, 30) for _ in range(lots.randint(1, 9))]
        lines = [Line("Licence", quantity, price, Tax(Category.STANDARD, rate)) for quantity in quantities]
        whole, parts = totals_of_lines(lines), _credited(lines, currency)
        assert sum(part.vat for part in parts) == whole.vat, (currency, rate, price, quantities)
        for part in parts:
            assert part.vat >= 0
            assert abs(Decimal(part.vat) - Decimal(part.net) * rate / 100) < 1, (rate, price, quantities)
        own_vat_differs += sum(vat_of(part.net, rate) for part in parts) != whole.vat
    assert own_vat_differs > 200


def _credited(lines: list[Line], currency: str) -> list:
    """One credit note for each line."""
    parts, net, vat = [], 0, 0
    for line in lines:
        before = (CreditedBefore(line.tax.category, line.tax.rate, net, vat),)
        said = {"kind": Kind.CREDIT_NOTE, "currency": currency, "lines": (line,), "credited_before": before}
        parts.append(totals(document(1, **said)))
        net, vat = net + parts[-1].net, vat + parts[-1].vat
    return parts


@pytest.mark.parametrize("vat", [24, 16])
def test_a_rest_that_the_rules_refuse_is_not_taken(vat):
    """25 × 3 at 24 % is 18: the parts before were rounded in another way, so that -6 or 2 would be left."""
    before = (CreditedBefore(Category.STANDARD, Decimal(24), 72, vat),)
    line = Line("Licence", 1, 3, Tax(Category.STANDARD, Decimal(24)))
    said = {"kind": Kind.CREDIT_NOTE, "lines": (line,), "credited_before": before}
    assert totals(document(1, **said, currency="JPY")).vat == 1


def test_rates_that_are_equal_make_one_sum():
    lines = [Line("One", 1, 100, Tax(Category.STANDARD, Decimal(rate))) for rate in ("19", "19.0")]
    assert [each.net for each in totals_of_lines(lines).by_tax] == [200]


def test_two_reasons_for_one_category_are_refused():
    taxes = [Tax(Category.EXEMPT, Decimal(0), reason) for reason in ("Education", "Insurance")]
    with pytest.raises(ValueError, match="different reasons"):
        totals_of_lines([Line("Licence", 1, 100, tax) for tax in taxes])


@pytest.mark.parametrize("quantity, price", [(0, 1), (-1, 1), (1, -1)])
def test_amounts_are_never_negative(quantity, price):
    with pytest.raises(ValueError):
        Line("Licence", quantity, price, Tax(Category.STANDARD, Decimal(19)))


@pytest.mark.parametrize("quantity, price", [(1.0, 1), (1, Decimal(1)), (True, 1)])
def test_amounts_are_whole_numbers(quantity, price):
    with pytest.raises(TypeError):
        Line("Licence", quantity, price, Tax(Category.STANDARD, Decimal(19)))


@pytest.mark.parametrize("category, rate", [("S", "0"), ("AE", "19"), ("O", "1"), ("S", "NaN"), ("S", "101")])
def test_a_rate_fits_its_category(category, rate):
    with pytest.raises(ValueError):
        Tax(Category(category), Decimal(rate))


@pytest.mark.parametrize(
    "change",
    [
        {"lines": ()},
        {"colour": "red"},
        {"kind": Kind.CREDIT_NOTE, "preceding": None},
        {"purchase_order": "PO\x001"},
        {"purchase_order": "PO\ufffe1"},
        {"accounting_vat": EUROS},
        {"notes": ("half \ud800 a pair",)},
        {"period": (date(2026, 12, 1), date(2026, 11, 1))},
    ],
)
def test_what_no_document_can_say_is_refused(change):
    with pytest.raises(ValueError):
        document(1, **change)
