"""The view model of the list of invoices in the Storefront, with the sum to pay above it."""

from portal.core.i18n import gettext as _
from portal.display.invoices.invoice_columns import STOREFRONT
from portal.display.invoices.invoice_list import InvoiceFilters, InvoiceList
from portal.display.invoices.invoice_states import LISTED
from portal.display.wording.amounts import worth_alone
from portal.services.invoicing.invoice_list import Listed
from portal.services.lists.totals import Sum


class BuyerFilters(InvoiceFilters):
    area = "storefront"
    names = ("q", "state", "currency")


class BuyerInvoices(BuyerFilters, InvoiceList):
    layout = STOREFRONT
    states = (Listed.OPEN, Listed.OVERDUE, Listed.PAID, Listed.CREDIT_NOTE)

    def state_text(self, state: Listed) -> str:
        return _("To pay") if state is Listed.OPEN else str(LISTED[state])

    @property
    def to_pay(self) -> str:
        """Each currency by itself. Empty if nothing is open."""
        money = self.totals.open.money
        return worth_alone(Sum(money=money)) if money else ""

    @property
    def overdue(self) -> str:
        money = self.totals.overdue.money
        return worth_alone(Sum(money=money)) if money else ""

    @property
    def is_all_overdue(self) -> bool:
        return self.totals.overdue.count == self.totals.open.count
