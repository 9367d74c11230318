"""No list of orders reads a whole table: the planner's own word, for each filter × direction × viewer."""

import itertools
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from portal.extensions import db
from portal.models import Hold, OrderState
from portal.services.ordering import order_list
from portal.services.ordering.order_list import Filters, Query
from tests.plans import explained

MORE = 3000
WHOLE_TABLE = {
    "sqlite": re.compile(r"SCAN (orders|order_lines|assets)(?! USING (COVERING )?INDEX ix_orders_all_)"),
    "postgresql": re.compile(r"Seq Scan on (orders|order_lines|assets)"),
}


@pytest.fixture
def crowded(app, world):
    order = world.order()
    world.asset("failed")
    with app.app_context():
        with world.transaction():
            _multiply(order.id)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"ALTER DATABASE {db.engine.url.database} SET enable_seqscan = off"))
        db.session.remove()
        db.engine.dispose()
        yield world


def _multiply(order_id: int) -> None:
    different = {
        "id": "orders.id + 1000 + i",
        "key": "'key-' || i",
        "po_number": "'PO-' || i",
        "po_key": "'po-' || i",
        "state": "CASE i % 30 WHEN 0 THEN 'submitted' WHEN 1 THEN 'draft' ELSE 'executed' END",
        "hold": "CASE i % 30 WHEN 0 THEN 'staff' END",
    }
    columns = [column.name for column in db.metadata.tables["orders"].columns]
    values = ", ".join(different.get(name, f"orders.{name}") for name in columns)
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MORE})"
    db.session.execute(
        text(f"INSERT INTO orders ({', '.join(columns)}) {numbers} SELECT {values} FROM n CROSS JOIN orders "
             "WHERE orders.id = :id"),
        {"id": order_id},
    )  # fmt: skip


def filters_of(world) -> list[Filters]:
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    return [
        Filters(),
        Filters(state=OrderState.SUBMITTED),
        Filters(state=OrderState.DRAFT),
        Filters(hold=Hold.CREDIT),
        Filters(account_id=world.partner.id),
        Filters(account_id=world.customer.id, state=OrderState.EXECUTED),
        Filters(placed_from=march, placed_before=april),
        Filters(placed_from=march, state=OrderState.EXECUTED),
        *(Filters(term=order_list.understand(world.dana, typed)) for typed in ("po-12", "ORD-7", "brightwood", "xy")),
    ]


def test_no_list_reads_a_whole_table(crowded):
    places = [{}, {"after": "2026-03-01T00:00:00+00:00,5"}, {"before": "2026-03-01T00:00:00+00:00,5"}]
    for nick, filters, descending, place in itertools.product(
        ("dana", "paula", "carl"), filters_of(crowded), (True, False), places
    ):
        viewer = getattr(crowded, nick)
        query = Query(filters, descending=descending, **place)
        lines = explained(lambda viewer=viewer, query=query: _page(viewer, query))
        whole = [line for line in lines if WHOLE_TABLE[db.engine.dialect.name].search(line)]
        assert not whole, (nick, query, lines)


def test_a_page_of_all_is_read_in_the_order_of_an_index(crowded):
    for filters in (Filters(), Filters(state=OrderState.EXECUTED), Filters(account_id=crowded.partner.id)):
        counts = order_list.count(crowded.dana, filters)
        lines = explained(lambda filters=filters, counts=counts: order_list.page(crowded.dana, Query(filters), counts))
        index = re.compile(r"ix_orders_(all|branch_id)_(placed_at|state)")
        assert any(index.search(line) for line in lines), lines


def _page(viewer, query) -> None:
    order_list.page(viewer, query, order_list.count(viewer, query.filters))
