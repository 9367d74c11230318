"""Texts for the total value of several assets."""

from babel.numbers import get_currency_precision
from flask import Flask

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.services.lists.totals import Sum
from portal.web.filters import money, number

BRIEF = 1


def install(app: Flask) -> None:
    app.jinja_env.filters.update(worth=worth, worth_alone=worth_alone)


def worth(assets: Sum) -> str:
    """Such as: €6,240.00, $15.00, 3 without a price. Empty for no assets."""
    return ", ".join(_amounts(assets) + _unpriced(assets))


def worth_in_brief(assets: Sum) -> list[str]:
    """Returns lines for a narrow place: the largest amount, and the number of other currencies."""
    amounts = _amounts(assets)
    remaining = len(amounts) - BRIEF
    if remaining > 1:
        amounts[BRIEF:] = [ngettext("and %(num)s more currency", "and %(num)s more currencies", remaining)]
    return amounts + _unpriced(assets)


def worth_alone(assets: Sum) -> str:
    """Returns only the amounts, one for each currency, the largest number first."""
    return ", ".join(_amounts(assets)) or _("No price")


def _amounts(assets: Sum) -> list[str]:
    def descending(total: tuple[str, int]) -> float:
        currency, amount = total
        return -amount / 10 ** get_currency_precision(currency)

    return [money(amount, currency) for currency, amount in sorted(assets.money.items(), key=descending)]


def _unpriced(assets: Sum) -> list[str]:
    if not assets.unpriced:
        return []
    return [ngettext("%(n)s without a price", "%(n)s without a price", assets.unpriced, n=number(assets.unpriced))]
