"""What a move would change, worked out before it is made."""

import pytest

from portal.extensions import db
from portal.models import Account
from portal.services.accounts import account_moves
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line
from tests import reminded


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def used_by(seller, world, amount: int) -> None:
    """A list of this seller's for everybody directly below."""
    row = world.price_list(seller.account, is_for_all=True)
    lines = [Line(world.mailbox.id, 1, amount, None)]
    price_lists.save(row, version=row.version, details={}, lines=lines, by=seller)
    fresh = price_lists.price_list(seller, row.id)
    price_lists.put_in_use(fresh, version=fresh.version, by=seller)


def test_it_says_who_sees_who_pays_and_at_which_prices(world):
    other = world.account("partner", name="Other Partner", synced=False)
    world.asset("synchronized")
    world.asset("synchronizing")
    used_by(world.paula, world, 1500)
    account = db.session.get(Account, world.customer.id)
    move = account_moves.preview(account, other)
    assert (move.now.parent.id, move.now.people) == (world.partner.id, 3)
    assert (move.then.parent.id, move.then.people, move.then.payer.is_synchronized) == (other.id, 0, False)
    assert (move.assets, move.open_attempts) == (2, 1)
    prices = {price.product.code: (price.now.amount, price.then.amount) for price in move.prices}
    assert prices == {"BT-MAILBOX": (1500, 1190), "BT-BUNDLE": (1450, 1450)}
    assert world.reload(world.customer).parent_id == world.partner.id


def test_a_direct_customer_pays_itself(world):
    account = db.session.get(Account, world.customer.id)
    move = account_moves.preview(account, world.distributor)
    assert (move.now.payer.id, move.then.payer.id) == (world.partner.id, account.id)


def test_it_names_the_addresses_that_are_forgotten(world):
    reminded.added(world, world.customer, "partners@elsewhere.example", by=world.paula)
    reminded.added(world, world.customer, "staffs@elsewhere.example")
    move = account_moves.preview(db.session.get(Account, world.customer.id), world.distributor)
    assert [row.address for row in move.forgotten] == ["partners@elsewhere.example"]
