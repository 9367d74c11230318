"""0022 on a catalogue in use: everything that could be ordered is published, up and down."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from portal.extensions import db
from tests.settings import ROOT

BEFORE, AFTER = "0021_copy_last_cause", "0022_publish_products"
FOLDER = str(ROOT / "migrations")
KEPT = "SELECT id, code, name, type_id, expire_days, validity_days, created_at FROM products ORDER BY id"
PRICES = "SELECT product_id, currency, amount FROM prices ORDER BY product_id, currency"


@pytest.fixture
def sold(world):
    """The version after, with a sale, a draft and a price that is only a cost."""
    world.asset("synchronized")
    world.product(code="DRAFT-1", published_at=None)
    return world


def rows(query: str) -> list[tuple]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def write(statement: str, **values) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection, connection.begin():
        connection.execute(text(statement), values)


def test_down_and_up_keep_every_product_and_price(sold, app):
    with app.app_context():
        write("INSERT INTO prices (product_id, currency, cost) VALUES (:id, 'CHF', 900)", id=sold.mailbox.id)
        kept, prices = rows(KEPT), rows(PRICES)
        downgrade(directory=FOLDER, revision=BEFORE)
        assert rows(KEPT) == kept
        assert rows(PRICES) == [price for price in prices if price[2] is not None]
        assert rows("SELECT code FROM products WHERE withdrawn_at IS NOT NULL") == [("DRAFT-1",)]

        upgrade(directory=FOLDER, revision=AFTER)
        assert rows(KEPT) == kept
        assert not rows("SELECT 1 FROM products WHERE published_at IS NULL")
        assert rows("SELECT code FROM products WHERE first_sold_at IS NOT NULL") == [("BT-MAILBOX",)]
        assert rows("SELECT DISTINCT min_quantity, max_quantity, description, version FROM products") == [
            (1, None, "", 1)
        ]
