"""The report of who pays nothing here: licences of the own account, without any money."""

from collections.abc import Mapping

from portal.core import clock
from portal.display.reports import period_words, report_links
from portal.display.reports.report_address import DAYS, ReportAddress
from portal.models import User
from portal.services.reports import own_licences
from portal.services.reports.periods import Span
from portal.services.reports.totals import Totals
from portal.web.urls import url_for


class LicencesPage:
    is_staff = False
    counted = tuple(report_links.COUNTED.items())

    def __init__(self, viewer: User, args: Mapping[str, str], path: str):
        self._path = path
        self.address = ReportAddress(viewer, args)
        self.period = self.address.period
        self.rows = own_licences.by_product(viewer, self.period)
        self.days_key = DAYS
        self.is_about_days = self.period.span is Span.DAYS
        self.period_name = period_words.period_name(self.period)
        self.periods = period_words.offered(clock.today(), self.period)

    @property
    def all(self) -> Totals:
        found = Totals()
        for *_product, sums in self.rows:
            found.update(sums)
        return found

    def url(self) -> str:
        return url_for(self._path)

    def assets(self, what: str, product_id: int | None = None) -> str:
        return report_links.assets_url(False, what, self.period, product_id=product_id)
