"""Orders under kills and crowds: submitted, approved, executed and cancelled as a whole or not at all, and once."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sqlalchemy import func, select

from portal.core import access
from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import Account, Asset, Attempt, Order, OrderLine, OrderState, User
from portal.services.ordering import decisions, drafts, execution, submission
from portal.services.ordering.drafts import CustomerInput, DraftInput, LineInput
from portal.services.ordering.execution import Decision
from tests.proof.place import Place
from tests.proof.processes import Process, Tell, killed_at_statement, statements

CROWD = 50
PROCESSES = 3
LINES = 3


@dataclass
class Orders:
    """What people do with the orders of one partner and its customer, each act in a context of its own."""

    place: Place

    def basket(self, buyer: User) -> int:
        """Three lines; a partner's third one is for a customer that is created with the order."""
        world = self.place.world
        lines = [LineInput(world.mailbox.id, 5), LineInput(world.bundle.id, 7), LineInput(world.mailbox.id, 9)]
        customers = []
        if buyer.account_id == world.partner.id:
            lines[2] = LineInput(world.mailbox.id, 9, new_customer=0)
            customers = [CustomerInput(f"New customer {random.getrandbits(40)}")]
        with self.place.app.app_context():
            by = db.session.get(User, buyer.id)
            order = drafts.add_to_basket(lines[0], by=by)
            drafts.save(order, DraftInput(lines, customers), version=order.version, by=by)
            return order.id

    def submit(self, order_id: int, buyer: User) -> None:
        seen = [(1190, "EUR"), (1450, "EUR"), (1190, "EUR")]
        self._act(order_id, buyer, lambda order, by: submission.submit(order, version=order.version, seen=seen, by=by))

    def approve(self, order_id: int) -> None:
        self._act(order_id, self.place.world.paula, lambda order, by: decisions.approve(order, by=by))

    def cancel(self, order_id: int, by: User) -> None:
        self._act(order_id, by, lambda order, person: decisions.cancel(order, by=person))

    def execute(self, order_id: int) -> None:
        self._act(
            order_id,
            self.place.world.dana,
            lambda order, by: execution.execute(order, Decision(), version=order.version, by=by),
        )

    def of_customer(self) -> int:
        """Awaits the partner's approval."""
        order_id = self.basket(self.place.world.carl)
        self.submit(order_id, self.place.world.carl)
        return order_id

    def for_staff(self) -> int:
        """Waits until staff execute it."""
        with self.place.world.transaction():
            db.session.get(Account, self.place.world.partner.id).executes_orders = False
        order_id = self.basket(self.place.world.paula)
        self.submit(order_id, self.place.world.paula)
        with self.place.world.transaction():
            db.session.get(Account, self.place.world.partner.id).executes_orders = True
        return order_id

    def state(self, order_id: int) -> OrderState:
        return self._read(lambda: db.session.scalar(select(Order.state).where(Order.id == order_id)))

    def check(self) -> None:
        """Every executed order has one asset for each line, any other none; credit is what live orders reserve."""
        assert self._read(self._faults) == []

    def _faults(self) -> list[str]:
        faults = []
        for order in db.session.scalars(select(Order)):
            lines = list(db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
            made = set(db.session.scalars(select(Asset.id).where(Asset.order_id == order.id)))
            is_executed = order.state is OrderState.EXECUTED
            if {line.asset_id for line in lines} - {None} != made or len(made) != (len(lines) if is_executed else 0):
                faults.append(f"{order.number} is {order.state.value} and has {len(made)} assets")
            is_live = order.state in (OrderState.SUBMITTED, OrderState.EXECUTED) and order.hold is None
            if is_live and order.reserved != order.total:
                faults.append(f"{order.number} is {order.state.value} and reserves {order.reserved}")
        reserved = select(func.coalesce(func.sum(Order.reserved), 0)).where(Order.billed_account_id == Account.id)
        off = select(Account.code).where(Account.reserved != reserved.scalar_subquery())
        faults += [f"{code} reserves something else than its orders" for code in db.session.scalars(off)]
        attempted = select(Asset.id).outerjoin(Attempt, Attempt.asset_id == Asset.id).where(Asset.order_id.is_not(None))
        faults += [f"AS-{each} has no attempt" for each in db.session.scalars(attempted.where(Attempt.id.is_(None)))]
        return faults

    def _act(self, order_id: int, person: User, act: Callable[[Order, User], object]) -> None:
        with self.place.app.app_context():
            by = db.session.get(User, person.id)
            act(access.visible_order(by, order_id), by)

    def _read(self, read: Callable):
        with self.place.app.app_context():
            return read()


def kill_acts(place: Place, lot: Random, times: int) -> None:
    """Killed between any two statements: the act has happened or it has not, and doing it again completes it."""
    orders, world = Orders(place), place.world
    acts = {
        "submit": (lambda: orders.basket(world.paula), lambda id_: orders.submit(id_, world.paula), "executed"),
        "approve": (orders.of_customer, orders.approve, "executed"),
        "execute": (orders.for_staff, orders.execute, "executed"),
        "cancel": (orders.of_customer, lambda id_: orders.cancel(id_, world.carl), "cancelled"),
    }
    for name, (prepare, act, wanted) in acts.items():
        first = prepare()
        most = statements(place.app, lambda first=first, act=act: act(first))
        for number in sorted(lot.sample(range(most), min(times, most))):
            order_id = prepare()
            before = orders.state(order_id)
            killed_at_statement(place.app, number, lambda order_id=order_id, act=act: act(order_id))
            state = orders.state(order_id)
            assert state in (before, OrderState(wanted)), f"{name} killed at {number}: {state.value}"
            orders.check()
            if state is before:
                act(order_id)
            assert orders.state(order_id) is OrderState(wanted)
            orders.check()
    place.heal()
    place.check()
    place.buy_what_is_missing()
    place.check_all_bought()


def submit_together(place: Place, lot: Random) -> None:
    """50 submits of one basket from three processes, two of which are killed: one order, each line once."""
    orders, world = Orders(place), place.world
    order_id = orders.basket(world.paula)
    processes = [Process(place.app, lambda tell: _crowd(orders, order_id, tell)) for _ in range(PROCESSES)]
    for process in processes[1:]:
        process.wait(within=lot.uniform(0.05, 0.4))
    processes[0].wait()
    if orders.state(order_id) is OrderState.DRAFT:  # whoever got the lock was killed
        orders.submit(order_id, world.paula)
    orders.check()
    assert orders.state(order_id) is OrderState.EXECUTED
    place.heal()
    place.check()
    place.check_all_bought()


def _crowd(orders: Orders, order_id: int, tell: Tell) -> None:
    def submit() -> None:
        try:
            orders.submit(order_id, orders.place.world.paula)
        except DomainError as refusal:
            tell(type(refusal).__name__)

    threads = [threading.Thread(target=submit) for _ in range(CROWD // PROCESSES + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
