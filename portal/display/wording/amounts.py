"""What a number of assets is worth, in words."""

from babel.numbers import get_currency_precision
from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.services.lists.sums import Sum
from portal.web.filters import money, number

BRIEF = 3


def install(app: Flask) -> None:
    app.jinja_env.filters.update(worth=worth, worth_alone=worth_alone)


def worth(of: Sum) -> str:
    """Such as: €6,240.00, $15.00, 3 without a price. Empty where there is nothing."""
    return ", ".join(_amounts(of) + _unpriced(of))


def worth_in_brief(of: Sum) -> list[str]:
    """For a narrow place, a line each: the largest amounts, and how many other currencies there are."""
    amounts = _amounts(of)
    more = len(amounts) - BRIEF
    if more > 1:
        amounts[BRIEF:] = [ngettext("and %(num)s more currency", "and %(num)s more currencies", more)]
    return amounts + _unpriced(of)


def worth_alone(of: Sum) -> str:
    """The money alone, each currency by itself; the largest number first."""
    return ", ".join(_amounts(of)) or _("No price")


def _amounts(of: Sum) -> list[str]:
    def number_of(each: tuple[str, int]) -> float:
        return -each[1] / 10 ** get_currency_precision(each[0])

    return [money(amount, currency) for currency, amount in sorted(of.money.items(), key=number_of)]


def _unpriced(of: Sum) -> list[str]:
    if not of.unpriced:
        return []
    return [ngettext("%(n)s without a price", "%(n)s without a price", of.unpriced, n=number(of.unpriced))]
