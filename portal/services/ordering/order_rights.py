"""Who may do what with an order. Raises NotVisible or NotAllowed; which orders a person sees, says core/access.py."""

from sqlalchemy import ColumnElement, case

from portal.core.audit import Actor
from portal.core.errors import NotAllowed
from portal.core.i18n import gettext as _
from portal.core.viewer import Viewer
from portal.models import Account, Order, OrderState, Right, User


def may_approve(order: Order, by: Actor) -> bool:
    """Only the partner that would pay for its customer."""
    is_asked = isinstance(by, User) and by.may(Right.ORDER) and order.billed_account_id == by.account_id
    return is_asked and order.state is OrderState.AWAITING_APPROVAL


def may_cancel(order: Order, by: Actor) -> bool:
    """The buyer and staff, until it is executed. A partner rejects its customer's order instead."""
    if not isinstance(by, User):
        return order.is_waiting
    is_theirs = by.is_staff or order.account_id == by.account_id
    return by.may(Right.ORDER) and is_theirs and (order.is_waiting or order.state is OrderState.DRAFT)


def may_execute(order: Order, by: Actor) -> bool:
    is_staff = not isinstance(by, User) or (by.is_staff and by.may(Right.ORDER))
    return is_staff and order.state is OrderState.SUBMITTED


def may_reject(order: Order, by: Actor) -> bool:
    return may_approve(order, by) or may_execute(order, by)


def check_buyer(buyer: Account, by: Actor) -> None:
    """Raises NotAllowed unless this person may order in the name of this account, which they see."""
    if isinstance(by, User) and not (by.may(Right.ORDER) and (by.is_staff or by.account_id == buyer.id)):
        raise NotAllowed()


def sees_price(user: User, order: Order) -> bool:
    """What the billed account pays: that account and the distributor's staff, never the accounts below."""
    return user.is_staff or order.billed_account_id == user.account_id


def sees_customer_price(user: User, order: Order) -> bool:
    """What a partner's customer pays: that customer and the partner, and the distributor's staff."""
    return sees_price(user, order) or order.account_id == user.account_id


def amount_columns(viewer: User | Viewer) -> tuple[ColumnElement, ColumnElement]:
    """The same rules for many rows: what this person pays, with its currency; NULL if it may not be seen."""
    if viewer.is_staff:
        return Order.total, Order.currency
    pays, is_buyer = Order.billed_account_id == viewer.account.id, Order.account_id == viewer.account.id
    total = case((pays, Order.total), (is_buyer, Order.customer_total))
    return total, case((pays, Order.currency), (is_buyer, Order.customer_currency))


def too_late(order: Order) -> str:
    """Why an act that its state does not allow was not carried out."""
    said = {
        OrderState.DRAFT: _("%(number)s is a draft.", number=order.number),
        OrderState.SUBMITTED: _("%(number)s was approved a moment before.", number=order.number),
        OrderState.EXECUTED: _("%(number)s was executed a moment before.", number=order.number),
        OrderState.REJECTED: _("%(number)s was rejected a moment before.", number=order.number),
        OrderState.CANCELLED: _("%(number)s was cancelled a moment before.", number=order.number),
        OrderState.AWAITING_APPROVAL: _("%(number)s waits for an approval.", number=order.number),
    }
    return said[order.state]
