"""Locks that orders and cancellations hold keep no purchase waiting: otherwise each would wait for the other."""

import threading

import pytest

from portal.core.transaction import transaction
from portal.services import credit
from portal.services.ordering import order_locks

PATIENCE = 60


@pytest.mark.postgresql
@pytest.mark.parametrize("held", ["payer of a cancellation", "accounts of an order"])
def test_a_press_does_not_wait_for_who_has_locked_the_payer(app, world, shop, held):
    asset = world.asset("failed")
    press = threading.Thread(target=shop.press, args=(asset.id,), daemon=True)
    with app.app_context(), transaction():
        if held == "payer of a cancellation":
            credit.lock_payer(asset.id)
        else:
            order_locks.lock_accounts(asset.order_id)
        press.start()
        press.join(PATIENCE)
        assert not press.is_alive()
    assert shop.status(asset.id) == "synchronizing"
