"""The credit limit of a billed account, by the amount that its orders reserve.

The reserved amount is changed by compare-and-set only, so that simultaneous orders never exceed the limit together.
"""

from sqlalchemy import or_, select, update

from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Account, Asset, Order


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


def lock_payer(asset_id: int) -> None:
    """Inside a transaction, before it locks the asset: who cancels it gives credit back, and accounts are locked
    first."""
    payer_id = db.session.scalar(select(Asset.billed_account_id).where(Asset.id == asset_id))
    if payer_id is not None:
        lock(Account, payer_id)


def release_for(asset: Asset) -> None:
    """Inside a transaction that holds the payer and the asset, which has been cancelled: its part of its order's
    credit."""
    if asset.order_id is None or not asset.total:
        return
    order = lock(Order, asset.order_id)
    amount = min(asset.total, order.reserved)
    payer = update(Account).where(Account.id == order.billed_account_id)
    db.session.execute(payer.values(reserved=Account.reserved - amount))
    order.reserved -= amount


def missing(payer: Account, amount: int) -> int:
    """By how much this amount exceeds what is left of the limit, in minor units; 0 if it fits."""
    if payer.credit_limit is None:
        return 0
    return max(payer.reserved + amount - payer.credit_limit, 0)
