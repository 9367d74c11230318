"""What others do in the moment in which a product is changed, or before it is bought."""

import pytest

from portal.core.errors import InvalidInput, StaleVersion
from portal.models import Order, OrderState
from portal.services import catalog
from portal.services.catalog import product_changes
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
