"""The lines of one order as a CSV file. It has the amounts of the view, so only those that its reader may see."""

from collections.abc import Callable

from flask import Response

from portal.core import access
from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.display.orders.order_view import LineView, OrderView
from portal.display.wording.storefront_words import status_words
from portal.models import Account, AccountKind, User
from portal.services.ordering import order_rights
from portal.web.pages.downloads import csv_list

Columns = dict[str, Callable[[LineView], str]]
"""By heading."""


def as_csv(view: OrderView, viewer: User) -> Response:
    """The order comes with its lines, and these with account and product."""
    columns = _general(viewer) | _amounts(view, viewer)
    cells = [[text_of(line) for line in view.lines] for text_of in columns.values()]
    last_line = _("End of export: %(total)s lines")
    return csv_list(list(columns), lambda: [cells], view.order.number, lambda total: last_line % {"total": total})


def _general(viewer: User) -> Columns:
    return {
        _("Line"): lambda each: str(each.line.position),
        _("Product"): lambda each: each.line.product_name or each.line.product.name,
        _("Name"): lambda each: (each.asset or each.line).name,
        _("For"): lambda each: _name(each.line.account, viewer),
        _("Number"): lambda each: "" if each.asset is None else each.asset.number,
        _("Status"): lambda each: "" if each.asset is None else status_words(each.asset, viewer),
        _("Licences"): lambda each: str(each.line.quantity),
    }


def _amounts(view: OrderView, viewer: User) -> Columns:
    """What the reader pays; for a partner also what its customers pay, for staff the cost."""
    if not order_rights.sees_price(viewer, view.order):
        return _paid_by_customers(_("Price each"), _("Total"), _("Currency"))
    paid = {
        _("Price each"): lambda each: _amount(each.price, each.line.currency),
        _("Total"): lambda each: _amount(each.total, each.line.currency),
        _("Currency"): lambda each: each.line.currency or "",
    }
    if viewer.is_staff:
        return paid | {_("Cost"): lambda each: _amount(each.cost and each.cost.cost, each.line.currency)}
    if viewer.account.kind is not AccountKind.PARTNER:
        return paid
    return paid | _paid_by_customers(_("Customer’s price"), _("Customer pays"), _("Customer’s currency"))


def _paid_by_customers(price: str, total: str, currency: str) -> Columns:
    return {
        price: lambda each: _amount(each.customer_price, each.line.customer_currency),
        total: lambda each: _amount(each.customer_total, each.line.customer_currency),
        currency: lambda each: "" if each.customer_price is None else each.line.customer_currency or "",
    }


def _amount(amount: int | None, currency: str | None) -> str:
    return "" if amount is None or currency is None else major_units(amount, currency)


def _name(account: Account | None, viewer: User) -> str:
    return "" if account is None or not access.may_see_name(viewer, account) else account.name
