"""“Order again”: what an order held, at today's prices and for the same accounts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core import access, clock
from portal.models import Order, OrderLine, User
from portal.services.ordering import drafts, quotes
from portal.services.ordering.drafts import DraftInput, LineInput

_LEFT_OUT = ("account", "product")
"""What is wrong with a line that cannot be ordered any more; a quantity can be mended in the basket."""


@dataclass(frozen=True)
class Again:
    lines: list[LineInput]
    left_out: list[tuple[OrderLine, str]]
    """What cannot be ordered any more, each with a sentence."""


def lines_of(order: Order) -> list[LineInput]:
    """At today's prices and for the same accounts; quotes say what cannot be ordered any more."""
    return [LineInput(line.product_id, line.quantity, line.name, line.account_id) for line in order.lines]


def draft_of(order: Order) -> DraftInput:
    """Without the purchase order number, which belongs to the earlier order."""
    return DraftInput(lines_of(order))


def checked(order: Order, by: User) -> Again:
    """What of the order this person could order today in the name of their own account. The order as
    access.visible_order returns it."""
    lines = [
        OrderLine(product=line.product, quantity=line.quantity, account=line.account, name=line.name)
        for line in order.lines
    ]
    buyer = access.visible_account(by, by.account_id)
    found = quotes.quotes_of(Order(account=buyer, lines=lines), clock.today())
    left_out = [
        (line, quote.problem.message)
        for line, quote in zip(order.lines, found, strict=True)
        if quote.problem is not None and quote.problem.field in _LEFT_OUT
    ]
    gone = {line.id for line, _reason in left_out}
    return Again(
        [each for line, each in zip(order.lines, lines_of(order), strict=True) if line.id not in gone], left_out
    )


def add_to_basket(lines: Sequence[LineInput], *, key: str, by: User) -> Order:
    """Once for each `key`. Raises InvalidInput, NotAllowed."""
    keyed = [
        LineInput(line.product_id, line.quantity, line.name, line.account_id, key=_key_of(key, place))
        for place, line in enumerate(lines)
    ]
    return drafts.add_all_to_basket(keyed, by=by)


def replace_basket(basket: Order, lines: Sequence[LineInput], *, version: int, by: User) -> Order:
    """Raises StaleVersion, Conflict, InvalidInput."""
    return drafts.save(basket, DraftInput(lines), version=version, by=by)


def _key_of(key: str, place: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key}/{place}"))
