"""Two people change price lists and their accounts in the same moment: nobody has two prices, and nothing deadlocks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, PriceListAccount, PriceTerm, User
from portal.services import accounts
from portal.services.catalog import price_lists
from portal.services.ordering import drafts, order_locks, submission
from portal.services.ordering.drafts import LineInput
from tests.services.catalog.test_price_lists import TODAY, drafted, fixed
from tests.services.invoicing.test_payer_lock import wait_for_waiting
from tests.services.shop import at_once


@pytest.fixture(autouse=True)
def on_the_day(monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
def together(app):
    """Runs each act in a thread and a context of its own, all at once; returns what they returned or raised."""

    def run(*acts):
        left = list(acts)

        def one():
            with app.app_context():
                return left.pop()()

        return at_once(len(acts), one)

    return run


def terms(app) -> set[tuple]:
    with app.app_context():
        return {(row.list_id, row.buyer_id, row.product_id) for row in PriceTerm.query}


def test_of_two_lists_put_in_use_at_once_one_is_refused(app, world, together):
    buyers = [world.partner, *(world.account("partner") for _ in range(3))]
    with app.app_context():
        lines = [fixed(world.mailbox, 900), fixed(world.bundle, 900)]
        rows = [
            drafted(world.dora, lines, *buyers, name="First"),
            drafted(world.dora, lines[::-1], *buyers[::-1], name="Second"),
        ]
    outcomes = together(
        *(lambda row=row: price_lists.put_in_use(row, version=row.version, by=world.dora) for row in rows)
    )
    assert sorted(type(each) for each in outcomes if each is not None) == [Conflict]
    assert len(terms(app)) == len(buyers) * 2


def test_an_account_assigned_while_the_list_is_put_in_use_has_its_price(app, world, together):
    other = world.account("partner")
    with app.app_context():
        row = drafted(world.dora, [fixed(world.mailbox, 900)], world.partner)
    outcomes = together(
        lambda: price_lists.put_in_use(row, version=row.version, by=world.dora),
        lambda: price_lists.assign(row, other, by=world.dora),
    )
    assert outcomes == [None, None]
    assert terms(app) == {(row.id, account.id, world.mailbox.id) for account in (world.partner, other)}


def test_an_account_that_moves_while_its_list_is_put_in_use_keeps_no_price_of_it(app, world, together):
    second = world.account("partner")
    for number in range(5):
        with app.app_context():
            customer = world.account(parent=world.partner)
            row = drafted(world.paula, [fixed(world.mailbox, 900)], customer, name=f"List {number}")
        version = db_version(app, customer)
        outcomes = together(
            lambda row=row: price_lists.put_in_use(row, version=row.version, by=world.paula),
            lambda account=customer, version=version: accounts.edit(
                account, version=version, details={}, parent_id=second.id, by=world.dora
            ),
        )
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, Conflict)]
        assert not [term for term in terms(app) if term[1] == customer.id]
        with app.app_context():
            assert PriceListAccount.query.filter_by(account_id=customer.id).count() == 0


def db_version(app, account: Account) -> int:
    with app.app_context():
        return db.session.get(Account, account.id).version


@pytest.mark.postgresql
def test_an_order_of_an_account_waits_for_no_list_that_waits_for_the_account(app, world):
    """Whoever gives the list to an account holds the list first; an order holds its accounts first, then names it."""
    with app.app_context():
        row = drafted(world.dora, [fixed(world.mailbox, 900)], world.partner)
        price_lists.put_in_use(row, version=row.version, by=world.dora)
        order = drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=db.session.get(User, world.paula.id))
        list_id, other = row.id, world.account("partner", currency="CHF")

    def assign() -> None:
        with app.app_context():
            by = db.session.get(User, world.dora.id)
            for account in (world.partner, other):
                price_lists.assign(price_lists.price_list(by, list_id), db.session.get(Account, account.id), by=by)

    with ThreadPoolExecutor() as pool, app.app_context():
        with transaction():
            locked = order_locks.lock_order(order.id, world.paula)
            assigned = pool.submit(assign)
            wait_for_waiting(app)
            submission.submit_locked(locked, seen=None, by=world.paula, executes=True)
        assert isinstance(assigned.exception(10), InvalidInput)  # of the account in another currency
        assert locked.lines[0].price_list_id == list_id
