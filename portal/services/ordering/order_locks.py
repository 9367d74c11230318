"""Locks of an order and of the accounts that it concerns."""

from collections.abc import Collection

from sqlalchemy import select

from portal.core import access
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Account, AccountKind, Order, OrderLine, Product, User


def lock_order(order_id: int, by: User | None) -> Order:
    """Inside a transaction: the current order with all that its page shows; `by=None`: for the worker. Raises
    NotVisible.

    The accounts come first and by id: who moves or merges an account locks it before its orders.
    """
    lock_accounts(order_id)
    lock(Order, order_id)
    _lock_products(order_id)
    return access.order_for_worker(order_id) if by is None else access.visible_order(by, order_id)


def lock_draft(order_id: int, account_ids: Collection[int] = ()) -> Order:
    """As lock_order, for who writes its lines: `account_ids` are those that the new lines name, and a line that is
    inserted waits for its account. Without what its page shows. Raises NotVisible."""
    lock_accounts(order_id, account_ids)
    return lock(Order, order_id)


def lock_accounts(order_id: int, account_ids: Collection[int] = ()) -> None:
    """The buyer, the payer and the accounts of the lines: none of them moves, or is disabled, until the end."""
    of_order = (Order.account_id, Order.billed_account_id, Account.parent_id)
    order = select(*of_order).join(Account, Account.id == Order.account_id).where(Order.id == order_id)
    ids = {account_id for row in db.session.execute(order) for account_id in row}
    of_lines = select(OrderLine.account_id).where(OrderLine.order_id == order_id)
    _lock({*ids, *db.session.scalars(of_lines), *account_ids})


def lock_buyer(account_id: int) -> None:
    """Inside a transaction that has not locked an account yet: the account and the one above it."""
    parents = select(Account.parent_id).where(Account.id == account_id)
    _lock({account_id, *db.session.scalars(parents)})


def _lock_products(order_id: int) -> None:
    """Those that nobody has bought, by id: whoever changes code, name or type of one waits, and then finds it ordered.
    Those of the others are fixed."""
    of_lines = select(OrderLine.product_id).where(OrderLine.order_id == order_id)
    rows = select(Product.id).where(Product.id.in_(of_lines), Product.first_sold_at.is_(None)).order_by(Product.id)
    db.session.execute(rows.with_for_update(key_share=True))


def _lock(account_ids: set[int | None]) -> None:
    rows = select(Account).where(Account.id.in_(account_ids - {None}), Account.kind != AccountKind.DISTRIBUTOR)
    # Not their keys, so that purchases under way do not wait (see credit.lock_payers); who moves one waits.
    locked = rows.order_by(Account.id).with_for_update(key_share=True)
    db.session.scalars(locked.execution_options(populate_existing=True)).all()
