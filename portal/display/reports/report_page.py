"""What the page of a report shows. One currency at a time: nothing is added across currencies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.reports.report_chart import ReportChart
from portal.display.reports.report_view import ReportView
from portal.services.reports.queries import Line
from portal.services.reports.totals import Totals
from portal.web.filters import number, percent

SHOWN = 10
"""Billed accounts below each product; the file has all."""
MOST_OFFERED = 300
"""Of more billed accounts, the form offers those that the page shows."""


@dataclass(frozen=True)
class Tile:
    icon: str
    name: str
    value: str
    subs: tuple[str, ...]
    href: str | None
    tone: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    totals: Totals
    product_id: int | None
    account_id: int | None = None


@dataclass(frozen=True)
class Group:
    """A product, and who is billed for it; those with most licences first."""

    product: Row
    accounts: list[Row]
    rest: Row | None
    """Those that are not shown, together."""
    more: int


class ReportPage(ReportView):
    @cached_property
    def groups(self) -> list[Group]:
        by_product: dict[int, list[Line]] = {}
        for line in self.report.lines_in(self.currency):
            by_product.setdefault(line.product_id, []).append(line)
        groups = [self._group(product_id, lines) for product_id, lines in by_product.items()]
        return sorted(groups, key=lambda group: (-_size(group.product.totals), group.product.name))

    def _group(self, product_id: int, lines: list[Line]) -> Group:
        lines = sorted(lines, key=lambda line: (-_size(line.totals), self.report.accounts.get(line.account_id, "")))
        shown = lines[:SHOWN] if self.is_staff else []
        rest = lines[SHOWN:] if self.is_staff else []
        product = Row(self.report.products[product_id], added_up(line.totals for line in lines), product_id)
        accounts = [
            Row(self.report.accounts[line.account_id], line.totals, product_id, line.account_id) for line in shown
        ]
        return Group(
            product, accounts, Row("", added_up(line.totals for line in rest), product_id) if rest else None, len(rest)
        )  # fmt: skip

    @property
    def all(self) -> Row:
        return Row("", self.totals, self.address.product_id, self.address.account_id)

    @property
    def products(self) -> list[tuple[int, str]]:
        """Those of which there is anything, and the chosen one. So are accounts."""
        return _offered(self.report.products, self.address.product_id, _("A product without figures"))

    @property
    def accounts(self) -> list[tuple[int, str]]:
        names = self.report.accounts
        if len(names) > MOST_OFFERED:
            shown = {row.account_id for group in self.groups for row in group.accounts}
            names = {account_id: name for account_id, name in names.items() if account_id in shown}
        return _offered(names, self.address.account_id, _("An account without figures"))

    @property
    def others(self) -> list[tuple[str, Totals]]:
        return [(each, sums) for each, sums in self.report.currencies.items() if each != self.currency]

    @cached_property
    def chart(self) -> ReportChart:
        return ReportChart(self)

    @property
    def tiles(self) -> list[Tile]:
        sums, before = self.totals, self.before
        tiles = [
            Tile(
                "orders", _("Ordered"), number(sums["ordered_licences"]),
                self._lines(_assets(sums["ordered_assets"]), self.as_money(sums["ordered_amount"]),
                            self.change(sums["ordered_licences"], before["ordered_licences"])),
                self.assets("ordered"),
            ),
            Tile(
                "synchronized", _("Delivered"), number(sums["delivered_licences"]),
                self._lines(_("licences"), self._failed(), seconds_text(sums.seconds_to_coupon)),
                self.assets("delivered"),
            ),
        ]  # fmt: skip
        return [*tiles, *self._money_tiles(), self._unredeemed()]

    def _money_tiles(self) -> list[Tile]:
        if not self.has_money:
            return []
        sums = self.totals
        pairs = (("invoiced", "invoices", _("Invoiced")), ("credited", "credit", _("Credited")))
        tiles = []
        for what, icon, name in pairs:
            value = sums[f"{what}_amount"]
            more = (
                self.change(value, self.before[f"{what}_amount"]) if what == "invoiced" else _share(sums.credited_share)
            )
            tiles.append(
                Tile(icon, name, self.compact(value), self._lines(self.as_money(value), more), self.invoices(what))
            )
        if self.is_staff:
            share = sums.margin_share
            note = _("of the price") if sums.is_margin_of_all else _("of the price, where the cost is known")
            value = percent(share) if share is not None else "–"
            tiles.append(Tile("report", _("Margin"), value, (note,), None))
        return tiles

    def _unredeemed(self) -> Tile:
        sums = self.totals
        texts = self._lines(_("licences"), self.as_money(sums["unredeemed_amount"]))
        tone = "expiring" if sums["unredeemed_assets"] else ""
        value = number(sums["unredeemed_licences"])
        return Tile("expiring", _("Unredeemed"), value, texts, self.assets("unredeemed"), tone)

    def _failed(self) -> str:
        rate, count = self.totals.failure_rate, number(self.totals["failed_assets"])
        return _("%(n)s assets failed, %(rate)s", n=count, rate=percent(rate)) if rate else ""

    def _lines(self, *texts: str) -> tuple[str, ...]:
        return tuple(text for text in texts if text)


def added_up(many: Iterable[Totals]) -> Totals:
    found = Totals()
    for each in many:
        found.update(each)
    return found


def seconds_text(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds < 120:
        return _("%(n)s s to the coupon", n=seconds)
    if seconds < 7200:
        return _("%(n)s min to the coupon", n=seconds // 60)
    return _("%(n)s h to the coupon", n=number(seconds // 3600))


def _offered(names: dict[int, str], chosen: int | None, unknown: str) -> list[tuple[int, str]]:
    is_missing = chosen is not None and chosen not in names
    return [*names.items(), *([(chosen, unknown)] if is_missing else [])]


def _size(sums: Totals) -> int:
    return sums["ordered_licences"] + sums["invoiced_licences"]


def _assets(count: int) -> str:
    return ngettext("licences in %(n)s asset", "licences in %(n)s assets", count, n=number(count))


def _share(value: Decimal | None) -> str:
    return "" if value is None else _("%(share)s of what was invoiced", share=percent(value))
