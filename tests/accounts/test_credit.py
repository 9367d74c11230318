"""Orders and credit of an account that pays, for the distributor's staff."""

import pytest

from portal.extensions import db
from portal.models import Account, Order
from portal.services.accounts import account_merges

pytestmark = pytest.mark.sqlite


@pytest.fixture
def owing(world):
    """Northlight owes for two orders."""
    world.edit(world.partner, credit_limit=100_000, reserved=30_000)
    orders = [world.order(world.partner, total=amount, reserved=amount) for amount in (10_000, 20_000)]
    return world, orders


def page_of(browse, world):
    return browse("dana").open("accounts.credit_of", account_id=world.partner.id)


def test_a_payment_frees_the_oldest_orders_first(owing, browse, app):
    world, orders = owing
    dana = browse("dana")
    page = dana.open("accounts.credit_of", account_id=world.partner.id)
    assert "€300.00" in page.text
    done = dana.submit(page, "Record the payment", amount="150", reason="INV-17")
    assert "€150.00 is free again" in done.text
    with app.app_context():
        assert [db.session.get(Order, order.id).reserved for order in orders] == [0, 15_000]
        assert db.session.get(Account, world.partner.id).reserved == 15_000
    again = dana.submit(page, "Record the payment", amount="150", reason="INV-17")
    assert (again.status, "Nothing was saved" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"amount": "300.01", "reason": "INV-17"}, "up to what is reserved, 300.00"),
        ({"amount": "0", "reason": "INV-17"}, "up to what is reserved"),
        ({"amount": "ten", "reason": "INV-17"}, "Enter an amount such as"),
        ({"amount": "10", "reason": ""}, "Say what was paid"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_at_its_field(owing, browse, app, typed, says):
    world, _orders = owing
    dana = browse("dana")
    page = dana.submit(page_of(lambda _: dana, world), "Record the payment", **typed)
    assert (page.status, says in page.text) == (422, True)
    with app.app_context():
        assert db.session.get(Account, world.partner.id).reserved == 30_000


@pytest.mark.parametrize("nick", ["elena", "vera"])
def test_who_edits_no_accounts_reads_the_credit(owing, browse, nick):
    world, _orders = owing
    person = browse(nick)
    page = person.press(person.open("accounts.show", account_id=world.partner.id), "Orders and credit")
    assert page.facts["Credit limit"] == "€1,000.00"
    assert page.facts["Reserved by orders"] == "€300.00"
    assert "as soon as they are submitted" in page.facts["Orders that this account pays"]
    assert page.soup.select("main form, main input") == []
    for endpoint in ("accounts.record_payment", "accounts.set_execution"):
        assert person.post(endpoint, account_id=world.partner.id).status == 403


def test_staff_choose_whether_orders_wait_for_them(world, browse, app):
    dana = browse("dana")
    page = dana.open("accounts.credit_of", account_id=world.partner.id)
    dana.submit(page, to="/execution", executes="by-staff")
    with app.app_context():
        assert db.session.get(Account, world.partner.id).executes_orders is False
    assert "Orders are executed at once" in dana.open("accounts.show", account_id=world.partner.id).text


def test_credit_of_an_account_that_a_partner_pays_for_now_is_freed(world, browse, app):
    """A direct customer was merged into a partner's customer, which stays billed for what was ordered before."""
    world.edit(world.direct_customer, reserved=10_000)
    order = world.order(world.direct_customer, total=10_000, reserved=10_000)
    with app.app_context():
        merged, kept = (db.session.get(Account, row.id) for row in (world.direct_customer, world.customer))
        versions = (merged.version, kept.version)
        account_merges.merge(merged, kept, versions=versions, why="Entered twice", by=world.dana)
        assert db.session.get(Order, order.id).billed_account_id == kept.id
    dana = browse("dana")
    page = dana.visit(dana.open("accounts.show", account_id=world.customer.id).links["Orders and credit"])
    assert "€100.00" in page.text
    assert "Its orders are billed to Northlight IT now." in page.text
    assert "Execution" not in page.text
    done = dana.submit(page, "Record the payment", amount="100", reason="INV-17")
    assert "€100.00 is free again" in done.flash
    with app.app_context():
        assert db.session.get(Order, order.id).reserved == 0
    assert dana.open("accounts.credit_of", account_id=world.customer.id).status == 404
    for nick in ("carl", "paula"):
        assert "Reserved by orders" not in browse(nick).open("accounts.show", account_id=world.customer.id).text
