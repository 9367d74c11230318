"""What can happen between looking at a basket and ordering it; and that one press orders once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Price
from portal.services.catalog.price_lines import Line
from tests.page import words
from tests.storefront.test_basket import ORDER, basket, bought, order, orders, paula, put, work_out  # noqa: F401
from tests.storefront.test_shop import lists  # noqa: F401

# ruff: noqa: F811


def set_price(world, product, amount: int) -> None:
    with world.app.app_context(), transaction():
        db.session.query(Price).filter_by(product_id=product.id, currency="EUR").one().amount = amount


@pytest.mark.sqlite  # the services have proved it on both: once is enough
def test_a_changed_price_shows_both_and_one_button(app, world, paula, put, bought):
    put("paula", 25)
    put("paula", 10, product=world.bundle)
    page = basket(paula)
    set_price(world, world.mailbox, 1200)
    page = order(paula, page, po_number="4500-1")
    assert (page.status, bought()) == (409, [])
    table = words(page.one(".comparison"))
    for text in ("€11.90", "× 25 = €297.50", "€12.00", "× 25 = €300.00", "€442.50", "€445.00"):
        assert text in table, table
    assert world.bundle.name not in table
    assert page.value("po_number") == "4500-1"
    assert [text for text in page.buttons if "Order" in text] == ["Order at the new price, €445.00"]
    page = paula.submit(page, "Order at the new price")
    assert page.url.startswith("/storefront/orders/")
    assert [row[3] for row in bought()] == [1200, 1450]


@pytest.mark.sqlite  # the services have proved it on both: once is enough
def test_a_price_that_changes_again_is_shown_again(app, world, paula, put, bought):
    put("paula", 25)
    page = basket(paula)
    set_price(world, world.mailbox, 1200)
    page = order(paula, page)
    set_price(world, world.mailbox, 1190)
    page = paula.submit(page, "Order at the new price")
    assert (page.status, "Order at the new price, €297.50" in page.text, bought()) == (409, True, [])


@pytest.mark.sqlite  # the services have proved it on both: once is enough
def test_a_product_that_is_no_longer_sold_cannot_be_ordered(app, world, paula, put, bought):
    put("paula", 25)
    page = basket(paula)
    world.edit(world.mailbox, withdrawn_at=world.mailbox.created_at)
    sent = order(paula, page)
    assert (sent.status, bought()) == (422, [])
    for shown in (sent, basket(paula)):
        assert shown.errors == [f"{world.mailbox.name} has been withdrawn."]
        assert not [text for text in shown.buttons if "Order" in text]


@pytest.mark.sqlite  # the services have proved it on both: once is enough
def test_a_product_without_a_price_in_the_currency_cannot_be_ordered(app, world, paula, put, bought):
    product = world.product()
    put("paula", 5, product=product)
    page = basket(paula)
    assert page.errors == [f"{product.name} is not sold in EUR yet."]
    sent = paula.submit(page, form=page.one("#basket"), forge={"act": "order"})
    assert (sent.status, bought()) == (422, [])


def test_another_tab_was_faster(world, paula, put, bought):
    put("paula", 25, 40)
    old = basket(paula)
    fresh = paula.submit(basket(paula), "Remove line 2")
    work_out(paula, fresh, **{"lines-0-quantity": "60", "po_number": "NEW"})
    for act in ("check", "order"):
        page = paula.submit(old, form=old.one("#basket"), forge={"act": act}, po_number="OLD")
        assert (page.status, bought()) == (409, [])
        table = page.one(".comparison").get_text(" ")
        for text in ("25 ×", "60 ×", "40 ×", "OLD", "NEW", "Line 2"):
            assert text in table, table
        assert (page.value("lines-0-quantity"), page.value("po_number")) == ("60", "NEW")


@pytest.mark.sqlite  # the services have proved it on both: once is enough
@pytest.mark.parametrize("version", ["0", "999999", "abc", "", "-1", None])
def test_a_version_that_nobody_saw_saves_nothing(paula, put, version):
    put("paula", 25)
    page = work_out(paula, basket(paula), version=version, **{"lines-0-quantity": "30"})
    assert page.status == 409
    assert basket(paula).value("lines-0-quantity") == "25"


def test_ordering_twice_leads_to_one_order(paula, put, bought, orders):
    put("paula", 25)
    page = basket(paula)
    first = order(paula, page)
    put("paula", 40)  # a new basket, which the old page knows nothing of
    again = order(paula, page)
    checked = work_out(paula, page, **{"lines-0-quantity": "99"})
    assert first.url == again.url == checked.url == f"/storefront/orders/{orders('executed')[0].id}"
    assert len(bought()) == 1
    assert basket(paula).value("lines-0-quantity") == "40"


@pytest.mark.parametrize("typed", [{}, {"po_number": "4500-1"}], ids=["as shown", "with something typed"])
def test_ten_presses_at_once_are_one_order(app, world, browse, put, bought, typed):
    put("paula", 25)
    presses = [browse("paula") for _each in range(10)]
    pages = [basket(browser) for browser in presses]
    with ThreadPoolExecutor(10) as pool:
        sent = list(pool.map(lambda both: order(*both, **typed), zip(presses, pages, strict=True)))
    assert len({page.url for page in sent}) == 1
    assert {page.trail for page in sent} == {(303,)}
    assert len(bought()) == 1


@pytest.mark.parametrize("number", ["2147483000", "words", "0", "9" * 30])
def test_a_basket_that_is_not_there_orders_nothing(world, browse, paula, put, bought, number):
    put("paula", 25)
    put("rita", 5)
    page = order(paula, basket(paula), order=number)
    known = order(paula, basket(paula), order=_basket_of(browse("rita")))
    for shown in (page, known):
        assert ("not there any more" in shown.flash, shown.url) == (True, "/storefront/basket")
    assert bought() == []


def _basket_of(browser) -> str:
    return basket(browser).value("order")


@pytest.mark.sqlite  # the services have proved it on both: once is enough
@pytest.mark.parametrize(
    ("nick", "said"),
    [("paula", "Synchronize your account"), ("pavel", "Ask an administrator of your account")],
)
def test_an_account_that_bittitan_does_not_know_is_led_to_the_link(world, browse, put, bought, nick, said):
    world.edit(world.partner, organization_id=None)
    put(nick, 25)
    browser = browse(nick)
    page = basket(browser)
    assert said in page.text
    sent = browser.submit(page, form=page.one("#basket"), forge={"act": "order"})
    assert (sent.status, said in sent.text, bought()) == (409, True, [])


@pytest.mark.sqlite  # the services have proved it on both: once is enough
def test_a_partners_customer_is_told_whom_to_ask(world, browse, put):
    world.edit(world.partner, organization_id=None)
    put("carl", 25)
    page = basket(browse("carl"))
    assert "Northlight IT cannot order for you at the moment" in page.text
    assert "BitTitan is" not in page.text


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    ("nick", "columns", "said"),
    [
        ("paula", {}, "BitTitan is asked for the coupon codes"),
        ("paula", {"credit_limit": 1}, "over your credit limit, so the order will wait for Meridian Distribution’s"),
        ("paula", {"executes_orders": False}, "Meridian Distribution looks at your order"),
        ("carl", {}, "Your order waits for Northlight IT, who has to approve it"),
        ("carl", {"approves_up_to": 10**9}, "Your order may have to wait until Northlight IT approves it"),
        ("carl", {"asks_approval": False, "credit_limit": 1}, "BitTitan is asked for the coupon codes"),
    ],
)
def test_the_page_says_what_ordering_leads_to(world, browse, put, nick, columns, said):
    world.edit(world.partner, **columns)
    put(nick, 25)
    assert said in basket(browse(nick)).text


@pytest.mark.sqlite  # no database decides it: once is enough
def test_the_volume_steps_are_named(world, paula, put, lists):
    lists(world.distributor, world.dora, world.partner, Line(world.mailbox.id, 1, 1000, None),
          Line(world.mailbox.id, 50, 900, None), Line(world.mailbox.id, 500, 800, None))  # fmt: skip
    put("paula", 49, 50, 500)
    rows = basket(paula).rows
    assert "€10.00from 50: €9.00" in rows[0]
    assert "€9.00volume price from 50from 500: €8.00" in rows[1]
    assert ("€8.00volume price from 500" in rows[2], "from 501" in rows[2]) == (True, False)
