"""What is loaded together with an order."""

from sqlalchemy.orm import joinedload, selectinload

from portal.models import Account, InvoiceLine, Order, OrderLine, Product

HEAD = (
    joinedload(Order.account).joinedload(Account.parent),
    joinedload(Order.billed_account),
    joinedload(Order.placed_by),
    joinedload(Order.decided_by),
    joinedload(Order.executed_by),
)
LISTED = (*HEAD, selectinload(Order.lines).joinedload(OrderLine.account))
WHOLE = (
    *HEAD,
    selectinload(Order.lines).options(
        joinedload(OrderLine.account).joinedload(Account.parent),
        joinedload(OrderLine.new_customer),
        joinedload(OrderLine.product).selectinload(Product.prices),
    ),
    selectinload(Order.new_customers),
)
SHOWN = (
    *HEAD,
    joinedload(Order.lines).options(
        joinedload(OrderLine.account),
        joinedload(OrderLine.product),
        joinedload(OrderLine.invoice_lines).joinedload(InvoiceLine.invoice),
    ),
)


DRAFT = (
    joinedload(Order.account).joinedload(Account.parent),
    joinedload(Order.billed_account),
    joinedload(Order.lines).options(
        joinedload(OrderLine.account),
        joinedload(OrderLine.new_customer),
        joinedload(OrderLine.product).selectinload(Product.prices),
    ),
)
"""For visible_orders: what the page of a draft shows, in two statements."""
