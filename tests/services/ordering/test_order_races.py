"""Everything that people do with the orders of one partner at the same moment: nobody is answered with an error, and
the credit is what the orders reserve."""

import uuid

import pytest
from sqlalchemy import func, select

from portal.core import access
from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import Account, Asset, Order, OrderState, User
from portal.services import accounts, assets, credit, ordering
from portal.services.ordering import decisions, drafts, execution, submission
from portal.services.ordering.drafts import LineInput
from portal.services.ordering.execution import Decision
from tests.services.shop import at_once

ROUNDS = 4


@pytest.fixture
def scene(app, world):
    """Orders that wait, that are executed, and a basket, of one customer of the partner."""
    world.edit(world.partner, asks_approval=True, executes_orders=False, credit_limit=10_000_000)
    with app.app_context():
        drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=db.session.get(User, world.carl.id))
    waiting = world.waiting_order(world.customer).id
    held = world.waiting_order(world.customer, state=OrderState.SUBMITTED, hold="staff").id
    made = [world.asset("failed", account=world.customer).id for _ in range(2)]
    with app.app_context(), world.transaction():
        for asset_id in made:
            asset = db.session.get(Asset, asset_id)
            db.session.get(Order, asset.order_id).reserved = asset.total
        db.session.get(Order, held).reserved = db.session.get(Order, held).total
        db.session.get(Account, world.partner.id).reserved = db.session.scalar(select(func.sum(Order.reserved)))
    return waiting, held, made


def submit(world, carl):
    basket = drafts.basket_of(carl)
    submission.submit(basket, version=basket.version, seen=[(1190, "EUR")], by=carl)


def add(world, carl):
    drafts.add_to_basket(LineInput(world.bundle.id, 1), by=carl)


def approve(world, paula, order_id):
    decisions.approve(access.visible_order(paula, order_id), by=paula)


def cancel(world, by, order_id):
    decisions.cancel(access.visible_order(by, order_id), by=by)


def execute(world, dana, order_id):
    order = access.visible_order(dana, order_id)
    execution.execute(order, Decision(), version=order.version, by=dana)


def cancel_asset(world, dana, asset_id):
    asset = access.visible_asset(dana, asset_id)
    assets.cancel(asset, version=asset.version, by=dana, reason="Not needed")


def move(world, dana):
    row = db.session.get(Account, world.customer.id)
    accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=dana)


def place(world, dana):
    chosen = {"account_id": world.customer.id, "product_id": world.bundle.id, "quantity": 5, "name": ""}
    ordering.place(key=str(uuid.uuid4()), by=dana, **chosen)


def pay(world, dana):
    row = db.session.get(Account, world.partner.id)
    credit.release_paid(row, 500, version=row.version, reason="INV-1", by=dana)


def acts_of(world, waiting, held, made):
    """Who does what with which of them."""
    return [
        (world.carl, submit), (world.carl, add), (world.paula, approve, waiting), (world.carl, cancel, waiting),
        (world.dana, execute, held), (world.dana, cancel, held), (world.dana, cancel_asset, made[0]),
        (world.dana, move), (world.dana, place), (world.dana, pay), (world.dana, cancel_asset, made[1]),
    ]  # fmt: skip


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_everything_at_once(app, world, scene, turn):
    acts = acts_of(world, *scene)
    acts = acts[turn * 3 :] + acts[: turn * 3]

    def one():
        person, act, *which = acts.pop()
        with app.app_context():
            act(world, db.session.get(User, person.id), *which)

    strange = [each for each in at_once(len(acts), one) if each is not None and not isinstance(each, DomainError)]
    assert not strange
    with app.app_context():
        reserved = select(func.coalesce(func.sum(Order.reserved), 0)).where(Order.billed_account_id == Account.id)
        off = select(Account.code).where(Account.reserved != reserved.scalar_subquery())
        assert list(db.session.scalars(off)) == []
        assert db.session.scalar(select(func.min(Order.reserved))) >= 0
