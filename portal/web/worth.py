"""What a number of assets is worth, in words."""

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.services.sums import Sum
from portal.web.filters import money, number


def install(app: Flask) -> None:
    app.jinja_env.filters.update(worth=worth, worth_alone=worth_alone)


def worth(of: Sum) -> str:
    """Such as: €6,240.00, $15.00, 3 without a price. Empty where there is nothing."""
    parts = [worth_alone(of)] if of.money else []
    if of.unpriced:
        parts.append(ngettext("%(n)s without a price", "%(n)s without a price", of.unpriced, n=number(of.unpriced)))
    return ", ".join(parts)


def worth_alone(of: Sum) -> str:
    """The money alone, each currency by itself; the largest amount first."""
    amounts = sorted(of.money.items(), key=lambda each: -each[1])
    return ", ".join(money(amount, currency) for currency, amount in amounts) or _("No price")
