"""The sums of a document, in whole minor units. VAT is rounded half up once for each category and rate (BR-CO-17).

If an invoice is credited in several parts, each credit note has the VAT of all that is credited by then, less the VAT
credited before. So the VAT of the parts adds up to the invoice's VAT. A part's VAT is less than one minor unit away
from its own net × rate, which BR-CO-17 and BR-S-09 allow in every currency: they ask for less than one major unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from portal.providers.einvoice.document import CreditedBefore, Document, Line, Tax


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


def totals(document: Document) -> Totals:
    made = totals_of_lines(document.lines)
    before = {(each.category.value, each.rate): each for each in document.credited_before}
    if not before:
        return made
    by_tax = tuple(_less(each, before.get((each.tax.category.value, each.tax.rate)), document) for each in made.by_tax)
    vat = sum(each.vat for each in by_tax)
    return Totals(made.net, vat, made.net + vat, by_tax)


def totals_of_lines(lines: Iterable[Line]) -> Totals:
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


def _less(total: TaxTotal, before: CreditedBefore | None, document: Document) -> TaxTotal:
    """If earlier parts were rounded in another way, the rest may break the rules; then the part keeps its own VAT."""
    if before is None:
        return total
    vat = vat_of(before.net + total.net, total.tax.rate) - before.vat
    return replace(total, vat=vat) if is_vat_allowed(total.net, vat, total.tax.rate, document.currency) else total


def is_vat_allowed(net: int, vat: int, rate: Decimal, currency: str) -> bool:
    """By BR-CO-17 and BR-S-09 of the published rules; no VAT is negative."""
    exact = (major_units(net, currency) * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return vat >= 0 and abs(major_units(vat, currency) - exact) < 1


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
