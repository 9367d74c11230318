"""The credit limit of a billed account, by the amount that its orders reserve.

The reserved amount is changed by compare-and-set only, so that simultaneous orders never exceed the limit together.
"""

from sqlalchemy import or_, update

from portal.extensions import db
from portal.models import Account, Order


def reserve(order: Order, *, beyond_the_limit: bool = False) -> bool:
    """Inside a transaction that holds the order. Returns False, and changes nothing, if its total does not fit."""
    amount = order.total or 0
    payer = update(Account).where(Account.id == order.billed_account_id)
    if not beyond_the_limit:
        fits = or_(Account.credit_limit.is_(None), Account.reserved + amount <= Account.credit_limit)
        payer = payer.where(fits)
    if not db.session.execute(payer.values(reserved=Account.reserved + amount)).rowcount:
        return False
    order.reserved = amount
    return True


def release(order: Order) -> None:
    """Inside a transaction that holds the order: it is cancelled or rejected."""
    if not order.reserved:
        return
    payer = update(Account).where(Account.id == order.billed_account_id)
    db.session.execute(payer.values(reserved=Account.reserved - order.reserved))
    order.reserved = 0


def release_part(order: Order, amount: int) -> None:
    """Inside a transaction that holds the order: a line of it is cancelled."""
    amount = min(amount, order.reserved)
    payer = update(Account).where(Account.id == order.billed_account_id)
    db.session.execute(payer.values(reserved=Account.reserved - amount))
    order.reserved -= amount


def missing(payer: Account, amount: int) -> int:
    """By how much this amount exceeds what is left of the limit, in minor units; 0 if it fits."""
    if payer.credit_limit is None:
        return 0
    return max(payer.reserved + amount - payer.credit_limit, 0)
