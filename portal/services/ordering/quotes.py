"""What each line of a draft costs today, and why it may not be ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.i18n import gettext as _
from portal.models import Account, AccountKind, Order, OrderLine, Product
from portal.services import catalog
from portal.services.catalog import resolution
from portal.services.catalog.resolution import AgreedPrice, Purchase
from portal.services.ordering import offers


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be ordered."""

    field: str
    """`account`, `product`, `quantity` or `new_customer`."""
    message: str


@dataclass(frozen=True)
class Quote:
    line: OrderLine
    price: AgreedPrice
    """What the billed account pays the distributor."""
    customer_price: AgreedPrice | None
    """What a partner's customer pays the partner; None if the licences are not for such a customer."""
    problem: Problem | None

    @property
    def total(self) -> int | None:
        return None if self.price.amount is None else self.price.amount * self.line.quantity

    @property
    def customer_total(self) -> int | None:
        price = self.customer_price
        return None if price is None or price.amount is None else price.amount * self.line.quantity

    def for_buyer(self, buyer: Account) -> AgreedPrice:
        """The price that the buyer itself pays."""
        return self.price if buyer.pays_itself or self.customer_price is None else self.customer_price


@dataclass(frozen=True)
class ShopPrice:
    """What a product costs a buyer who has not said yet how many."""

    product: Product
    price: AgreedPrice
    """What the billed account pays the distributor."""
    customer_price: AgreedPrice | None
    """What the buyer pays its partner, or what a partner's customers pay it in general; None for a direct customer."""

    def for_buyer(self, buyer: Account) -> AgreedPrice:
        return self.price if buyer.pays_itself or self.customer_price is None else self.customer_price

    def is_sold_to(self, buyer: Account) -> bool:
        """Each of those who have to pay has a price."""
        return self.price.amount is not None and self.for_buyer(buyer).amount is not None


def shop_prices(buyer: Account, products: Sequence[Product], day: date) -> list[ShopPrice]:
    """For the smallest quantity of each product. One statement."""
    payer = offers.payer_of(buyer)
    customer = _new_customer_of(payer) if buyer is payer else buyer
    users = [payer] if payer.kind is not AccountKind.PARTNER else [payer, customer]
    wanted = [Purchase(user, product, product.min_quantity) for user in users for product in products]
    found = resolution.prices_for(wanted, day) if wanted else []
    customer_prices = found[len(products) :] or [None] * len(products)
    return [ShopPrice(*each) for each in zip(products, found[: len(products)], customer_prices, strict=True)]


def quotes_of(order: Order, day: date) -> list[Quote]:
    """As drafts.basket_of or access.visible_order return the order. One statement."""
    if not order.lines:
        return []
    payer = offers.payer_of(order.account)
    users = [_user_of(line, payer) for line in order.lines]
    pay_the_partner = [user.parent_id == payer.id and payer.kind is AccountKind.PARTNER for user in users]
    wanted = [Purchase(payer, line.product, line.quantity) for line in order.lines]
    wanted += [
        Purchase(user, line.product, line.quantity)
        for line, user, does in zip(order.lines, users, pay_the_partner, strict=True)
        if does
    ]
    found = resolution.prices_for(wanted, day)
    prices, rest = found[: len(users)], iter(found[len(users) :])
    customer_prices = [next(rest) if does else None for does in pay_the_partner]
    return [
        Quote(line, price, customer_price, _problem(line, user, order.account, price, customer_price))
        for line, user, price, customer_price in zip(order.lines, users, prices, customer_prices, strict=True)
    ]


def total_of(quotes: Iterable[Quote]) -> int:
    """What the billed account pays, as far as the lines have a price."""
    return sum(quote.total or 0 for quote in quotes)


def customer_total_of(quotes: Iterable[Quote]) -> int:
    return sum(quote.customer_total or 0 for quote in quotes)


def quantity_problem(product: Product, quantity: int) -> str | None:
    low, high = product.min_quantity, product.most_licences
    if high is not None and not low <= quantity <= high:
        return _("Enter a whole number from %(low)s to %(high)s.", low=low, high=f"{high:,}")
    return _("Enter a whole number from %(low)s.", low=low) if quantity < low else None


def _user_of(line: OrderLine, payer: Account) -> Account:
    """Who will use the licences."""
    return _new_customer_of(payer) if line.account is None else line.account


def _new_customer_of(payer: Account) -> Account:
    """A customer that does not exist yet pays in its partner's currency, and has no price list of its own."""
    return Account(
        id=0, kind=AccountKind.CUSTOMER, parent_id=payer.id, branch_id=payer.branch_id, currency=payer.currency
    )


def _problem(
    line: OrderLine, user: Account, buyer: Account, price: AgreedPrice, customer_price: AgreedPrice | None
) -> Problem | None:
    if (reason := _account_problem(line, user, buyer)) is not None:
        return Problem("account", reason)
    if (reason := catalog.why_not_orderable(line.product)) is not None:
        return Problem("product", reason)
    if price.amount is None:
        return Problem("product", _not_sold(price, buyer))
    if not buyer.pays_itself and customer_price is not None and customer_price.amount is None:
        return Problem("product", _not_sold(customer_price, buyer))
    if (reason := quantity_problem(line.product, line.quantity)) is not None:
        return Problem("quantity", reason)
    return None


def _account_problem(line: OrderLine, user: Account, buyer: Account) -> str | None:
    if line.account is None and line.new_customer is None:
        return _("Choose the account that will use the licences.")
    if user.is_distributor:
        return _("The distributor holds no licences itself. Choose another account.")
    if line.account is not None and buyer.id not in (user.id, user.parent_id):
        return _("This account does not belong to you any more. Choose another one.")  # its name is another's now
    if user.is_disabled:
        return _("%(name)s is disabled; nothing can be ordered for it.", name=user.name)
    return None


def _not_sold(price: AgreedPrice, buyer: Account) -> str:
    if price.currency != buyer.currency:  # the partner's customer does not learn in which currency the partner pays
        return _("%(product)s is not sold yet. Ask your partner for a price.", product=price.product.name)
    return _("%(product)s is not sold in %(currency)s yet.", product=price.product.name, currency=price.currency)
