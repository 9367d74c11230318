"""For whom a line is bought: the buyer itself, a customer of the partner, or one that is created with the order."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.models import AccountKind, User
from portal.services.ordering import offers
from portal.storefront.shop.basket_input import NEW, TypedCustomer, TypedLine

MOST = 200
"""Customers in each select."""
_MOST_OPTIONS = 4000
"""On the whole page: with many lines each select offers fewer customers, and the others are searched for."""
_FEWEST = 10


class CustomerChoice:
    def __init__(self, buyer: User, lines: int, term: str):
        self.buyer, self.term = buyer.account, term
        self.is_offered = self.buyer.kind is AccountKind.PARTNER
        most = max(_FEWEST, min(MOST, _MOST_OPTIONS // max(lines, 1)))
        self.customers, self.has_more = offers.customers_of(buyer, term, most) if self.is_offered else ([], False)
        names = Counter(row.name for row in self.customers)
        self._names = {str(row.id): row.name if names[row.name] == 1 else f"{row.name} ({row.code})"
                       for row in self.customers}  # fmt: skip
        self._options = "".join(_option(value, text) for value, text in self._names.items())

    def name_of(self, line: TypedLine, customers: Sequence[TypedCustomer]) -> str:
        if line.account == str(self.buyer.id):
            return _("Your organisation")
        if line.new_customer is not None and line.new_customer < len(customers):
            return customers[line.new_customer].name.strip() or _("The new customer")
        return self._names.get(line.account) or self._stored_name(line) or "–"

    def options(self, line: TypedLine, customers: Sequence[TypedCustomer]) -> Markup:
        """Written as text and once for all lines: rendering each of them costs a page of 300 lines a second."""
        own = _option(str(self.buyer.id), _("Your organisation"))
        new = "".join(
            _option(f"{NEW}-{place}", _("%(name)s (new)", name=each.name.strip() or _("The new customer")))
            for place, each in enumerate(customers)
        )
        chosen = ""
        if line.account not in self._names and (name := self._stored_name(line)):
            chosen = _option(line.account, name)
        everything = "".join((own, chosen, self._options, new, _option(NEW, _("A new customer…"))))
        selected = f' value="{escape(line.account)}"'
        if selected not in everything:
            everything = _option("", "–") + everything
            selected = ' value=""'
        return Markup(everything.replace(f"<option{selected}", f"<option selected{selected}", 1))

    def _stored_name(self, line: TypedLine) -> str | None:
        """Of an account beyond those that are offered; not of one that has moved to another partner."""
        account = line.stored.account
        is_stored = account is not None and str(account.id) == line.account and account.id != self.buyer.id
        return account.name if is_stored and account.parent_id == self.buyer.id else None


def _option(value: str, text: str) -> str:
    return f'<option value="{escape(value)}">{escape(text)}</option>'
