"""The list of orders as partners and customers read it: found, narrowed, exported, and looked at again."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Hold, Order, OrderLine, OrderState

pytestmark = pytest.mark.sqlite

LIST = "/storefront/orders"


@pytest.fixture
def orders(world):
    """One in each state, the oldest first."""
    ages = iter(range(10, 0, -1))

    def placed() -> dict:
        return {"placed_at": datetime.now(UTC) - timedelta(days=next(ages))}

    made = {
        "delivered": world.find(Order, world.asset("synchronized").order_id),
        "waiting": world.waiting_order(po_number="4500-1", **placed()),
        "held": world.waiting_order(state=OrderState.SUBMITTED, hold=Hold.CREDIT, **placed()),
        "rejected": world.waiting_order(
            state=OrderState.REJECTED, decided_at=datetime.now(UTC), reason="Too dear", **placed()
        ),
        "cancelled": world.waiting_order(state=OrderState.CANCELLED, decided_at=datetime.now(UTC), **placed()),
        "own": world.waiting_order(world.partner, state=OrderState.SUBMITTED, hold=Hold.STAFF, **placed()),
    }
    world.waiting_order(world.rival_customer)
    return made


def shown(page) -> set[int]:
    return {int(row["id"].removeprefix("order-")) for row in page.soup.select("tbody tr")}


def test_a_partner_sees_its_orders_and_those_of_its_customers(orders, browse):
    page = browse("paula").open("storefront.orders.index")
    assert shown(page) == {order.id for order in orders.values()}
    texts = {row["id"]: " ".join(row.get_text(" ").split()) for row in page.soup.select("tbody tr")}
    assert "Waits for you" in texts[f"order-{orders['waiting'].id}"]
    assert "Waits for Meridian Distribution Over your credit limit" in texts[f"order-{orders['held'].id}"]
    assert "Rejected Too dear Brightwood Dental" in texts[f"order-{orders['rejected'].id}"]
    assert "Delivered Brightwood Dental 25 1 of 1" in texts[f"order-{orders['delivered'].id}"]
    assert "Your organisation" in texts[f"order-{orders['own'].id}"]


def test_a_partner_reads_nothing_of_licences_that_moved_away(world, browse):
    """It ordered them for a customer that has another partner now."""
    order = world.find(Order, world.asset("synchronized").order_id)
    world.edit(order, account_id=world.partner.id, branch_id=world.partner.id)
    world.edit(world.customer, parent_id=world.rival.id, branch_id=world.rival.id)
    page = browse("paula").open("storefront.orders.index")
    row = " ".join(page.by_id[f"order-{order.id}"].get_text(" ").split())
    assert "Not in your account any more" in row
    assert "1 of 1" not in row


def test_a_long_reason_is_cut_between_words(orders, world, browse):
    world.edit(orders["rejected"], reason="Too dear " * 20)
    row = browse("paula").open("storefront.orders.index").by_id[f"order-{orders['rejected'].id}"]
    assert row.select_one(".sub").text == "Too dear " * 6 + "Too…"


def test_a_customer_sees_its_own_and_nothing_of_its_partners_affairs(orders, browse):
    page = browse("carl").open("storefront.orders.index")
    assert shown(page) == {order.id for name, order in orders.items() if name != "own"}
    assert "Waits for Northlight IT" in page.text
    assert "Being prepared" in page.text
    assert "redit" not in page.text
    assert "Meridian" not in page.text


@pytest.mark.parametrize(
    "nick, by, name",
    [
        ("paula", "paula", "You"),
        ("paula", "pavel", "Pavel Novák"),
        ("paula", "dana", "Meridian Distribution"),
        ("paula", "rita", "Your organisation"),
        ("carl", "carl", "You"),
        ("carl", "paula", "Northlight IT"),
        ("carl", "dana", "Your organisation"),
        ("carl", "rita", "Your organisation"),
    ],
)
def test_who_ordered_is_named_to_colleagues(world, browse, nick, by, name):
    """Others are called by their organisation, if the reader may know it."""
    person = getattr(world, by)
    order = world.waiting_order(getattr(world, nick).account, placed_by_id=person.id, state=OrderState.EXECUTED)
    reader = browse(nick)
    for page in (reader.open("storefront.orders.index"), reader.open("storefront.orders.show", order_id=order.id)):
        cell = page.soup.select_one("[data-label='Ordered by']")
        assert (cell.get_text() if cell else page.facts["Ordered by"]) == name
        if person.account_id != getattr(world, nick).account_id:
            assert person.name not in page.body


@pytest.mark.parametrize(
    "query, found",
    [
        ("state=awaiting-approval", {"waiting"}),
        ("state=submitted", {"held", "own"}),
        ("state=executed", {"delivered"}),
        ("state=rejected", {"rejected"}),
        ("q=4500", {"waiting"}),
        ("q=brightwood", {"delivered", "waiting", "held", "rejected", "cancelled"}),
        ("q=mailbox", {"delivered", "waiting", "held", "rejected", "cancelled", "own"}),
        ("q=nothing-like-it", set()),
        ("state=no-such", {"delivered", "waiting", "held", "rejected", "cancelled", "own"}),
    ],
)
def test_search_and_filters_narrow_it(orders, browse, query, found):
    page = browse("paula").visit(f"{LIST}?{query}")
    assert shown(page) == {orders[name].id for name in found}


def test_a_partner_finds_its_own_order_by_the_customer_of_a_line(app, orders, world, browse):
    with app.app_context():
        line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == orders["own"].id)).one()
    world.edit(line, account_id=world.customer.id)
    page = browse("paula").visit(f"{LIST}?q=brightwood&state=submitted")
    assert shown(page) == {orders["held"].id, orders["own"].id}


def test_days_are_those_of_the_distributor(orders, browse):
    day = orders["held"].placed_at.date()
    page = browse("paula").visit(f"{LIST}?from={day}&to={day}")
    assert shown(page) == {orders["held"].id}
    assert "That is no day" in browse("paula").visit(f"{LIST}?from=2026-02-31").text


def test_a_customer_of_somebody_else_is_no_filter(orders, world, browse):
    paula = browse("paula")
    assert len(paula.visit(f"{LIST}?account={world.customer.id}").rows) == 5
    foreign = paula.visit(f"{LIST}?account={world.rival_customer.id}")
    absent = paula.visit(f"{LIST}?account=999999")
    assert foreign.rows == absent.rows == []
    assert "Quayside" not in foreign.body


def test_each_amount_has_its_currency(orders, browse):
    paula = browse("paula")
    cells = paula.open("storefront.orders.index").soup.select("tbody [data-label=Total]")
    assert {cell.get_text(strip=True) for cell in cells} == {"€297.50"}
    page = paula.open("storefront.orders.show", order_id=orders["waiting"].id)
    texts = [page.one(f"tbody [data-label='{name}']").get_text(strip=True) for name in ("Price each", "Total")]
    assert texts == ["€11.90", "€297.50"]


def test_a_search_keeps_the_filters(orders, browse):
    paula = browse("paula")
    page = paula.visit(f"{LIST}?state=submitted")
    assert shown(paula.submit(page, "Search", q="brightwood")) == {orders["held"].id}


def test_the_file_has_what_the_list_has(orders, browse):
    answer = browse("paula").raw("GET", f"{LIST}?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert {row["Order"] for row in rows} == {order.number for order in orders.values()}
    waiting = next(row for row in rows if row["Order"] == orders["waiting"].number)
    assert waiting == {
        "Order": orders["waiting"].number, "State": "Wait for you", "Ordered by": "Brightwood Dental",
        "PO number": "4500-1", "Lines": "1", "Licences": "25", "Total": "297.50", "Currency": "EUR",
        "Customer pays": "322.50", "Customer’s currency": "EUR", "Placed": str(orders["waiting"].placed_at.date()),
    }  # fmt: skip


def test_the_list_looks_again_and_brings_only_what_changed(orders, world, browse):
    carl = browse("carl")
    page = carl.open("storefront.orders.index")
    assert len(carl.look(page).body) < 500
    world.edit(orders["waiting"], state=OrderState.CANCELLED)
    answer = carl.look(page)
    assert list(answer.parts) == [f"order-{orders['waiting'].id}", "list-rows-look"]


def test_a_list_where_nothing_moves_does_not_look_again(world, browse):
    world.asset("synchronized")
    page = browse("carl").open("storefront.orders.index")
    assert len(page.rows) == 1
    assert page.soup.select("[hx-trigger*=load]") == []


def test_an_empty_list_says_what_appears_here(browse):
    assert "No orders here" in browse("carl").open("storefront.orders.index").text
    assert "Nothing matches" in browse("carl").visit(f"{LIST}?state=rejected").text


def test_pages_follow_each_other(world, browse):
    made = [world.waiting_order().id for _ in range(51)]
    paula = browse("paula")
    first = paula.open("storefront.orders.index")
    assert len(first.rows) == 50
    second = paula.press(first, "Next")
    assert shown(first) | shown(second) == set(made)
