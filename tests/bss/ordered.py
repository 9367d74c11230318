"""Orders for tests of the screens."""

from uuid import uuid4

from portal.core import access, clock
from portal.extensions import db
from portal.models import Order, OrderLine
from portal.services.ordering import drafts, quotes, submission
from portal.services.ordering.drafts import DraftInput, LineInput
from tests.saved import saved


def draft(world, buyer=None, lines=None, **more) -> int:
    """The id of a draft of Dana's; by default of two lines of a partner, one of them for its customer."""
    usual = [LineInput(world.mailbox.id, 25), LineInput(world.mailbox.id, 10, "Reception", world.customer.id)]
    with world.app.app_context():
        buyer = buyer or world.partner
        return drafts.create(buyer.id, DraftInput(lines or usual, **more), by=world.dana, key=str(uuid4())).id


def submitted(world, *, executes: bool = False, **more) -> int:
    """The id of an order that waits for staff, unless it is executed."""
    order_id = draft(world, **more)
    with world.app.app_context():
        order = access.visible_order(world.dana, order_id)
        seen = [(quote.price.amount, quote.price.currency) for quote in quotes.quotes_of(order, clock.today())]
        submission.submit(order, version=order.version, seen=seen, by=world.dana, executes=executes)
    return order_id


def mixed(world, *assets) -> int:
    """The id of an executed order with these assets as its lines."""
    order = world.order(world.partner, currency="EUR")
    with world.transaction():
        for position, asset in enumerate(assets, start=1):
            old = db.session.query(OrderLine).filter_by(asset_id=asset.id).one()
            db.session.delete(old)
            db.session.flush()
            kept = {"quantity": asset.quantity, "name": asset.name, "unit_price": asset.unit_price, "currency": "EUR"}
            saved(OrderLine(
                order_id=order.id, position=position, account_id=asset.account_id, product_id=asset.product_id,
                asset_id=asset.id, **kept,
            ))  # fmt: skip
            world._again(asset).order_id = order.id
        row = db.session.get(Order, order.id)
        row.lines_count, row.licences = len(assets), sum(asset.quantity for asset in assets)
        row.total = sum(asset.total for asset in assets)
    return order.id
