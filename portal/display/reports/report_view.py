"""What all parts of a report's page need: whose sums, of which time, in which currency, and how they are written."""

from collections.abc import Mapping
from functools import cached_property

from babel.numbers import format_compact_currency, get_currency_precision

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now
from portal.display.lists.list_address import NO_PRICE
from portal.display.reports import period_words, report_links
from portal.display.reports.report_address import DAYS, ReportAddress
from portal.models import NO_CURRENCY, User
from portal.services import reports
from portal.services.reports import keeping, totals
from portal.services.reports.periods import Span
from portal.services.reports.totals import Totals
from portal.web.filters import amount, money, percent
from portal.web.urls import url_for


class ReportView:
    counted = tuple(report_links.COUNTED.items())

    def __init__(self, viewer: User, args: Mapping[str, str], path: str):
        self._path = path
        self.is_staff = viewer.is_staff
        self.address = ReportAddress(viewer, args)
        self.period, self.against = self.address.period, self.address.against
        self.report = reports.report(self.address.scope, self.period, self.against)
        self.currency = self._chosen()
        self.totals = self.report.currencies.get(self.currency, Totals())
        self.before = self.report.before.get(self.currency, Totals())
        self.state = keeping.state()

    def _chosen(self) -> str:
        first = next(iter(self.report.currencies), NO_CURRENCY)
        return first if self.address.currency is None else self.address.currency

    @property
    def period_name(self) -> str:
        return period_words.period_name(self.period)

    @property
    def against_name(self) -> str:
        return period_words.period_name(self.against) if self.against else ""

    @property
    def is_about_days(self) -> bool:
        return self.period.span is Span.DAYS

    @cached_property
    def periods(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return period_words.offered(clock.today(), self.period)

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        before = period_words.compared_with(self.period)
        year = [] if self.period.span is Span.YEAR else [("year", _("A year before"))]
        return [("before", before), *year, ("none", _("Nothing"))]

    @property
    def has_money(self) -> bool:
        return self.currency != NO_CURRENCY

    @property
    def currency_name(self) -> str:
        return self.currency or _("No price")

    def url(self, **changes: str | None) -> str:
        return url_for(self._path, **self.address.other(**changes))

    @property
    def currency_chips(self) -> list[tuple[str, str, int, bool]]:
        """Name, address, number of billed accounts, and whether it is shown."""
        accounts, url = self.report.accounts_in, self.url
        return [
            (each or _("No price"), url(currency=each or NO_PRICE), accounts(each), each == self.currency)
            for each in self.report.currencies
        ]

    def assets(
        self, what: str, *, product_id: int | None = None, account_id: int | None = None, currency: str | None = None
    ) -> str:
        product_id = product_id or self.address.product_id
        account_id = account_id or self.address.account_id
        shown = self.currency if currency is None else currency
        return report_links.assets_url(
            self.is_staff, what, self.period, currency=shown, product_id=product_id, account_id=account_id
        )

    def invoices(self, what: str, currency: str | None = None) -> str | None:
        """Lists of invoices know no products."""
        shown = self.currency if currency is None else currency
        if self.address.product_id is not None or not shown:
            return None
        return report_links.invoices_url(
            self.is_staff, what, self.period, currency=shown, account_id=self.address.account_id
        )

    def compact(self, value: int) -> str:
        """Such as €78.7K."""
        major = value / 10 ** get_currency_precision(self.currency)
        return format_compact_currency(major, self.currency, fraction_digits=1, locale=locale_now())

    def change(self, now: int, before: int) -> str:
        """Such as +6.0 % against what this is compared with; empty if that is nothing."""
        changed = totals.change(now, before) if self.against else None
        if changed is None:
            return ""
        return f"+{percent(changed)}" if changed > 0 else percent(changed)

    def cell(self, value: int, currency: str | None = None) -> str:
        """An amount, for a column."""
        shown = self.currency if currency is None else currency
        return amount(value, shown) if shown else "–"

    def as_money(self, value: int) -> str:
        return money(value, self.currency) if self.has_money else ""

    @property
    def hidden(self) -> dict[str, str]:
        """Of the form: what it does not ask for."""
        return {name: value for name, value in self.address.kept.items() if name in ("currency", "account")}

    @property
    def days_key(self) -> str:
        return DAYS
