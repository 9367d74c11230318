from datetime import UTC, datetime
from uuid import uuid4

import pytest

from portal.core import access, clock
from portal.core.errors import Conflict, InvalidInput
from portal.services import ordering
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line


@pytest.fixture
def order(app, world, app_context):
    """Places an order of Dana's for five mailboxes of Brightwood Dental, unless told otherwise."""

    def place(**changes):
        usual = {"key": str(uuid4()), "account_id": world.customer.id, "product_id": world.mailbox.id, "quantity": 5}
        placed = ordering.place(**(usual | {"name": "", "by": world.dana} | changes))
        return access.visible_asset(world.dana, placed.lines[0].asset_id)

    return place


def test_the_partner_pays_for_its_customer_in_its_own_currency(order, world):
    asset = order()

    assert (asset.billed_account_id, asset.currency, asset.unit_price) == (world.partner.id, "EUR", 1190)
    assert (asset.sync_status.value, asset.attempts_made, asset.name) == ("synchronizing", 1, world.mailbox.name)


def test_the_same_form_twice_orders_once(order):
    key = str(uuid4())

    assert order(key=key).id == order(key=key).id


def test_an_account_that_the_person_does_not_see_cannot_be_chosen(order, world):
    for account_id in (world.rival_customer.id, 2**31 - 1):
        with pytest.raises(InvalidInput) as refusal:
            order(account_id=account_id, by=world.paula)
        assert (refusal.value.field, str(refusal.value.message)) == ("account", "Choose an account.")


def test_nothing_is_ordered_for_a_customer_whose_payer_is_disabled(order, world):
    world.edit(world.partner, disabled_at=datetime.now(UTC))

    with pytest.raises(InvalidInput) as refusal:
        order()
    assert refusal.value.field == "account"


def test_an_unsynchronized_payer_is_named_with_the_way_to_it(order, world):
    world.edit(world.partner, organization_id=None)

    with pytest.raises(Conflict) as refusal:
        order()
    assert refusal.value.link == ("account", str(world.partner.id))


def test_more_licences_than_bittitan_sells_at_once_are_refused(order, world):
    with pytest.raises(InvalidInput) as refusal:
        order(quantity=world.mailbox.type.max_quantity + 1)
    assert refusal.value.field == "quantity"


def test_nothing_is_ordered_for_the_distributor_itself(order, world):
    with pytest.raises(InvalidInput) as refusal:
        order(account_id=world.distributor.id)
    assert refusal.value.field == "account"


def test_a_form_that_has_ordered_does_not_order_something_else(order):
    key = str(uuid4())
    first = order(key=key)

    with pytest.raises(Conflict, match=f"ORD-{first.order_id}"):
        order(key=key, quantity=6)


def test_the_billed_accounts_price_list_sets_the_price(world, order):
    row = price_lists.create(
        details={"name": "Partners", "currency": "EUR", "valid_from": clock.today(), "valid_until": None,
                 "is_for_all": False},
        by=world.dora,
    )  # fmt: skip
    lines = [Line(world.mailbox.id, 1, 1100, None), Line(world.mailbox.id, 100, None, 1000)]
    price_lists.save(row, version=row.version, details={}, lines=lines, by=world.dora)
    price_lists.assign(row, world.partner, by=world.dora)
    row = price_lists.price_list(world.dora, row.id)
    price_lists.put_in_use(row, version=row.version, by=world.dora)
    assert [order(quantity=quantity).unit_price for quantity in (99, 100)] == [1100, 1071]


def test_limits_and_drafts_are_refused(world, order):
    world.edit(world.mailbox, min_quantity=10, max_quantity=50)
    for quantity in (9, 51):
        with pytest.raises(InvalidInput) as refusal:
            order(quantity=quantity)
        assert refusal.value.field == "quantity"
    with pytest.raises(InvalidInput) as refusal:
        order(product_id=world.product(prices={"EUR": 5}, published_at=None).id)
    assert refusal.value.field == "product"
