"""An order of 200 lines, of which BitTitan refuses every third."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset
from portal.services import connection
from portal.services.ordering.drafts import LineInput
from tests.bss import ordered

pytestmark = pytest.mark.sqlite  # what each act does is proved on both in tests/services: once is enough
LINES = 200


@pytest.fixture
def dana(app, browse):
    with app.app_context():
        connection.connect(by="command line")
    return browse("dana")


@pytest.fixture
def executed(world, dana):
    """Its id, and its assets by line. Nothing is sent yet."""
    order_id = ordered.submitted(world, lines=[LineInput(world.mailbox.id, 25, f"Team {i}") for i in range(LINES)])
    page = dana.open("bss.orders.show", order_id=order_id)
    dana.submit(page, f"Execute: buy {LINES} coupons, {25 * LINES:,} licences")
    return order_id, _assets(world, order_id)


def _assets(world, order_id: int) -> list[Asset]:
    with world.app.app_context():
        rows = select(Asset).where(Asset.order_id == order_id).order_by(Asset.id)
        return list(db.session.scalars(rows))


def test_every_third_is_refused_and_one_press_retries_what_a_retry_can_mend(world, dana, work, sandbox, executed):
    order_id, assets = executed
    refused = assets[1::3]
    for number, asset in enumerate(refused):
        code = "ProductSkuNotFound" if number % 10 == 0 else "CreditLimitExceeded"
        sandbox.control.fault("createCoupon", "refuse", match=asset.reference, code=code)
    work.drain()

    page = dana.open("bss.orders.show", order_id=order_id)
    assert len(refused) == 67
    assert "133 of 200 delivered, 67 failed" in page.text
    for asset in _assets(world, order_id):
        is_refused = asset.id in {each.id for each in refused}
        assert asset.sync_status.value == ("failed" if is_refused else "synchronized")
    rows = [row for row in page.rows if "Failed" in row]
    assert len(rows) == 67
    assert sum("credit limit exceeded" in row.lower() for row in rows) == 60
    assert len(sandbox.control.purchases()) == 133

    dana.submit(page, "Retry 60, leave 7")
    for _ in range(5):
        work.later(5)
    assert "193 of 200 delivered, 7 failed" in dana.open("bss.orders.show", order_id=order_id).text
    bought = [entry["reference"] for entry in sandbox.control.purchases()]
    assert len(bought) == len(set(bought)) == 193
