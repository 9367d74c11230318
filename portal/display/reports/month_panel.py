"""The month on the work queue: what was sold, delivered, has failed and is unredeemed. Nothing is read until it is
shown."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.reports import chart, period_words, report_links
from portal.display.reports.chart import Bar
from portal.models import FigureState, User
from portal.services.reports import keeping, queries
from portal.services.reports.periods import Period, Span
from portal.services.reports.queries import Scope
from portal.services.reports.totals import Totals
from portal.web.filters import amount, number, percent
from portal.web.urls import url_for

COUNTED = ("ordered", "delivered", "failed", "unredeemed")
_ASSETS = (*(f"{what}_assets" for what in COUNTED), "cancelled_assets")


@dataclass(frozen=True)
class Tile:
    name: str
    value: str
    sub: str
    href: str


@dataclass(frozen=True)
class Day:
    name: str
    totals: Totals
    hrefs: dict[str, str]


class MonthPanel:
    def __init__(self, viewer: User, month: str | None):
        self._scope = Scope.of(viewer)
        self._asked = month

    @cached_property
    def period(self) -> Period:
        """This month, if another one cannot be read from the address."""
        try:
            period = Period.read(self._asked or "")
        except ValueError:
            period = None
        return period if period and period.span is Span.MONTH else Period.of(Span.MONTH, clock.today())

    @property
    def name(self) -> str:
        return period_words.period_name(self.period)

    @property
    def before(self) -> tuple[str, str]:
        return self._link(self.period.before)

    @property
    def following(self) -> tuple[str, str] | None:
        """None after this month."""
        return self._link(self.period.following) if self.period.last < clock.today() else None

    def _link(self, period: Period) -> tuple[str, str]:
        return period_words.period_name(period), url_for("bss.index", month=period.key, _anchor="month")

    @property
    def report(self) -> str:
        return url_for("bss.reports.index", period=self.period.key)

    @cached_property
    def state(self) -> FigureState:
        return keeping.state()

    @cached_property
    def currencies(self) -> list[tuple[str, Totals]]:
        """Those with most assets first; without a price last."""
        found = queries.by_currency(self._scope, self.period)
        return sorted(found.items(), key=lambda item: (not item[0], -item[1]["ordered_assets"], item[0]))

    @cached_property
    def totals(self) -> Totals:
        """Of all currencies: for numbers that are no money."""
        found = Totals()
        for _currency, sums in self.currencies:
            found.update(sums)
        return found

    @property
    def tiles(self) -> list[Tile]:
        sums, rate = self.totals, self.totals.failure_rate
        share = _("%(rate)s of what was sold", rate=percent(rate)) if rate is not None else ""
        texts = {
            "ordered": (_("Sold"), self._licences("ordered")),
            "delivered": (_("Delivered"), self._licences("delivered")),
            "failed": (_("Failed"), share),
            "unredeemed": (_("Unredeemed"), self._licences("unredeemed")),
        }
        return [
            Tile(name, number(sums[f"{what}_assets"]), sub, self.assets(what)) for what, (name, sub) in texts.items()
        ]

    def _licences(self, what: str) -> str:
        count = self.totals[f"{what}_licences"]
        return ngettext("%(n)s licence", "%(n)s licences", count, n=number(count))

    def assets(self, what: str, currency: str | None = None, period: Period | None = None) -> str:
        return report_links.assets_url(True, what, period or self.period, currency=currency)

    def cell(self, value: int, currency: str) -> str:
        return amount(value, currency) if currency else "–"

    def invoices(self, currency: str) -> str | None:
        return report_links.invoices_url(True, "invoiced", self.period, currency=currency) if currency else None

    @cached_property
    def days(self) -> list[Day]:
        """On which anything was sold."""
        found = queries.by_day(self._scope, self.period, _ASSETS)
        return [self._day(day, sums) for day, sums in sorted(found.items()) if sums["ordered_assets"]]

    def _day(self, day: date, sums: Totals) -> Day:
        only = Period(Span.DAYS, day, day)
        return Day(period_words.day_in_brief(day), sums, {what: self.assets(what, period=only) for what in COUNTED})

    @property
    def columns(self) -> list[chart.Column]:
        by_name = {day.name: day.totals for day in self.days}
        count = (self.period.last - self.period.first).days + 1
        names = [period_words.day_in_brief(self.period.first + timedelta(days=place)) for place in range(count)]
        return chart.columns([_bar(name, by_name.get(name, Totals())) for name in names])

    @property
    def text(self) -> str:
        """For those who do not see the picture."""
        return "; ".join(map(_told, self.days))


def _told(day: Day) -> str:
    sold, delivered = (number(day.totals[f"{what}_assets"]) for what in ("ordered", "delivered"))
    return _("%(day)s: %(sold)s sold, %(delivered)s delivered", day=day.name, sold=sold, delivered=delivered)


def _bar(name: str, sums: Totals) -> Bar:
    others = sums["ordered_assets"] - sums["delivered_assets"] - sums["cancelled_assets"]
    return Bar(name, [("positive", sums["delivered_assets"]), ("negative", others)])
