"""A customer that a partner creates in its basket."""

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Account
from tests.storefront.test_basket import ORDER, basket, bought, order, orders, paula, put, work_out  # noqa: F401

pytestmark = pytest.mark.sqlite

# ruff: noqa: F811


@pytest.fixture
def accounts(app):
    def count() -> int:
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(Account))

    return count


def opened(browser):
    """The fields of the customer below its line, as a line asked for it and nothing else was typed."""
    return work_out(browser, basket(browser), **{"lines-0-account": "new"})


ASKED = {
    "lines-0-account": "new",
    "new_customer-name": "Русская школа Цюрих",
    "new_customer-country": "CH",
    "new_customer-contact_email": "buero@schule.example",
}
NEW = {
    "new_customers-0-name": "Русская школа Цюрих",
    "new_customers-0-country": "CH",
    "new_customers-0-contact_email": "buero@schule.example",
}


@pytest.mark.parametrize("nick", ["paula", "pavel"])
def test_one_order_creates_the_customer_and_its_asset(app, world, browse, put, bought, accounts, nick):
    browser, known = browse(nick), accounts()
    put(nick, 25)
    page = work_out(browser, basket(browser), **ASKED)
    assert (page.status, page.errors) == (200, [])
    assert page.facts["Русская школа Цюрих"] == "€297.50"
    assert page.value("lines-0-account") == "new-0"
    assert accounts() == known
    page = order(browser, page)
    assert page.url.startswith("/storefront/orders/")
    (asset,) = bought()
    with app.app_context():
        made = db.session.get(Account, asset[2])
        assert (made.name, made.country, made.contact_email, made.parent_id) == (
            "Русская школа Цюрих", "CH", "buero@schule.example", world.partner.id,
        )  # fmt: skip
    assert accounts() == known + 1


def test_it_can_be_ordered_for_without_working_it_out_again(paula, put, bought, accounts):
    known = accounts()
    put("paula", 25)
    assert order(paula, basket(paula), **ASKED).url.startswith("/storefront/orders/")
    assert (len(bought()), accounts()) == (1, known + 1)


def test_a_line_that_asks_needs_a_name(paula, put, bought):
    put("paula", 25)
    for press in (work_out, order):
        page = press(paula, basket(paula), **{"lines-0-account": "new", "new_customer-country": "CH"})
        assert (page.status, page.errors, bought()) == (422, ["Enter a name."], [])
        assert page.one("[autofocus]")["name"] == "new_customers-0-name"
        assert page.value("new_customers-0-country") == "CH"


@pytest.mark.parametrize("press", [work_out, order])
def test_what_was_typed_for_it_without_a_line_that_asks_is_not_lost(world, paula, put, bought, press):
    put("paula", 25)
    page = press(paula, basket(paula), **ASKED | {"lines-0-account": world.partner.id})
    assert (page.status, page.value("new_customer-name"), bought()) == (422, "Русская школа Цюрих", [])
    assert page.errors[0].startswith("No line is for this customer.")
    assert page.one("[autofocus]")["name"] == "new_customer-name"
    emptied = {f"new_customer-{name}": "" for name in ("name", "country", "contact_email")}
    assert work_out(paula, page, **emptied).status == 200


@pytest.mark.parametrize("act", ["check", "order"])
def test_the_same_form_twice_makes_one_customer(paula, put, bought, accounts, act):
    known = accounts()
    put("paula", 25)
    page = basket(paula)
    work_out(paula, page, **ASKED)
    again = paula.submit(page, form=page.one("#basket"), forge={"act": act}, **ASKED)
    if act == "order":
        assert again.url.startswith("/storefront/orders/")
        assert (len(bought()), accounts()) == (1, known + 1)
    else:
        assert again.status == 409
        assert len(again.soup.select("[name^=new_customers][name$=name]")) == 1


def test_a_new_customer_in_an_old_tab_is_shown_beside_what_is_stored(paula, put):
    put("paula", 25)
    page = basket(paula)
    work_out(paula, page, po_number="4500-1")
    late = work_out(paula, page, **ASKED)
    assert late.status == 409
    assert "25 × BitTitan Mailbox License for Русская школа Цюрих" in late.text


@pytest.mark.parametrize("act", ["check", "order"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 10_000), ("name", "\0"), ("contact_email", "buero@schule"), ("country", "XX")],
)
def test_what_is_wrong_with_it_is_marked(paula, put, bought, accounts, field, value, act):
    known = accounts()
    put("paula", 25)
    page = opened(paula)
    typed = NEW | {f"new_customers-0-{field}": value}
    page = paula.submit(page, form=page.one("#basket"), forge={"act": act}, **typed)
    assert (page.status, bought(), accounts()) == (422, [], known)
    marked = page.one("[aria-invalid]")
    assert (marked["name"], marked.has_attr("autofocus")) == (f"new_customers-0-{field}", True)


@pytest.mark.parametrize("act", ["check", "order"])
def test_one_that_looks_like_another_needs_a_tick(world, paula, put, bought, accounts, act):
    known = accounts()
    put("paula", 25)
    page, typed = opened(paula), NEW | {"new_customers-0-name": "brightwood DENTAL"}
    page = paula.submit(page, form=page.one("#basket"), forge={"act": act}, **typed)
    assert (page.status, bought(), accounts()) == (422, [], known)
    assert "Looks like BRIGHT Brightwood Dental, which is there already" in page.errors[0]
    page = work_out(paula, page, **{"new_customers-0-is_another": True})
    assert page.status == 200
    assert order(paula, page).url.startswith("/storefront/orders/")
    assert accounts() == known + 1


def test_a_rivals_customer_is_no_reason_to_ask(world, paula, put):
    """It would tell who is a customer of whom."""
    put("paula", 25)
    page = work_out(paula, opened(paula), **NEW | {"new_customers-0-name": world.rival_customer.name})
    assert (page.status, page.errors) == (200, [])


def test_several_lines_are_for_one_new_customer_or_for_two(paula, put, accounts):
    known = accounts()
    put("paula", 25, 40)
    page = work_out(paula, basket(paula), **ASKED | {"lines-1-account": "new"})
    assert len(page.soup.select("tbody fieldset")) == 1
    assert (page.value("lines-0-account"), page.value("lines-1-account")) == ("new-0", "new-0")
    page = work_out(paula, page, **{"lines-1-account": "new", "new_customer-name": "Second School"})
    assert "Second School" in page.facts
    order(paula, page)
    assert accounts() == known + 2


def test_who_is_not_bought_for_any_more_is_not_created(paula, put, accounts):
    known = accounts()
    put("paula", 25, 40)
    page = work_out(paula, opened(paula), **NEW)
    page = paula.submit(page, "Remove line 1")
    assert "Русская" not in page.body
    order(paula, page)
    assert accounts() == known


def test_a_customer_creates_no_customers(world, browse, put, bought, orders, accounts):
    """It chooses nobody: what is sent all the same is not looked at."""
    known = accounts()
    put("carl", 25)
    carl = browse("carl")
    page = basket(carl)
    forged = NEW | {"act": "order", "lines-0-account": "new"}
    assert carl.submit(page, form=page.one("#basket"), forge=forged).url.startswith("/storefront/orders/")
    assert (accounts(), orders("awaiting-approval")[0].account_id) == (known, world.customer.id)
