"""“Order again”: a draft with what an order held."""

from portal.models import Order
from portal.services.ordering.drafts import DraftInput, LineInput


def lines_of(order: Order) -> list[LineInput]:
    """At today's prices and for the same accounts; quotes say what cannot be ordered any more."""
    return [LineInput(line.product_id, line.quantity, line.name, line.account_id) for line in order.lines]


def draft_of(order: Order) -> DraftInput:
    """Without the purchase order number, which belongs to the earlier order."""
    return DraftInput(lines_of(order))
