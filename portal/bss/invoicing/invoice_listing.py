"""Billing > Invoices: the view model of the list, with the numbers above it."""

from portal.core.i18n import gettext as _
from portal.display.inbox_counters import Counter
from portal.display.invoices.invoice_columns import BSS
from portal.display.invoices.invoice_list import InvoiceFilters, InvoiceList
from portal.display.wording.amounts import worth_in_brief
from portal.services.invoicing.invoice_list import Listed, Total
from portal.services.invoicing.invoice_list.invoice_totals import month_of
from portal.services.lists.totals import Sum
from portal.web.filters import capped


class StaffFilters(InvoiceFilters):
    area = "bss"
    names = ("q", "state", "account", "currency")


class StaffInvoices(StaffFilters, InvoiceList):
    layout = BSS
    states = (Listed.DRAFT, Listed.OPEN, Listed.OVERDUE, Listed.PAID, Listed.CREDIT_NOTE)

    @property
    def tiles(self) -> list[Counter]:
        """Each opens its list."""
        totals, (first, last) = self.totals, month_of(self.filters.today)
        return [
            self._tile("review", "draft", _("Drafts"), totals.drafts, _("Not issued yet"), "state=draft"),
            self._tile("", "issued", _("Open"), totals.open, _("Left to pay, overdue or not"), "state=open"),
            self._tile("failed", "expiring", _("Overdue"), totals.overdue, _("Due before today"), "state=overdue"),
            self._tile("", "calendar", _("Issued this month"), totals.issued, _("Credit notes taken off"),
                       f"from={first}&to={last}"),
        ]  # fmt: skip

    def _tile(self, tone: str, icon: str, text: str, total: Total, sub: str, query: str) -> Counter:
        amounts = tuple(worth_in_brief(Sum(money=total.money)))
        shown = capped(total.count)
        return Counter(tone if total.count else "", icon, text, shown, sub, f"{self.path}?{query}#list", amounts)
