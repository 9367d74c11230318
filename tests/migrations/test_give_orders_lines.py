"""0025 on orders in use: each is executed and gets a line for its asset; going down keeps what the version before
knows."""

import pytest

from portal.extensions import db
from portal.models import Hold, OrderState
from portal.services.ordering import drafts
from portal.services.ordering.drafts import CustomerInput, DraftInput, LineInput
from tests.migrations.steps import down_below, rows, up_to, write

REVISION = "0025_give_orders_lines"
KEPT = ("id", "key", "account_id", "billed_account_id", "placed_by_id", "placed_at")


@pytest.fixture
def sold(world, app):
    """Assets of a partner's customer and of a direct one, and orders of each state that the version before lacks."""
    world.asset("synchronized", name="Reception", quantity=7)
    world.asset("failed", account=world.direct_customer)
    world.order(state=OrderState.SUBMITTED, hold=Hold.CREDIT)
    with app.app_context():
        order = drafts.add_to_basket(LineInput(world.mailbox.id, 1), by=world.paula)
        draft = DraftInput([LineInput(world.mailbox.id, 5, new_customer=0)], [CustomerInput("New")])
        drafts.save(order, draft, version=order.version, by=world.paula)
        yield world


def as_before(assets: list[dict]) -> bool:
    """In all columns that the version has."""
    return all(row.items() <= asset.items() for row, asset in zip(rows("assets"), assets, strict=True))


def kept() -> list[tuple]:
    return [tuple(row[name] for name in KEPT) for row in rows("orders")]


def test_down_and_up_keep_every_executed_order(sold):
    assets, before = rows("assets"), [row for row in rows("orders") if row["state"] == "executed"]
    down_below(REVISION)
    assert kept() == [tuple(row[name] for name in KEPT) for row in before]
    assert as_before(assets)
    assert "reserved" not in rows("accounts")[0]

    up_to(REVISION)
    assert as_before(assets)
    after = rows("orders")
    assert [row["state"] for row in after] == ["executed"] * len(before)
    assert [(row["lines_count"], row["licences"], row["total"], row["currency"]) for row in after] == [
        (1, asset["quantity"], asset["quantity"] * asset["unit_price"], asset["currency"]) for asset in assets
    ]
    assert [row["branch_id"] for row in after] == [asset["branch_id"] for asset in assets]
    assert [row["executed_at"] for row in after] == [row["placed_at"] for row in after]
    lines = rows("order_lines")
    assert [(line["order_id"], line["asset_id"], line["name"], line["unit_price"]) for line in lines] == [
        (asset["order_id"], asset["id"], asset["name"], asset["unit_price"]) for asset in assets
    ]
    assert {(line["product_code"], line["product_type"], line["list_price"]) for line in lines} == {
        ("BT-MAILBOX", sold.mailbox.type.name, None)
    }


def test_an_order_moves_with_its_account(sold):
    """The cascading foreign key holds after the table was written anew."""
    down_below(REVISION)
    up_to(REVISION)
    db.engine.dispose()  # SQLite's connection does not check foreign keys after a migration
    write("UPDATE accounts SET branch_id = :rival WHERE id = :id", rival=sold.rival.id, id=sold.customer.id)
    moved = {row["branch_id"] for row in rows("orders") if row["account_id"] == sold.customer.id}
    assert moved == {sold.rival.id}
