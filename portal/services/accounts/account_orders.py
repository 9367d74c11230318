"""Orders that keep an account from being moved, and from paying in another currency."""

from sqlalchemy import ColumnElement, or_, select

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Order, OrderLine, OrderState

_WAITING = (OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED)


def waiting(account: Account) -> str | None:
    """The number of an order of this account, for it or billed to it that is neither executed nor ended."""
    for_it = select(OrderLine.order_id).where(OrderLine.account_id == account.id)
    return _first(
        or_(Order.account_id == account.id, Order.billed_account_id == account.id, Order.id.in_(for_it))
    )  # fmt: skip


def check_move(account: Account) -> None:
    """Inside a transaction that holds the account, whose lock keeps new orders away. Raises InvalidInput."""
    if (number := waiting(account)) is not None:
        raise InvalidInput(
            "parent", _("%(number)s waits. Let it be decided or executed first, then move.", number=number)
        )


def check_currency(account: Account) -> None:
    """As check_move. What is reserved for orders is an amount in the old currency."""
    if (number := _first(Order.billed_account_id == account.id)) is not None:
        raise InvalidInput("currency", _("%(number)s waits. Let it be decided or executed first.", number=number))
    if account.reserved:
        raise InvalidInput("currency", _("Orders in this currency use up its credit, so it stays."))


def _first(condition: ColumnElement[bool]) -> str | None:
    rows = select(Order).where(condition, Order.state.in_(_WAITING)).order_by(Order.id)
    order = db.session.scalar(rows.limit(1))
    return order and order.number
