"""Submit: the draft becomes an order, with a snapshot of what is sold at which price."""

from collections.abc import Sequence

from portal.core import audit, clock
from portal.core.errors import Conflict, InvalidInput, PriceChanged
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.models import Account, Order, OrderState, User
from portal.services import accounts
from portal.services.catalog.resolution import AgreedPrice
from portal.services.mail.telling import orders as mail_orders
from portal.services.ordering import drafts, execution, offers, order_locks, order_rights, quotes
from portal.services.ordering.quotes import Quote

SeenPrice = tuple[int, str]
"""Of one licence in minor units, and the currency."""


def submit(
    order: Order, *, version: int, seen: Sequence[SeenPrice | None], by: User, executes: bool = True
) -> Order:  # fmt: skip
    """`seen`: the price of each line that the person saw. `executes`: False if staff leave it to be executed later.

    Submitting again what is submitted returns the same order. Raises StaleVersion; InvalidInput for a line that cannot
    be ordered, such as `lines-2-quantity`; PriceChanged; Conflict if the payer cannot be ordered for.
    """
    with transaction("reserve"):
        row = order_locks.lock_order(order.id, by)
        if row.state is not OrderState.DRAFT:
            return row
        drafts.check_draft(row, version)
        submit_locked(row, seen=seen, by=by, executes=executes)
    return row


def submit_locked(order: Order, *, seen: Sequence[SeenPrice | None] | None, by: User, executes: bool) -> None:
    """Inside a transaction that has locked the accounts and the order. `seen=None`: the price was not shown."""
    now = clock.now()
    payer = offers.payer_of(order.account)
    order_rights.check_buyer(order.account, by)
    found = quotes.quotes_of(order, clock.day_of(now))
    _check(order, payer, found)
    _check_seen(found, seen, order.account, by)
    _create_customers(order, payer, by)
    order.billed_account_id, order.billed_account = payer.id, payer
    order.placed_by_id, order.placed_at = by.id, now
    take_snapshot(order, payer, found)
    order.version += 1
    audit.record("order", order.id, "submitted", by=by)
    if _waits_for_partner(order, payer):
        order.state = OrderState.AWAITING_APPROVAL
        mail_orders.waits(order, payer, order.account, by, now)
        return
    order.state = OrderState.SUBMITTED
    execution.take_in(order, by=by, executes=executes)


def shown_to(quote: Quote, buyer: Account, by: User) -> AgreedPrice:
    """The price that this person sees as the one to be paid: staff see what the payer pays."""
    return quote.price if by.is_staff else quote.for_buyer(buyer)


def _check(order: Order, payer: Account, found: list[Quote]) -> None:
    if not found:
        raise InvalidInput("lines", _("There is nothing to order yet. Add a product first."))
    for place, quote in enumerate(found):
        if quote.problem is not None:
            raise InvalidInput(f"lines-{place}-{quote.problem.field}", quote.problem.message)
    if order.account.is_disabled or payer.is_disabled:
        raise Conflict(_("This account or its payer is disabled; nothing can be ordered."))
    if not payer.is_synchronized:
        raise Conflict(
            _("%(name)s is not synchronized with BitTitan. Synchronize the account first.", name=payer.name),
            link=("account", str(payer.id)),
        )


def _check_seen(found: list[Quote], seen: Sequence[SeenPrice | None] | None, buyer: Account, by: User) -> None:
    if seen is None:
        return
    now = [(price.amount, price.currency) for price in (shown_to(quote, buyer, by) for quote in found)]
    if now != list(seen):
        raise PriceChanged(_("A price changed while you were looking. Nothing was ordered."))


def _create_customers(order: Order, payer: Account, by: User) -> None:
    """The customers that were entered in the basket."""
    used = {line.new_customer_id for line in order.lines if line.account_id is None}
    created: dict[int, Account] = {}
    for place, customer in enumerate(order.new_customers):
        if customer.id not in used:
            continue
        details = {name: getattr(customer, name) for name in ("name", "country", "contact_email")}
        try:
            created[customer.id] = accounts.create_customer(payer, details, by=by, is_another=customer.is_another)
        except InvalidInput as wrong:
            raise InvalidInput(f"new_customers-{place}-{wrong.field}", wrong.message) from wrong
    for line in order.lines:
        if line.account_id is None:
            line.account = created[line.new_customer_id]


def take_snapshot(order: Order, payer: Account, found: list[Quote]) -> None:
    """From now on the order is what was agreed, whatever happens to products, price lists and accounts."""
    order.lines_count = len(found)
    order.licences = sum(quote.line.quantity for quote in found)
    order.currency, order.total = payer.currency, quotes.total_of(found)
    for quote in found:
        _fix_line(quote, payer)
    if not order.account.pays_itself:
        order.customer_currency = order.account.currency
        order.customer_total = quotes.customer_total_of(found)


def _fix_line(quote: Quote, payer: Account) -> None:
    line, product, price = quote.line, quote.line.product, quote.price
    line.name = line.name or product.name
    line.product_code, line.product_name, line.product_type = product.code, product.name, product.type.name
    line.expire_days, line.validity_days = product.expire_days, product.validity_days
    line.currency, line.unit_price, line.list_price = price.currency, price.amount, price.list_price
    listed = next((each for each in product.prices if each.currency == price.currency), None)
    line.cost = None if listed is None else listed.cost
    line.tax_code = str(payer.tax_code) if payer.tax_code else payer.tax_text
    if price.price_list is not None:
        line.price_list_id, line.price_list_name = price.price_list.id, price.price_list.name
        line.price_list_from, line.price_list_until = price.price_list.valid_from, price.price_list.valid_until
    if quote.customer_price is not None and quote.customer_price.amount is not None:
        customer = quote.customer_price
        line.customer_currency, line.customer_price = customer.currency, customer.amount
        if customer.price_list is not None:
            line.customer_list_id, line.customer_list_name = customer.price_list.id, customer.price_list.name


def _waits_for_partner(order: Order, payer: Account) -> bool:
    """Staff order for the partner's customers without it; the partner's own orders need no approval either."""
    if order.account_id == payer.id or order.placed_by.is_staff or not payer.asks_approval:
        return False
    return payer.approves_up_to is None or order.total > payer.approves_up_to
