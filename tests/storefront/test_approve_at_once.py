"""Approve, reject and cancel at the same moment: one of them, and the others are told which."""

import pytest

from portal.core import access
from portal.core.errors import Conflict
from portal.extensions import db
from portal.models import Account, Asset, Order, OrderState, User
from portal.services.ordering import approvals, decisions
from tests.services.shop import at_once

ROUNDS = 10
ENDED = {OrderState.EXECUTED: "approve", OrderState.REJECTED: "reject", OrderState.CANCELLED: "cancel"}


def acting(app, acts):
    """Each call carries out the next of them, as in a process of its own."""
    waiting = list(acts)

    def act():
        name, by_id, order_id = waiting.pop()
        with app.app_context():
            by = db.session.get(User, by_id)
            order = access.submitted_order(by, order_id)
            reasons = {"reject": {"reason": "No"}}.get(name, {})
            getattr(decisions, name)(order, by=by, **reasons)
            return name

    return act


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_approve_against_cancel_is_one_of_them(app, world, round_number):
    order = world.waiting_order()
    acts = [("approve", world.paula.id), ("cancel", world.carl.id), ("reject", world.pavel.id)]
    first = round_number % len(acts)
    turned = [*acts[first:], *acts[:first]]
    results = at_once(3, acting(app, [(*act, order.id) for act in turned]))
    done = [result for result in results if isinstance(result, str)]
    assert len(done) == 1, results
    assert all(isinstance(result, Conflict) for result in results if result not in done), results
    ended = world.find(Order, order.id)
    assert ENDED[ended.state] == done[0]
    with app.app_context():
        bought = db.session.scalar(db.select(db.func.count()).select_from(Asset).where(Asset.order_id == order.id))
        reserved = db.session.get(Account, world.partner.id).reserved
    is_bought = ended.state is OrderState.EXECUTED
    assert (bought, reserved) == ((1, ended.total) if is_bought else (0, 0))


def test_two_inboxes_approve_each_order_once(app, world):
    orders = [world.waiting_order() for _ in range(4)]

    def approve() -> int:
        with app.app_context():
            by = db.session.get(User, world.paula.id)
            outcomes = approvals.decide(dict.fromkeys([order.id for order in orders], 1), approvals.Act.APPROVE, by=by)
            return sum(not outcome.refusal for outcome in outcomes)

    assert sum(at_once(3, approve)) == len(orders)
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Asset)) == len(orders)
