"""Sums to the cent, against a reference that shares nothing with the code: strings and Decimal."""

import random
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest

from portal.providers.einvoice.document import Category, Kind, Line, Tax
from portal.providers.einvoice.totals import line_amount, major_units, totals, vat_of
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
        made = totals(document(number, kind=kind, currency=currency, lines=tuple(lines)).lines)
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
    assert totals([Line("One", 1, 3, tax), Line("Two", 1, 3, tax)]).vat == 1  # 0.57 twice would be 2


def test_rates_that_are_equal_make_one_sum():
    lines = [Line("One", 1, 100, Tax(Category.STANDARD, Decimal(rate))) for rate in ("19", "19.0")]
    assert [each.net for each in totals(lines).by_tax] == [200]


def test_two_reasons_for_one_category_are_refused():
    taxes = [Tax(Category.EXEMPT, Decimal(0), reason) for reason in ("Education", "Insurance")]
    with pytest.raises(ValueError, match="different reasons"):
        totals([Line("Licence", 1, 100, tax) for tax in taxes])


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
