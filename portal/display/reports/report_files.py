"""A report as a file: all its currencies, products and billed accounts, and all that is counted."""

from collections.abc import Iterator
from decimal import Decimal

from flask import Response

from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.display.lists.asset_export import workbook_of
from portal.display.lists.columns import Cell, Kind
from portal.display.reports.report_view import ReportView
from portal.services.reports import queries
from portal.services.reports.queries import Line
from portal.web.pages.downloads import csv_answer

_LICENCES = ("ordered", "delivered", "failed", "cancelled", "unredeemed")


def answer(view: ReportView) -> Response | None:
    """None if the address asks for no file."""
    return {"csv": _as_csv, "xlsx": _as_workbook}.get(view.address.format, lambda _view: None)(view)


def _as_csv(view: ReportView) -> Response:
    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK + text_of([_heads(view)])
        kinds = _kinds(view)
        for line in _lines(view):
            yield text_of([list(map(_as_number, kinds, line))])

    return csv_answer(lines(), _name(view, "csv"))


def _as_number(kind: Kind, cell: Cell) -> Cell:
    return Decimal(cell) if kind is Kind.AMOUNT and cell else cell


def _as_workbook(view: ReportView) -> Response:
    heads, kinds = _heads(view), _kinds(view)
    return workbook_of(_("Report"), heads, kinds, _lines(view), _name(view, "xlsx"))


def _name(view: ReportView, suffix: str) -> str:
    return f"report-{view.period.first}-{view.period.last}.{suffix}"


def _heads(view: ReportView) -> list[str]:
    whose = [_("Billed account code"), _("Billed account")] if view.is_staff else []
    counted = {
        "ordered": (_("Assets ordered"), _("Licences ordered"), _("Sold")),
        "delivered": (_("Assets delivered"), _("Licences delivered"), _("Delivered, amount")),
        "failed": (_("Assets failed"), _("Licences failed"), _("Failed, amount")),
        "cancelled": (_("Assets cancelled"), _("Licences cancelled"), _("Cancelled, amount")),
        "unredeemed": (_("Assets unredeemed"), _("Licences unredeemed"), _("Unredeemed, amount")),
    }
    money = [_("Licences invoiced"), _("Invoiced"), _("Licences credited"), _("Credited"), _("Net")]
    earned = [_("Cost"), _("Margin")] if view.is_staff else []
    return [
        _("From"), _("To"), _("Product"), *whose, _("Currency"),
        *(head for what in _LICENCES for head in counted[what]), _("Seconds to the coupon"), *money, *earned,
    ]  # fmt: skip


def _kinds(view: ReportView) -> list[Kind]:
    """Of the same columns."""
    text, number, amount = Kind.TEXT, Kind.NUMBER, Kind.AMOUNT
    whose, earned = ([text] * 2, [amount] * 2) if view.is_staff else ([], [])
    of_assets = [number, number, amount] * len(_LICENCES)
    return [Kind.DATE, Kind.DATE, text, *whose, text, *of_assets, text, *[number, amount] * 2, amount, *earned]


def _lines(view: ReportView) -> Iterator[list[Cell]]:
    """By currency, product and billed account."""
    report = view.report
    codes = queries.codes({line.account_id for line in report.lines}) if view.is_staff else {}
    products, accounts = report.products, report.accounts

    def order(line: Line) -> tuple:
        return line.currency, products[line.product_id], accounts.get(line.account_id, ""), line.account_id

    for line in sorted(report.lines, key=order):
        whose = [codes[line.account_id], accounts[line.account_id]] if view.is_staff else []
        first = [str(view.period.first), str(view.period.last), products[line.product_id]]
        yield [*first, *whose, line.currency, *_counted(line, with_cost=view.is_staff)]


def _counted(line: Line, *, with_cost: bool) -> Iterator[Cell]:
    sums = line.totals

    def money(value: int) -> Cell:
        return major_units(value, line.currency) if line.currency else ""

    for what in _LICENCES:
        yield from (sums[f"{what}_assets"], sums[f"{what}_licences"], money(sums[f"{what}_amount"]))
    yield "" if sums.seconds_to_coupon is None else str(sums.seconds_to_coupon)
    for what in ("invoiced", "credited"):
        yield from (sums[f"{what}_licences"], money(sums[f"{what}_amount"]))
    yield money(sums.net)
    if with_cost:
        is_known = sums.margin is not None
        yield from (money(sums["cost"]) if is_known else "", money(sums.margin) if is_known else "")
