"""What was typed into the basket: lines, new customers, purchase order number, note."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import AccountKind, NewCustomer, Order, OrderLine, User
from portal.services.accounts import account_lookalikes
from portal.services.ordering.drafts import CustomerInput, DraftInput, LineInput
from portal.storefront.shop.shop_page import quantity_of, quantity_problem

MOST_NEW = 20
"""Customers that are created with one order."""
NEW = "new"
"""The choice “A new customer…”, with its fields `new_customer-…`. Those that are entered already are new-0, new-1, …"""
_LINE = re.compile(r"lines-([0-9]{1,3})-(account|name|quantity)")
_CUSTOMER = re.compile(r"new_customers-([0-9]{1,2})-(name|country|contact_email|is_another)")
_OF_NEXT = ("name", "country", "contact_email")


@dataclass
class TypedLine:
    stored: OrderLine
    account: str
    """The id of the account; or new-0 for the first new customer."""
    name: str
    quantity: str
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, line: OrderLine, customers: list[int]) -> Self:
        is_new = line.account_id is None and line.new_customer_id in customers
        account = f"{NEW}-{customers.index(line.new_customer_id)}" if is_new else str(line.account_id or "")
        return cls(line, account, line.name, str(line.quantity))

    @property
    def new_customer(self) -> int | None:
        place = self.account.removeprefix(f"{NEW}-")
        return int(place) if place != self.account and place.isascii() and place.isdigit() and len(place) < 3 else None

    @property
    def is_as_priced(self) -> bool:
        """The quantity is the one that the shown price and total are for."""
        return self.quantity == str(self.stored.quantity)

    def check(self) -> None:
        problem = quantity_problem(self.stored.product, self.quantity)
        if problem is not None:
            self.problems["quantity"] = problem
        if self.new_customer is None and row_id(self.account) is None:
            self.problems["account"] = _("Choose the account that will use the licences.")

    def as_input(self) -> LineInput:
        is_new = self.new_customer is not None
        return LineInput(
            self.stored.product_id,
            quantity_of(self.quantity) or 0,
            self.name.strip(),
            account_id=None if is_new else row_id(self.account),
            new_customer=self.new_customer,
            key=self.stored.key,
        )


@dataclass
class TypedCustomer:
    name: str = ""
    country: str = ""
    contact_email: str = ""
    is_another: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, customer: NewCustomer) -> Self:
        is_another = "y" if customer.is_another else ""
        return cls(customer.name, customer.country or "", customer.contact_email or "", is_another)

    def as_input(self) -> CustomerInput:
        return CustomerInput(self.name, self.country, self.contact_email, bool(self.is_another))

    @property
    def stored(self) -> tuple:
        """What of it would be stored."""
        return self.name.strip(), self.country, self.contact_email.strip(), bool(self.is_another)

    def check_lookalikes(self, by: User) -> None:
        values = {"name": self.name, "contact_email": self.contact_email}
        try:
            account_lookalikes.check(values, by, is_another=bool(self.is_another))
        except InvalidInput as remark:
            self.problems["is_another"] = remark.message


@dataclass
class BasketInput:
    lines: list[TypedLine]
    customers: list[TypedCustomer]
    po_number: str
    note: str
    next_customer: TypedCustomer = field(default_factory=TypedCustomer)
    """What was typed for a new customer that no line asks for."""
    problems: dict[str, str] = field(default_factory=dict)
    """Of the purchase order number, the note, or all the lines."""

    @classmethod
    def of(cls, order: Order) -> Self:
        """As it is stored."""
        found = {line.new_customer_id: line.new_customer for line in order.lines if line.account_id is None}
        ids = sorted(each for each in found if each is not None)
        lines = [TypedLine.of(line, ids) for line in order.lines]
        return cls(lines, [TypedCustomer.of(found[each]) for each in ids], order.po_number, order.note)

    @classmethod
    def typed(cls, order: Order, form: MultiDict) -> Self:
        """What is missing in the form stays as it is stored."""
        basket = cls.of(order)
        chooses = order.account.kind is AccountKind.PARTNER
        for place, name, text in _fields(_LINE, form):
            if place < len(basket.lines) and (chooses or name != "account"):
                setattr(basket.lines[place], name, text if name == "name" else text.strip())
        basket._read_customers(form)
        basket.po_number = form.get("po_number", basket.po_number)
        basket.note = form.get("note", basket.note)
        basket._take_next({name: form.get(f"new_customer-{name}", "") for name in _OF_NEXT})
        return basket

    def without(self, removed: str) -> Self:
        """Without the line at this place, and without customers that no line is for. Errors are shown in both."""
        gone = int(removed) if removed.isascii() and removed.isdigit() and len(removed) < 4 else None
        lines = [replace(line) for place, line in enumerate(self.lines) if place != gone]
        used = {line.new_customer for line in lines if line.new_customer is not None}
        kept = [place for place in sorted(used) if place < len(self.customers)]
        for line in lines:
            if line.new_customer is not None:
                line.account = f"{NEW}-{kept.index(line.new_customer)}" if line.new_customer in kept else ""
        return replace(self, lines=lines, customers=[self.customers[place] for place in kept])

    @property
    def is_good(self) -> bool:
        return not self.problems and not any(
            each.problems for each in (*self.lines, *self.customers, self.next_customer)
        )

    def is_as_priced(self, order: Order) -> bool:
        """The sum that was shown is for these lines."""
        return len(self.lines) == len(order.lines) and all(line.is_as_priced for line in self.lines)

    def check(self) -> bool:
        """Marks what can be seen to be wrong without the database."""
        for line in self.lines:
            line.check()
        if any(self.next_customer.stored):
            self.next_customer.problems["name"] = _(
                "No line is for this customer. Choose “A new customer…” for a line, or empty these fields."
            )
        if len(self.customers) > MOST_NEW:
            most = _("At most %(most)s customers are created with one order. Make a second one.", most=MOST_NEW)
            self.problems["lines"] = most
        return self.is_good

    def check_lookalikes(self, by: User) -> bool:
        for customer in self.customers:
            customer.check_lookalikes(by)
        return self.is_good

    def refuse(self, field_name: str, sentence: str) -> None:
        """Shows a service's refusal beside its field; what has none is said above all of them."""
        kind, _mark, rest = field_name.partition("-")
        place, _mark, name = rest.partition("-")
        rows = {"lines": self.lines, "new_customers": self.customers}.get(kind, [])
        if place.isdigit() and int(place) < len(rows):
            rows[int(place)].problems[name] = sentence
        else:
            self.problems[field_name] = sentence

    def draft(self) -> DraftInput:
        lines = [line.as_input() for line in self.lines]
        return DraftInput(lines, [each.as_input() for each in self.customers], self.po_number, self.note)

    def differs_from(self, order: Order) -> bool:
        return _plain(self) != _plain(BasketInput.of(order))

    def _read_customers(self, form: MultiDict) -> None:
        sent = list(_fields(_CUSTOMER, form))
        missing = max((place for place, _name, _text in sent), default=-1) + 1 - len(self.customers)
        self.customers += [TypedCustomer() for _each in range(missing)]
        for place, _name, _text in sent:
            self.customers[place].is_another = ""  # a box without a tick is not sent
        for place, name, text in sent:
            setattr(self.customers[place], name, text)

    def _take_next(self, values: dict[str, str]) -> None:
        """All lines that ask for a new customer get the same one; whoever wants two asks again. A form that is sent
        twice gets the one that it has made."""
        customer, asking = TypedCustomer(**values), [line for line in self.lines if line.account == NEW]
        if not asking:
            self.next_customer = customer
            return
        made = next((place for place, each in enumerate(self.customers) if each.stored == customer.stored), None)
        if made is None:
            self.customers.append(customer)
        for line in asking:
            line.account = f"{NEW}-{len(self.customers) - 1 if made is None else made}"

    def refused_like(self, other: Self) -> Self:
        """The same sentences beside the same fields."""
        for one, there in zip((*self.lines, *self.customers), (*other.lines, *other.customers), strict=True):
            one.problems.update(there.problems)
        self.problems.update(other.problems)
        return self


def _fields(pattern: re.Pattern, form: MultiDict) -> Iterable[tuple[int, str, str]]:
    for name, text in form.items():
        if match := pattern.fullmatch(name):
            yield int(match[1]), match[2], text


def _plain(basket: BasketInput) -> tuple:
    """What of it would be stored."""
    lines = [(line.stored.id, line.account, quantity_of(line.quantity), _own_name(line)) for line in basket.lines]
    customers = [each.stored for each in basket.customers]
    return lines, customers, basket.po_number.strip(), basket.note.replace("\r\n", "\n").strip()


def _own_name(line: TypedLine) -> str:
    name = line.name.strip()
    return "" if name == line.stored.product.name else name
