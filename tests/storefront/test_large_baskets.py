"""Baskets of many lines for partners of many customers: what their page costs."""

import pytest

from portal.services.ordering import drafts
from portal.services.ordering.drafts import MOST_LINES, CustomerInput, DraftInput, LineInput
from tests.storefront.test_basket import basket, orders, paula, put, work_out  # noqa: F401

# ruff: noqa: F811

pytestmark = pytest.mark.sqlite  # the same statements on both


@pytest.fixture
def many(world):
    """`many(200)`: the partner’s customers."""

    def make(number: int) -> list:
        with world.transaction():
            return [world._account(parent=world.partner, name=f"Customer {each:03}") for each in range(number)]

    return make


@pytest.fixture
def filled(app, world, put):
    """`filled("paula", accounts)`: a line for each account and one for a new customer."""

    def save(nick: str, accounts: list) -> None:
        put(nick, 1)
        with app.app_context():
            person = world.find(type(world.paula), getattr(world, nick).id)
            order = drafts.basket_of(person)
            lines = [LineInput(world.mailbox.id, 25, "", account.id) for account in accounts]
            new = [CustomerInput("Newcomer")] if nick == "paula" else []
            lines += [LineInput(world.bundle.id, 5, new_customer=0) for _each in new]
            drafts.save(order, DraftInput(lines, new), version=order.version, by=person)

    return save


@pytest.mark.parametrize(("nick", "most"), [("paula", 4), ("carl", 3)])
def test_a_basket_costs_four_statements_whatever_it_holds(world, browse, sql, many, filled, nick, most):
    """Besides the one of every page, which finds the person."""
    browser, costs = browse(nick), []
    for number in (2, 12):
        customers = many(number) if nick == "paula" else [world.customer] * number
        filled(nick, customers)
        with sql() as statements:
            basket(browser)
        costs.append(len(statements) - 1)
    assert costs == [most, most]


def test_a_page_of_300_lines_stays_small(world, paula, many, filled):
    customers = many(201)
    filled("paula", [customers[place % 201] for place in range(MOST_LINES - 1)])
    paula.is_watched = False
    page = basket(paula)
    assert (page.status, len(page.soup.select("select[name$=account]"))) == (200, MOST_LINES)
    assert len(page.body) < 1_100_000
    chosen = [page.value(f"lines-{place}-account") for place in (0, 150, 250)]
    assert chosen == [str(customers[place % 201].id) for place in (0, 150, 250)]
    fields = page.soup.select("#basket [name]:not(button)")
    assert len(fields) < 1000  # as many as a form may have
    kept = work_out(paula, page, po_number="4500-1")
    assert (kept.value("po_number"), kept.value("lines-299-account")) == ("4500-1", "new-0")


def test_other_customers_are_found_by_name(world, paula, many, put):
    customers = many(230)
    put("paula", 25)
    page = basket(paula)
    assert f'value="{customers[229].id}"' not in page.body
    page = work_out(paula, page, q="customer 229", **{"lines-0-name": "Kept"})
    assert page.url == "/storefront/basket?q=customer+229"
    assert (page.value("lines-0-name"), page.value("lines-0-account")) == ("Kept", str(world.partner.id))
    page = work_out(paula, page, **{"lines-0-account": customers[229].id})
    assert page.facts["Customer 229"] == "€297.50"
    assert "None of your customers" in work_out(paula, page, q="nobody at all").text


def test_a_basket_has_300_lines_at_most(app, world, paula, put, filled):
    filled("paula", [world.customer] * (MOST_LINES - 1))
    paula.is_watched = False
    page = paula.open("storefront.shop.index")
    page = paula.submit(page, form=page.one(f"#product-{world.mailbox.id} form"), quantity="5")
    assert (page.status, page.errors) == (422, ["An order has at most 300 lines. Make a second one."])
