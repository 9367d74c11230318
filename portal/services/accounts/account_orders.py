"""Orders that keep an account from being moved, and from paying in another currency."""

from sqlalchemy import or_, select

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Order, OrderLine, OrderState

_WAITING = (OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED)


def check_move(account: Account) -> None:
    """Inside a transaction that holds the account, whose lock keeps new orders away. Raises InvalidInput."""
    for_it = select(OrderLine.order_id).where(OrderLine.account_id == account.id)
    order = _first(or_(Order.account_id == account.id, Order.id.in_(for_it)))
    if order is not None:
        raise InvalidInput(
            "parent", _("%(number)s waits. Let it be decided or executed first, then move.", number=order.number)
        )


def check_currency(account: Account) -> None:
    """As check_move. What is reserved for orders is an amount in the old currency."""
    order = _first(Order.billed_account_id == account.id)
    if order is not None:
        raise InvalidInput(
            "currency", _("%(number)s waits. Let it be decided or executed first.", number=order.number)
        )  # fmt: skip
    if account.reserved:
        raise InvalidInput("currency", _("Orders in this currency use up its credit, so it stays."))


def _first(condition) -> Order | None:
    rows = select(Order).where(condition, Order.state.in_(_WAITING)).order_by(Order.id)
    return db.session.scalar(rows.limit(1))
