"""No page, fragment, file or header tells a partner's customer what its partner pays, its credit or its holds."""

from datetime import UTC, datetime

import pytest

from portal.extensions import db
from portal.models import Account, Hold, Order, OrderLine, OrderState

pytestmark = pytest.mark.sqlite  # the pages decide, not the database

CANARIES = (
    *("777.13", "77713", "19,428.25", "19428.25", "1942825"),  # what the partner pays
    *(
        "666.13",
        "888.13",
        "Partners 2026",
        "12,345",
        "123.45",
    ),  # cost, list price, price list, the rest of its limit
)
OWN = "999.13"
LIMIT = 1234567
HTMX = {"HX-Request": "true"}


@pytest.fixture
def orders(world):
    """One in each state, with canaries in everything that the partner alone may know."""
    world.edit(world.partner, credit_limit=LIMIT, reserved=LIMIT - 12345)
    now = {"decided_by_id": world.paula.id, "decided_at": datetime.now(UTC), "reason": "Because"}
    made = [
        world.waiting_order(),
        *(world.waiting_order(state=OrderState.SUBMITTED, hold=hold, **now) for hold in Hold),
        world.waiting_order(state=OrderState.REJECTED, **now),
        world.waiting_order(state=OrderState.CANCELLED, **now),
        *(
            world.find(Order, world.asset(status, unit_price=77713).order_id)
            for status in ("synchronized", "failed", "synchronizing")
        ),
    ]
    with world.transaction():
        for order in made:
            row = db.session.get(Order, order.id)
            row.total, row.customer_total, row.customer_currency = 1942825, 2497825, "EUR"
            row.staff_note = "Partners 2026"
            line = db.session.scalar(db.select(OrderLine).where(OrderLine.order_id == order.id))
            line.unit_price, line.cost, line.list_price = 77713, 66613, 88813
            line.price_list_name, line.customer_price, line.customer_currency = "Partners 2026", 99913, "EUR"
    return made


def answers(browser, orders):
    """Everything that this person may be answered about these orders."""
    for headers in ({}, HTMX, HTMX | {"X-Poll": "1.1.x"}):
        for query in ("", "?q=BitTitan", "?state=submitted", "?format=csv", "?sort=total", "?columns=total,cost"):
            yield browser.raw("GET", f"/storefront/orders{query}", headers=headers)
        for order in orders:
            yield browser.raw("GET", f"/storefront/orders/{order.id}", headers=headers)
            yield browser.raw("GET", f"/storefront/orders/{order.id}?format=csv", headers=headers)
            yield browser.raw("GET", f"/storefront/orders/{order.id}/copies", headers=headers)
        yield browser.raw("GET", "/storefront/", headers=headers)
        yield browser.raw("GET", "/storefront/approvals", headers=headers)
    for order in orders:
        for act in ("cancellations", "decisions", "copies"):
            data = {"csrf_token": browser.token(), "act": "check"}
            yield browser.raw("POST", f"/storefront/orders/{order.id}/{act}", data=data)


def told(answer) -> list[str]:
    said = f"{answer.headers}\n{answer.get_data(as_text=True)}"
    found = [canary for canary in CANARIES if canary in said]
    return [f"{answer.request.method} {answer.request.url}: {each}" for each in found]


@pytest.mark.parametrize("nick", ["carl", "cora", "cleo"])
def test_a_partners_customer_is_told_nothing_of_its_partners_prices(orders, browse, nick):
    person = browse(nick)
    given = list(answers(person, orders))
    assert [fault for answer in given for fault in told(answer)] == []
    assert OWN in person.open("storefront.orders.show", order_id=orders[0].id).text
    assert "Over the credit limit" not in person.open("storefront.orders.index").text
    assert "redit limit" not in "".join(answer.get_data(as_text=True) for answer in given)


def test_a_partner_is_told_its_price_but_no_cost(orders, browse):
    said = "".join(answer.get_data(as_text=True) for answer in answers(browse("paula"), orders))
    assert "777.13" in said
    assert "24,978.25" in said
    assert "5,550.00" in said  # what it earns
    for hidden in ("666.13", "66613", "888.13", "Partners 2026"):
        assert hidden not in said


@pytest.mark.parametrize("nick", ["rita", "remy"])
def test_others_are_told_nothing_at_all(orders, browse, nick):
    said = "".join(answer.get_data(as_text=True) for answer in answers(browse(nick), orders))
    for hidden in (*CANARIES, OWN, "Brightwood"):
        assert hidden not in said


def test_after_a_move_the_new_partner_is_not_told_what_the_old_one_paid(orders, world, browse):
    with world.transaction():
        db.session.get(Account, world.customer.id).parent_id = world.rival.id
        db.session.get(Account, world.customer.id).branch_id = world.rival.id
    rita = browse("rita")
    said = [answer.get_data(as_text=True) for answer in answers(rita, orders)]
    assert f"ORD-{orders[-1].id}" in "".join(said)
    for hidden in ("777.13", "19,428.25", "1942825", "Northlight", "Paula"):
        assert hidden not in "".join(said)


def test_a_buyer_that_pays_itself_reads_what_it_pays(world, browse):
    order = world.waiting_order(world.direct_customer, state=OrderState.SUBMITTED, hold=Hold.CREDIT)
    heads = world.user(world.direct_customer)
    browser = browse()
    browser.arrive(heads.id)
    page = browser.open("storefront.orders.show", order_id=order.id)
    assert "It waits for Meridian Distribution: over your credit limit" in page.text
    assert "€297.50" in page.text
    assert "You earn" not in page.text
