"""The list of orders: found, counted, ordered and paged against a plain reading of all of them."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Channel, Hold, Order, OrderLine, OrderState
from portal.services.lists import list_counts
from portal.services.ordering import order_list
from portal.services.ordering.order_list import Filters, Query, Way, order_counts
from tests.saved import saved

START = datetime(2026, 3, 1, tzinfo=UTC)
PO_NUMBERS = ["", "", "4500-1", "4500-22", "ÄÖ/7", "=1+1"]


def fill_with_orders(world):
    chance = random.Random(11)
    buyers = [world.customer, world.partner, world.rival_customer, world.direct_customer]
    made = []
    with world.transaction():
        for _ in range(130):
            state = chance.choice(list(OrderState))
            order = world._order(
                chance.choice(buyers),
                state=state,
                hold=chance.choice(list(Hold)) if state is OrderState.SUBMITTED else None,
                placed_at=START + timedelta(days=chance.randint(0, 9)),
                po_number=chance.choice(PO_NUMBERS),
                placed_by_id=None,
                channel=chance.choice(list(Channel)),
            )
            product = chance.choice([world.mailbox, world.bundle])
            user_id = chance.choice([world.customer.id, order.account_id, None])
            for position in (1, 2):
                line = {"position": position, "product_id": product.id, "account_id": user_id, "quantity": 3}
                saved(OrderLine(order_id=order.id, **line))
            made.append((order.id, Sold(product.id, user_id)))
    world.sold = made


@pytest.fixture
def fill(request):
    return fill_with_orders if "orders" in request.fixturenames else None


@pytest.fixture
def orders(world, app_context):
    """Orders of four accounts in all states, many of them placed at the same instant."""
    return world.sold


class Sold(NamedTuple):
    product_id: int
    user_id: int | None


def listed(viewer, filters=None, **query):
    wanted = Query(filters or Filters(), **query)
    counts = order_list.count(viewer, wanted.filters)
    return order_list.page(viewer, wanted, counts), counts


def all_ids(viewer, filters=None, **query) -> list[int]:
    found, place = [], {}
    while True:
        page, _counts = listed(viewer, filters, **query, **place)
        found += [order.id for order in page.rows]
        if page.after is None:
            return found
        place = {"after": page.after}


def expected(world, viewer, keeps=lambda order: True, descending=True) -> list[int]:
    rows = [order for order in db.session.scalars(select(Order)) if _sees(world, viewer, order) and keeps(order)]
    rows.sort(key=lambda order: (order.placed_at, order.id), reverse=descending)
    return [order.id for order in rows]


def _sees(world, viewer, order) -> bool:
    if order.state is OrderState.DRAFT and (order.channel is Channel.STOREFRONT or not viewer.is_staff):
        return False
    if viewer.is_staff:
        return True
    return viewer.account_id in (order.account_id, order.branch_id)


def test_every_order_stands_on_one_page(orders, world):
    for viewer, descending in itertools.product((world.dana, world.paula, world.carl), (True, False)):
        assert all_ids(viewer, descending=descending) == expected(world, viewer, descending=descending)


def test_pages_are_the_same_backwards(orders, world):
    page, _ = listed(world.dana, from_the_end=True)
    found = [order.id for order in page.rows]
    while page.before:
        page, _ = listed(world.dana, before=page.before)
        found = [order.id for order in page.rows] + found
    assert found == expected(world, world.dana)


FILTERS = {
    "state": (lambda world: {"state": OrderState.SUBMITTED}, lambda world, o: o.state is OrderState.SUBMITTED),
    "draft": (lambda world: {"state": OrderState.DRAFT}, lambda world, o: o.state is OrderState.DRAFT),
    "hold": (lambda world: {"hold": Hold.CREDIT}, lambda world, o: o.hold is Hold.CREDIT),
    "partner": (lambda world: {"account_id": world.partner.id}, lambda world, o: o.branch_id == world.partner.id),
    "customer": (lambda world: {"account_id": world.customer.id}, lambda world, o: o.account_id == world.customer.id),
    "days": (
        lambda world: {"placed_from": START + timedelta(days=2), "placed_before": START + timedelta(days=5)},
        lambda world, o: START + timedelta(days=2) <= o.placed_at < START + timedelta(days=5),
    ),
}
TERMS = {
    "4500-2": lambda world, o, _: o.po_key.startswith("4500-2"),
    "ao/7": lambda world, o, _: o.po_key.startswith("ao/7"),
    "brightwood": lambda world, o, sold: world.customer.id in (o.account_id, sold.user_id),
    "mailbox": lambda world, o, sold: sold.product_id == world.mailbox.id,
    "=1+1": lambda world, o, _: o.po_key.startswith("=1+1"),
}


ONE_OF_A_KIND = ({"state", "draft"}, {"partner", "customer"})


def test_filters_and_their_counts(orders, world):
    for names in (*itertools.combinations(FILTERS, 1), *itertools.combinations(FILTERS, 2)):
        if set(names) in ONE_OF_A_KIND:
            continue
        chosen = [FILTERS[name] for name in names]
        filters = Filters(**{key: value for values, _ in chosen for key, value in values(world).items()})
        wanted = expected(
            world, world.dana, lambda order, chosen=chosen: all(keeps(world, order) for _, keeps in chosen)
        )
        assert all_ids(world.dana, filters) == wanted, names
        assert listed(world.dana, filters)[1].total == len(wanted), names


@pytest.mark.parametrize("cap", [list_counts.CAP, 30, 0])
def test_a_search_finds_the_same_however_it_is_done(orders, world, monkeypatch, cap):
    monkeypatch.setattr(order_counts, "CAP", cap)
    ways = {_search(world, dict(orders), typed, name) for typed, name in itertools.product(TERMS, [None, *FILTERS])}
    assert ways == {list_counts.CAP: {Way.HITS}, 30: set(Way), 0: {Way.WALK}}[cap]


def _search(world, sold, typed, name) -> Way:
    values, keeps = FILTERS[name] if name else (lambda world: {}, lambda world, order: True)
    term = order_list.understand(world.dana, typed)

    found = all_ids(world.dana, Filters(term=term, **values(world)))

    wanted = expected(
        world, world.dana, lambda o: keeps(world, o) and TERMS[typed](world, o, sold.get(o.id))
    )  # fmt: skip
    assert sorted(found) == sorted(wanted)
    page, counts = listed(world.dana, Filters(term=term, **values(world)))
    if counts.way is Way.WALK:
        assert page.is_narrowed
        assert found == sorted(found, reverse=True)
    else:
        assert found == wanted
        assert counts.total == len(wanted) or counts.is_capped
    return counts.way


def test_an_order_is_found_by_its_number(world, app_context):
    order = world.order()
    for typed in ("ORD-{id}", "ord-0{id}", "{id}"):
        term = order_list.understand(world.dana, typed.format(id=order.id))
        assert all_ids(world.dana, Filters(term=term)) == [order.id]


def test_a_search_finds_nothing_of_others(orders, world):
    term = order_list.understand(world.paula, "mailbox")
    sold = dict(orders)
    wanted = expected(world, world.paula, lambda order: sold[order.id].product_id == world.mailbox.id)
    assert all_ids(world.paula, Filters(term=term)) == wanted
    other = order_list.understand(world.paula, world.rival_customer.name)
    assert all_ids(world.paula, Filters(term=other)) == []


def test_a_partner_finds_its_orders_by_the_customer_of_a_line(orders, world):
    sold = dict(orders)
    wanted = expected(world, world.paula, lambda o: world.customer.id in (o.account_id, sold[o.id].user_id))
    assert any(sold[order_id].user_id == world.customer.id for order_id in wanted)
    assert all_ids(world.paula, Filters(term=order_list.understand(world.paula, "brightwood"))) == wanted


def test_the_customer_of_a_line_that_has_left_is_not_searched(world, app_context):
    order = world.waiting_order(world.partner)
    (line,) = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    world.edit(line, account_id=world.rival_customer.id)
    for viewer, found in ((world.paula, []), (world.dana, [order.id])):
        term = order_list.understand(viewer, world.rival_customer.name)
        assert all_ids(viewer, Filters(term=term)) == found


def test_a_hold_is_nobodys_business_but_the_staffs(orders, world):
    assert all_ids(world.paula, Filters(hold=Hold.CREDIT)) == all_ids(world.paula)


@pytest.mark.parametrize(
    ("nick", "total", "billed"),
    [("dana", 29_750, "Northlight IT"), ("paula", 29_750, None), ("carl", 32_250, None)],
)
def test_a_row_has_the_amount_that_its_reader_pays(world, app_context, nick, total, billed):
    world.waiting_order()
    (row,) = listed(getattr(world, nick))[0].rows
    assert (row.total, row.currency, row.billed) == (total, "EUR", billed)


def test_a_new_partner_gets_no_amount_of_the_former_one(world, app_context):
    world.edit(world.waiting_order(), billed_account_id=world.rival.id)
    (row,) = listed(world.paula)[0].rows
    assert (row.total, row.currency, row.billed) == (None, None, None)


def test_an_account_that_is_not_seen_is_like_none(orders, world):
    for account_id in (world.rival.id, 2**31 - 1):
        page, counts = listed(world.paula, Filters(account_id=account_id))
        assert (page.rows, counts.total, counts.account) == ([], 0, None)


def test_what_is_no_cursor_means_the_first_page(orders, world):
    first, _ = listed(world.dana)
    for cursor in ("x", "1", "2026-01-01,1", "2026-01-01T00:00:00+00:00,", "é,1", "9" * 30):
        page, _ = listed(world.dana, after=cursor)
        assert [order.id for order in page.rows] == [order.id for order in first.rows]
