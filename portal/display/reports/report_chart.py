"""Sold or invoiced by month or day and product: the columns of the picture, and the rows of its table."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from portal.core.i18n import gettext as _
from portal.display.reports import chart, period_words, report_links
from portal.display.reports.chart import Bar
from portal.display.reports.report_address import CHARTS
from portal.display.reports.report_view import ReportView
from portal.services.reports import queries
from portal.services.reports.periods import Period, Span, last_of_month
from portal.web.filters import licences, number

MOST_PRODUCTS = 2
LONGEST_BY_DAY = timedelta(days=62)
TONES = ("accent", "second", "caution")
OTHERS = 0
"""In the place of a product: all that have no column of their own."""


@dataclass(frozen=True)
class Line:
    name: str
    label: str
    """The same, shorter."""
    values: list[int]
    """By product."""
    hrefs: list[str | None]
    total: int


class ReportChart:
    def __init__(self, view: ReportView):
        self._view = view
        self.what = self._what()
        self.is_by_day = view.period.last - view.period.first <= LONGEST_BY_DAY and view.period.span is not Span.QUARTER

    def _what(self) -> str:
        """Sold, where nothing is invoiced yet."""
        asked = self._view.address.chart
        if asked is not None:
            return CHARTS[asked]
        return "invoiced" if self._view.totals["invoiced_amount"] else "sold"

    @property
    def measure(self) -> str:
        kind = "invoiced" if self.what == "invoiced" else "ordered"
        return f"{kind}_amount" if self._view.has_money else f"{kind}_licences"

    @property
    def title(self) -> str:
        titles = {
            ("invoiced", False): _("Invoiced by month and product"),
            ("invoiced", True): _("Invoiced by day and product"),
            ("sold", False): _("Sold by month and product"),
            ("sold", True): _("Sold by day and product"),
        }
        return titles[self.what, self.is_by_day]

    @cached_property
    def product_ids(self) -> list[int]:
        """Those with most come first; OTHERS stands for all beyond them."""
        sums: dict[int, int] = {}
        for line in self._view.report.lines_in(self._view.currency):
            sums[line.product_id] = sums.get(line.product_id, 0) + line.totals[self.measure]
        ordered = sorted(sums, key=lambda each: (-sums[each], each))
        return ordered if len(ordered) <= MOST_PRODUCTS + 1 else [*ordered[:MOST_PRODUCTS], OTHERS]

    @property
    def heads(self) -> list[str]:
        return [self._view.report.products.get(each) or _("Other products") for each in self.product_ids]

    @property
    def legend(self) -> list[tuple[str, str]]:
        return list(zip(TONES, self.heads, strict=False))

    @cached_property
    def lines(self) -> list[Line]:
        return self._lines(self._view.period)

    @cached_property
    def lines_before(self) -> list[Line]:
        """Of the period that this is compared with, if both have a few months."""
        against = self._view.against
        return [] if against is None or self.is_by_day or len(self.lines) > 12 else self._lines(against)

    def _lines(self, period: Period) -> list[Line]:
        scope = self._view.address.scope.within(self._view.currency)
        read = queries.by_day_and_product if self.is_by_day else queries.by_month_and_product
        values: dict[date, dict[int, int]] = {}
        for (first, product_id), value in read(scope, period, self.measure).items():
            place = product_id if product_id in self.product_ids else OTHERS
            row = values.setdefault(first, {})
            row[place] = row.get(place, 0) + value
        return [self._line(first, values.get(first, {}), period) for first in self._firsts(period)]

    def _firsts(self, period: Period) -> list[date]:
        """Every day or month, also those of which there is nothing."""
        first = period.first if self.is_by_day else period.first.replace(day=1)
        found = []
        while first <= period.last:
            found.append(first)
            first += timedelta(days=1) if self.is_by_day else last_of_month(first) - first + timedelta(days=1)
        return found

    def _line(self, first: date, row: dict[int, int], period: Period) -> Line:
        last = first if self.is_by_day else min(last_of_month(first), period.last)
        part = Period(Span.DAYS, max(first, period.first), last)
        values = [row.get(each, 0) for each in self.product_ids]
        brief = period_words.day_in_brief(first) if self.is_by_day else period_words.month_in_brief(first)
        name = brief if self.is_by_day else period_words.month_name(first)
        return Line(name, brief, values, [self._href(part, each) for each in self.product_ids], sum(values))

    def _href(self, part: Period, product_id: int) -> str | None:
        if self.what != "sold" or product_id == OTHERS:
            return None
        view = self._view
        return report_links.assets_url(
            view.is_staff, "ordered", part, currency=view.currency, product_id=product_id,
            account_id=view.address.account_id,
        )  # fmt: skip

    @property
    def columns(self) -> list[chart.Column]:
        before = [self._bar(line, is_faint=True) for line in self.lines_before]
        return chart.columns([*before, *(self._bar(line) for line in self.lines)])

    def _bar(self, line: Line, *, is_faint: bool = False) -> Bar:
        value = self._view.compact(line.total) if self._view.has_money else number(line.total)
        return Bar(line.label, list(zip(TONES, line.values, strict=False)), value if line.total else "", is_faint)

    @property
    def sums(self) -> list[int]:
        return [sum(line.values[place] for line in self.lines) for place in range(len(self.product_ids))]

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def text(self) -> str:
        """For those who do not see the picture."""
        return "; ".join(f"{line.name}: {self.whole(line.total)}" for line in self.lines if line.total)

    def cell(self, value: int) -> str:
        return self._view.cell(value) if self._view.has_money else number(value)

    def whole(self, value: int) -> str:
        """For a sentence."""
        return self._view.as_money(value) or licences(value)

    @property
    def best(self) -> Line | None:
        """Where there are several to choose from."""
        filled = [line for line in self.lines if line.total > 0]
        return max(filled, key=lambda line: line.total) if len(filled) > 1 else None
