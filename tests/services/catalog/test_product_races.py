"""What others do in the moment in which a product is changed, or before it is bought."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core.errors import InvalidInput, StaleVersion
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Order, OrderState, User
from portal.services import catalog
from portal.services.catalog import product_changes
from portal.services.ordering import drafts, order_locks, submission
from portal.services.ordering.drafts import LineInput
from tests.services.invoicing.test_payer_lock import wait_for_waiting
from tests.services.shop import at_once


def test_the_second_who_changes_its_type_is_told(app, world):
    for _each in range(5):
        product = world.product(prices={"EUR": 500})

        def change(product=product) -> None:
            with app.app_context():
                row, details = catalog.product(product.id), {"kind": world.bundle.type.license_kind}
                product_changes.save_product(row, version=1, details=details, price_of={}, by=world.dora)

        outcomes = at_once(2, change)
        assert sorted(str(type(each)) for each in outcomes) == sorted(map(str, (type(None), StaleVersion)))


def test_what_a_waiting_order_agreed_is_what_it_buys(app, world):
    """Nobody has bought the product yet: until then its type can be changed."""
    world.edit(world.mailbox, first_sold_at=None)
    details = {"kind": world.bundle.type.license_kind}
    order_id = world.waiting_order(world.customer).id
    with app.app_context(), pytest.raises(InvalidInput, match="sold or ordered"):
        product_changes.save_product(
            catalog.product(world.mailbox.id), version=1, details=details, price_of={}, by=world.dora
        )
    world.edit(world.find(Order, order_id), state=OrderState.REJECTED)
    with app.app_context():
        row = catalog.product(world.mailbox.id)
        assert product_changes.save_product(row, version=1, details=details, price_of={}, by=world.dora)


@pytest.mark.postgresql
def test_an_order_that_is_submitted_first_keeps_the_type(app, world):
    """The change waits for the order, whatever it found before."""
    world.edit(world.partner, executes_orders=False)
    product = world.product(prices={"EUR": 500})

    def change() -> None:
        with app.app_context():
            details = {"kind": world.bundle.type.license_kind}
            row = catalog.product(product.id)
            product_changes.save_product(row, version=row.version, details=details, price_of={}, by=world.dora)

    with ThreadPoolExecutor() as pool, app.app_context():
        order = drafted(world, product)
        with transaction():
            row = order_locks.lock_order(order.id, world.paula)
            submission.submit_locked(row, seen=None, by=world.paula, executes=False)
            changed = pool.submit(change)
            wait_for_waiting(app)
        refusal = changed.exception(10)
        assert isinstance(refusal, InvalidInput)
        assert "sold or ordered" in refusal.message
        assert catalog.product(product.id).type_id == world.mailbox.type_id


@pytest.mark.postgresql
def test_an_order_that_is_submitted_second_is_for_the_new_type(app, world):
    world.edit(world.partner, executes_orders=False)
    product = world.product(prices={"EUR": 500})

    def submit() -> Order:
        with app.app_context():
            by = db.session.get(User, world.paula.id)
            basket = drafts.basket_of(by)
            return submission.submit(basket, version=basket.version, seen=[(500, "EUR")], by=by)

    with ThreadPoolExecutor() as pool, app.app_context():
        drafted(world, product)
        with transaction():
            row = catalog.lock_product(product.id)
            submitted = pool.submit(submit)
            wait_for_waiting(app)
            product_changes.change(row, {"kind": world.bundle.type.license_kind}, {}, by=world.dora)
        (line,) = submitted.result(10).lines
        assert line.product_type == world.bundle.type.name


def drafted(world, product) -> Order:
    return drafts.add_to_basket(LineInput(product.id, 5), by=db.session.get(User, world.paula.id))
