"""The sums of a document, in whole minor units. VAT is rounded half up once for each category and rate (BR-CO-17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_precision

from portal.providers.einvoice.document import Line, Tax


@dataclass(frozen=True)
class TaxTotal:
    """BG-23: all lines of one category and rate."""

    tax: Tax
    net: int
    vat: int


@dataclass(frozen=True)
class Totals:
    net: int
    vat: int
    gross: int
    by_tax: tuple[TaxTotal, ...]
    """By category and rate, in an order of its own that does not depend on the order of the lines."""


def line_amount(line: Line) -> int:
    return line.unit_price * line.quantity


def totals(lines: Iterable[Line]) -> Totals:
    """Raises ValueError if two lines of one category and rate give different reasons."""
    taxes: dict[tuple, Tax] = {}
    nets: dict[tuple, int] = {}
    for line in lines:
        key = (line.tax.category.value, line.tax.rate)
        if taxes.setdefault(key, line.tax) != line.tax:
            raise ValueError(f"Lines of category {key[0]} give different reasons.")
        nets[key] = nets.get(key, 0) + line_amount(line)
    by_tax = tuple(TaxTotal(taxes[key], nets[key], vat_of(nets[key], key[1])) for key in sorted(nets))
    net, vat = sum(each.net for each in by_tax), sum(each.vat for each in by_tax)
    return Totals(net, vat, net + vat, by_tax)


def vat_of(net: int, rate: Decimal) -> int:
    """`rate` percent of an amount that is not negative, rounded half up to a whole minor unit."""
    numerator, denominator = rate.as_integer_ratio()
    whole = 100 * denominator
    return (2 * net * numerator + whole) // (2 * whole)


def decimals(currency: str) -> int:
    """How many decimals a currency has: EUR 2, JPY 0, KWD 3."""
    return get_currency_precision(currency)


def major_units(amount: int, currency: str) -> Decimal:
    """An amount with the decimals of its currency: 825 EUR are 8.25."""
    return Decimal(amount).scaleb(-decimals(currency))
