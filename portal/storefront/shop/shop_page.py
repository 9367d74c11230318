"""The products of the shop at this reader's price. Nothing here holds a price that the reader may not see."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property

from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.models import AccountKind, Product, Right, User
from portal.models.text_keys import fold, search_key
from portal.services.catalog.resolution import AgreedPrice, Source
from portal.services.ordering import drafts, offers, quotes
from portal.services.ordering.drafts import MOST_LICENCES
from portal.services.ordering.quotes import ShopPrice
from portal.web.filters import money, number
from portal.web.pages.pagination import Paged

MOST = 100
"""Products on the page; a search finds the others."""


@dataclass
class ShopRow:
    product: Product
    price: AgreedPrice | None
    """What the reader pays for one licence; None if it is not sold to them yet."""
    customers_pay: AgreedPrice | None
    """For a partner."""
    lines: int
    licences: int
    """In the basket."""
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    """Of the form, so that pressing it twice adds one line."""
    typed: str = ""
    problem: str = ""

    @property
    def ladder(self) -> list[tuple[str, str]]:
        """The words for each range of quantities, and the price."""
        steps = self.price.ladder or ((self.product.min_quantity, self.price.amount),)
        ends = [step[0] - 1 for step in steps[1:]] + [None]
        return [
            (_range(start, end, len(steps)), money(amount, self.price.currency))
            for (start, amount), end in zip(steps, ends, strict=True)
        ]

    @property
    def limits(self) -> str:
        low, high = self.product.min_quantity, self.product.most_licences
        if high is None:
            return _("from %(low)s", low=number(low))
        return f"{number(low)}–{number(high)}"

    @property
    def customers_note(self) -> str:
        """What a partner should know about the price of its customers."""
        amount = self.customers_pay.amount
        if self.price is not None and amount is not None and amount < self.price.amount:
            return _("Below your price")
        return _("The list price") if self.customers_pay.source is Source.LIST_PRICE else ""


class ShopPage(Paged):
    def __init__(self, viewer: User, args: MultiDict, *, path: str):
        super().__init__(args, path=path, names=("q",))
        self.viewer, self.account = viewer, viewer.account
        self.is_partner = self.account.kind is AccountKind.PARTNER
        self.may_order = viewer.may(Right.ORDER)
        self.problem = ""
        """Why a form that was sent cannot be used at all."""

    @property
    def term(self) -> str:
        return self.kept.get("q", "")

    @cached_property
    def products(self) -> list[Product]:
        return offers.orderable_products()

    @cached_property
    def found(self) -> list[Product]:
        return [product for product in self.products if _holds(product, self.term)]

    @property
    def has_more(self) -> bool:
        return len(self.found) > MOST

    @cached_property
    def rows(self) -> list[ShopRow]:
        prices = quotes.shop_prices(self.account, self.found[:MOST], clock.today())
        return [self._row(each) for each in prices]

    @cached_property
    def in_basket(self) -> dict[int, tuple[int, int]]:
        return drafts.in_basket(self.viewer) if self.may_order else {}

    @property
    def lines_in_basket(self) -> int:
        return sum(lines for lines, _licences in self.in_basket.values())

    def row_of(self, product_id: int | None) -> ShopRow | None:
        return next((row for row in self.rows if row.product.id == product_id), None)

    def _row(self, offered: ShopPrice) -> ShopRow:
        price = offered.for_buyer(self.account) if offered.is_sold_to(self.account) else None
        lines, licences = self.in_basket.get(offered.product.id, (0, 0))
        return ShopRow(offered.product, price, offered.customer_price if self.is_partner else None, lines, licences)


def quantity_of(text: str) -> int | None:
    """None for what is no whole number from 1 to a million."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number and 1 <= int(text) <= MOST_LICENCES else None


def quantity_problem(product: Product, text: str) -> str | None:
    return quotes.quantity_problem(product, quantity_of(text) or 0)


def _holds(product: Product, term: str) -> bool:
    key = search_key(term)
    return key in product.name_key or fold(term) in fold(product.code) or key in search_key(product.description)


def _range(start: int, end: int | None, steps: int) -> str:
    if steps == 1:
        return _("any quantity")
    if end is None:
        return _("from %(low)s", low=number(start))
    return number(start) if start == end else _("%(low)s to %(high)s", low=number(start), high=number(end))
