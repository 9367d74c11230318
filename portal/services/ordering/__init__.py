"""Orders: from the basket or the staff's draft to the assets.

draft → (awaiting approval →) submitted → executed; or rejected, cancelled. What an executed order delivered is derived
from its assets.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import access
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Channel, Order, OrderLine, User
from portal.services.ordering import drafts, submission
from portal.services.ordering.drafts import DraftInput, LineInput


def place(*, key: str, account_id: int, product_id: int, quantity: int, name: str, by: User) -> Order:
    """The short way for staff: an order of one line is submitted and executed at once, unless it has to wait.

    The same key again means the same order. Raises InvalidInput for a field; Conflict if the payer cannot be ordered
    for yet, or if the key was used to order something else."""
    line = LineInput(product_id, quantity, name, account_id)
    try:
        with transaction("reserve"):
            order_id = _ordered(key, line) or _place(key, line, by)
    except IntegrityError:  # the same form was sent twice at once, and the other one ordered
        order_id = _ordered(key, line)
        if order_id is None:
            raise
    except InvalidInput as wrong:  # of the only line
        raise InvalidInput(wrong.field.removeprefix("lines-0-"), wrong.message) from wrong
    return access.visible_order(by, order_id)


def _ordered(key: str, line: LineInput) -> int | None:
    order_id = db.session.scalar(select(Order.id).where(Order.key == key))
    if order_id is None:
        return None
    columns = (OrderLine.account_id, OrderLine.product_id, OrderLine.quantity)
    rows = db.session.execute(select(*columns).where(OrderLine.order_id == order_id)).all()
    if [tuple(row) for row in rows] != [(line.account_id, line.product_id, line.quantity)]:
        raise Conflict(
            _("This form has ordered ORD-%(id)s already. Nothing more was ordered; begin a new order.", id=order_id)
        )
    return order_id


def _place(key: str, line: LineInput, by: User) -> int:
    buyer = drafts.check_buyer(line.account_id, by)
    order = drafts.new(buyer, Channel.BSS, key, DraftInput([line]), by)
    submission.submit_locked(access.visible_order(by, order.id), seen=None, by=by, executes=True)
    return order.id
