"""The view model of the list of invoices in the Storefront, with the sum to pay above it."""

from functools import cached_property

from portal.core.i18n import gettext as _
from portal.display.invoices.invoice_columns import STOREFRONT
from portal.display.invoices.invoice_list import InvoiceFilters, InvoiceList
from portal.display.invoices.invoice_states import LISTED
from portal.display.wording.amounts import worth_alone
from portal.services.invoicing import aging
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

    @cached_property
    def _waiting(self) -> dict[str, int]:
        """By currency: paid or credited, and not set off against an invoice yet."""
        found = aging.of_account(self.viewer.account.id).values()
        return {each.currency: each.waiting for each in found if each.waiting}

    @property
    def credit(self) -> str:
        return worth_alone(Sum(money=self._waiting)) if self._waiting else ""

    @property
    def left(self) -> str:
        """Of what is to pay, once the credit is set off. Empty if that covers all of it."""
        less = {
            currency: amount - self._waiting.get(currency, 0) for currency, amount in self.totals.open.money.items()
        }
        money = {currency: amount for currency, amount in less.items() if amount > 0}
        return worth_alone(Sum(money=money)) if money else ""

    @property
    def overdue(self) -> str:
        money = self.totals.overdue.money
        return worth_alone(Sum(money=money)) if money else ""

    @property
    def is_all_overdue(self) -> bool:
        return self.totals.overdue.count == self.totals.open.count
