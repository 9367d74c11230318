"""The shop: what is for sale at this reader's price, and putting it into the basket."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import OrderLine
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line

pytestmark = pytest.mark.sqlite


@pytest.fixture
def paula(browse):
    return browse("paula")


@pytest.fixture
def lists(app, world):
    """`lists(seller, by, account, lines)`: a list in use from today on, for all if it names no account."""

    def make(seller, by, account, *lines):
        with app.app_context():
            details = {"name": "Prices", "currency": seller.currency, "valid_from": clock.today(),
                       "valid_until": None, "is_for_all": account is None}  # fmt: skip
            draft = price_lists.create(details=details, by=by)
            price_lists.save(draft, version=draft.version, details=details, lines=lines, by=by)
            if account is not None:
                price_lists.assign(draft, account, by=by)
            draft = price_lists.price_list(by, draft.id)
            price_lists.put_in_use(draft, version=draft.version, by=by)

    return make


def lines_of(app) -> list[tuple[int, int]]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(select(OrderLine.product_id, OrderLine.quantity))]


def row_of(page, product) -> str:
    return " ".join(page.one(f"#product-{product.id}").get_text(" ").split())


def test_a_partner_sees_its_price_its_customers_price_and_the_steps(world, paula, lists):
    lists(world.distributor, world.dora, world.partner,
          Line(world.mailbox.id, 1, 1000, None), Line(world.mailbox.id, 50, 900, None))  # fmt: skip
    lists(world.partner, world.paula, None, Line(world.mailbox.id, 1, 950, None))
    page = paula.open("storefront.shop.index")
    row = row_of(page, world.mailbox)
    for words in ("1 to 49 €10.00", "from 50 €9.00", "€9.50", "Below your price", "365 days"):
        assert words in row, row
    assert "any quantity €14.50" in row_of(page, world.bundle)
    assert "Shop" in page.links


def test_a_partners_customer_sees_only_its_own_price(world, browse, lists):
    """The partner pays 11.90, which no page of its customer may hold."""
    lists(world.partner, world.paula, world.customer, Line(world.mailbox.id, 1, 1777, None))
    for nick in ("carl", "cora", "cleo"):
        page = browse(nick).open("storefront.shop.index")
        assert "€17.77" in row_of(page, world.mailbox)
        assert "11.90" not in page.body
        assert "Customers pay" not in page.text


def test_what_the_partner_cannot_buy_is_not_sold_to_its_customer(world, browse, lists):
    product = world.product()
    lists(world.partner, world.paula, None, Line(product.id, 1, 500, None))
    page = browse("carl").open("storefront.shop.index")
    assert "Not sold in EUR yet" in row_of(page, product)
    assert "Ask for a price" in row_of(page, product)
    mail = page.one(f"#product-{product.id} a[href^=mailto]")["href"]
    assert mail.startswith(f"mailto:{world.partner.contact_email}?subject=Price%20of%20{product.code}")


def test_only_what_is_published_is_for_sale(world, paula):
    draft, gone = world.product(published_at=None), world.product(withdrawn_at=world.mailbox.created_at)
    page = paula.open("storefront.shop.index")
    for product in (draft, gone):
        assert product.code not in page.body
        answer = paula.post("storefront.basket.add", data={"product": product.id, "key": uuid4(), "quantity": 5})
        assert (answer.status, "not for sale" in answer.text) == (422, True)


def test_adding_keeps_the_row_and_says_what_is_in_the_basket(app, world, paula):
    page = paula.open("storefront.shop.index")
    form = page.one(f"#product-{world.mailbox.id} form")
    page = paula.submit(page, form=form, quantity="25")
    assert page.trail == (303,)
    assert "In your basket: 25 licences" in page.flash
    said = page.one(f"#product-{world.mailbox.id} .in-basket").get_text(" ", strip=True)
    assert said == "In your basket: 25 To the basket"
    assert page.one(".bar .tag").get_text().split()[0] == "1"
    assert paula.press(page, "To the basket").h1 == "Basket"
    assert lines_of(app) == [(world.mailbox.id, 25)]


def test_one_form_adds_one_line(app, world, paula):
    page = paula.open("storefront.shop.index")
    form = page.one(f"#product-{world.mailbox.id} form")
    for _press in range(2):
        assert paula.submit(page, form=form, quantity="25").status == 200
    assert paula.submit(page, form=form, quantity="30").status == 409
    assert lines_of(app) == [(world.mailbox.id, 25)]


@pytest.mark.parametrize("typed", ["", "0", "-1", "10.5", "1e9", "1000000000", "ten", "٣", "=1+1", "9" * 40])
def test_a_number_that_is_none_is_marked_in_its_row(app, world, paula, typed):
    page = paula.open("storefront.shop.index")
    page = paula.submit(page, form=page.one(f"#product-{world.mailbox.id} form"), quantity=typed)
    assert page.status == 422
    field = page.one(f"#product-{world.mailbox.id} [aria-invalid]")
    assert (field["value"], field.has_attr("autofocus")) == (typed, True)
    assert "Enter a whole number from 1" in page.errors[0]
    assert lines_of(app) == []


def test_the_limits_of_a_product_hold(app, world, paula):
    world.edit(world.mailbox, min_quantity=10, max_quantity=20)
    page = paula.open("storefront.shop.index")
    form = page.one(f"#product-{world.mailbox.id} form")
    assert form.select_one("[name=quantity]")["placeholder"] == "10–20"
    for typed in ("9", "21"):
        assert paula.submit(page, form=form, quantity=typed).errors == ["Enter a whole number from 10 to 20."]
    assert lines_of(app) == []


@pytest.mark.parametrize("forged", [{"product": "2147483000"}, {"product": "x"}, {"key": "no-key"}, {"key": "\0"}])
def test_a_forged_form_adds_nothing(app, world, paula, forged):
    sent = {"product": world.mailbox.id, "key": uuid4(), "quantity": 5} | forged
    page = paula.post("storefront.basket.add", data=sent)
    assert (page.status, "Nothing was added" in page.text, lines_of(app)) == (422, True, [])


def test_viewers_see_prices_and_no_forms(world, browse):
    penny = browse("penny")
    page = penny.open("storefront.shop.index")
    assert "€11.90" in row_of(page, world.mailbox)
    assert not page.soup.select("#list form:not([role=search])")
    assert not page.soup.select(".bar .btn")
    sent = {"product": world.mailbox.id, "key": uuid4(), "quantity": 5}
    assert penny.post("storefront.basket.add", data=sent).status == 403
    assert penny.open("storefront.basket.show").status == 403


def test_many_products_are_searched(world, paula):
    for number in range(10):
        world.product(prices={"EUR": 100 + number}, name=f"Bundle {number}", description="For schools")
    page = paula.open("storefront.shop.index")
    found = paula.submit(page, to="/searches", q="bundle 7")
    assert (len(found.rows), found.value("q")) == (1, "bundle 7")
    assert len(paula.submit(page, to="/searches", q="schools").rows) == 10
    kept = paula.submit(found, form=found.one("tbody form"), quantity="3")
    assert (kept.url, len(kept.rows)) == ("/storefront/shop?q=bundle+7", 1)
    assert "No product has that" in paula.submit(page, to="/searches", q="nothing like it").text


def test_an_empty_shop_says_so(world, paula):
    for product in (world.mailbox, world.bundle):
        world.edit(product, withdrawn_at=product.created_at)
    assert "Nothing is for sale yet" in paula.open("storefront.shop.index").text


@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_the_shop_costs_four_statements_whatever_it_sells(world, browse, sql, nick):
    """One of them, as on every page, finds the person."""
    browser = browse(nick)
    costs = []
    for _round in range(2):
        for _each in range(5):
            world.product(prices={"EUR": 100})
        with sql() as statements:
            browser.open("storefront.shop.index")
        costs.append(len(statements))
    assert costs == [4, 4]
