"""The basket: worked out, corrected, ordered; and what can go wrong meanwhile."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, Order, OrderState, User
from portal.services.catalog.price_lines import Line
from portal.services.ordering import drafts
from portal.services.ordering.drafts import LineInput
from tests.storefront.test_shop import lists  # noqa: F401

pytestmark = pytest.mark.sqlite

ORDER = "Order: €"


@pytest.fixture
def paula(browse):
    return browse("paula")


@pytest.fixture
def put(app, world):
    """`put("paula", 25, 40)`: mailboxes in the basket, a line for each number."""

    def add(nick: str, *quantities: int, product=None) -> None:
        with app.app_context():
            person = db.session.get(User, getattr(world, nick).id)
            for quantity in quantities:
                drafts.add_to_basket(LineInput((product or world.mailbox).id, quantity), by=person)

    return add


@pytest.fixture
def orders(app):
    def read(*states: str) -> list[Order]:
        with app.app_context():
            rows = db.session.scalars(select(Order).where(Order.state.in_(OrderState(state) for state in states)))
            return list(rows)

    return read


@pytest.fixture
def bought(app):
    def read() -> list[tuple]:
        with app.app_context():
            rows = select(Asset.name, Asset.quantity, Asset.account_id, Asset.unit_price).order_by(Asset.id)
            return [tuple(row) for row in db.session.execute(rows)]

    return read


def basket(browser):
    return browser.open("storefront.basket.show")


def work_out(browser, page, **fields):
    return browser.submit(page, form=page.one("#basket"), forge={"act": "check"}, **fields)


def order(browser, page, **fields):
    return browser.submit(page, ORDER, **fields)


def test_an_empty_basket_leads_to_the_shop(paula):
    page = basket(paula)
    assert "Your basket is empty" in page.text
    assert paula.press(page, "To the shop").h1 == "Shop"


def test_a_partner_orders_for_itself_and_for_a_customer(world, paula, put, bought, orders):
    put("paula", 25, 40)
    page = basket(paula)
    assert page.facts["Total without VAT"] == "€773.50"
    page = work_out(paula, page, **{"lines-1-account": world.customer.id, "lines-1-name": "Reception"})
    assert (page.facts["Your organisation"], page.facts["Brightwood Dental"]) == ("€297.50", "€476.00")
    page = order(paula, page, po_number="4500-1", note="Before Friday,\nplease")
    (sent,) = orders("executed")
    assert page.url == f"/storefront/orders/{sent.id}"
    assert (sent.po_number, sent.note, sent.total) == ("4500-1", "Before Friday,\nplease", 77350)
    assert bought() == [
        (world.mailbox.name, 25, world.partner.id, 1190), ("Reception", 40, world.customer.id, 1190),
    ]  # fmt: skip
    assert "Your basket is empty" in basket(paula).text


def test_a_post_without_an_act_never_buys(paula, put, bought):
    put("paula", 25)
    page = basket(paula)
    assert page.soup.select_one("#basket button")["value"] == "check"
    sent = paula.submit(page, form=page.one("#basket"))
    assert (sent.url, bought()) == ("/storefront/basket", [])
    assert "Nothing was changed" in sent.flash


def test_a_new_number_is_worked_out_before_it_is_ordered(paula, put, bought):
    put("paula", 25)
    page = order(paula, basket(paula), **{"lines-0-quantity": "30"})
    assert "Nothing was ordered" in page.flash
    assert page.facts["Total without VAT"] == "€357.00"
    assert bought() == []
    assert order(paula, page).trail == (303,)
    assert [row[1] for row in bought()] == [30]


def test_a_line_is_removed_and_the_rest_kept(paula, put):
    put("paula", 25, 40, 60)
    page = paula.submit(basket(paula), "Remove line 2", **{"lines-0-name": "Kept", "lines-2-quantity": "61"})
    assert [page.value("lines-0-name"), page.value("lines-0-quantity"), page.value("lines-1-quantity")] == [
        "Kept", "25", "61",
    ]  # fmt: skip
    page = paula.submit(paula.submit(page, "Remove line 2"), "Remove line 1")
    assert "Your basket is empty" in page.text


def test_emptying_asks_first(paula, put):
    put("paula", 25)
    page = paula.press(basket(paula), "Empty the basket")
    assert page.h1 == "Empty the basket"
    assert "25 licences" in page.text
    assert paula.press(page, "Keep it").value("lines-0-quantity") == "25"
    put("paula", 40)
    page = paula.submit(page, "Empty the basket")
    assert (page.status, "so it was kept" in page.text, "40 licences" in page.text) == (409, True, True)
    page = paula.submit(page, "Empty the basket")
    assert (page.h1, "Your basket is empty" in basket(paula).text) == ("Shop", True)


BAD = [
    ("lines-0-quantity", "0"),
    ("lines-0-quantity", "1e9"),
    ("lines-0-quantity", "1000000000"),
    ("lines-0-quantity", "10.5"),
    ("lines-0-quantity", ""),
    ("lines-0-quantity", "٣"),
    ("lines-0-name", "x" * 10_000),
    ("lines-0-name", "Mail\0box"),
    ("lines-0-account", "2147483000"),
    ("lines-0-account", "words"),
    ("lines-0-account", "new-7"),
    ("lines-0-account", ""),
    ("po_number", "x" * 61),
    ("po_number", "4500\x1b"),
    ("note", "x" * 1001),
]


@pytest.mark.parametrize("act", ["check", "order"])
@pytest.mark.parametrize(("field", "value"), BAD)
def test_bad_input_is_marked_and_changes_nothing(app, world, paula, put, bought, field, value, act):
    put("paula", 25)
    page = basket(paula)
    page = paula.submit(page, form=page.one("#basket"), forge={"act": act}, **{field: value})
    assert (page.status, bought()) == (422, [])
    marked = page.one("[aria-invalid]")
    assert (marked["name"], marked.has_attr("autofocus"), len(page.errors)) == (field, True, 1)
    assert (basket(paula).value("lines-0-quantity"), basket(paula).value("po_number")) == ("25", "")


def test_a_foreign_account_cannot_be_bought_for(world, paula, put, bought):
    put("paula", 25)
    for account in (world.rival_customer, world.rival, world.distributor, world.direct_customer):
        page = work_out(paula, basket(paula), **{"lines-0-account": account.id})
        assert page.errors == ["Choose the account that will use the licences."]
        assert account.name not in page.one("#basket table").get_text()


def test_a_formula_in_the_order_number_is_only_text(paula, put, orders):
    put("paula", 25)
    order(paula, basket(paula), po_number="=1+1")
    assert orders("executed")[0].po_number == "=1+1"


def test_a_customers_line_needs_no_account(world, browse, put, orders):
    put("carl", 25)
    carl = browse("carl")
    page = basket(carl)
    assert "For whom" not in page.text
    order(carl, page)
    (waiting,) = orders("awaiting-approval")
    assert (waiting.account_id, waiting.customer_total) == (world.customer.id, 29750)


def test_a_customer_never_sees_what_its_partner_pays(world, browse, put, lists):  # noqa: F811
    """The partner pays 11.90, or 10.50 from 500 licences on; its credit is used up."""
    lists(world.partner, world.paula, world.customer, Line(world.mailbox.id, 1, 1777, None))
    world.edit(world.partner, credit_limit=1, asks_approval=False, executes_orders=False, vat_number="DE811569869")
    put("carl", 25)
    carl = browse("carl")
    page = basket(carl)
    assert page.facts["Total without VAT"] == "€444.25"
    assert page.facts["Billed to"] == world.partner.name
    sent = carl.submit(page, ORDER, **{"lines-0-quantity": "26"})
    for shown in (page, sent, carl.submit(page, form=page.one("#basket"), **{"lines-0-quantity": "0"})):
        for secret in ("11.90", "1190", "297.50", "credit", world.partner.billing_email, "DE811569869"):
            assert secret not in shown.body, secret
