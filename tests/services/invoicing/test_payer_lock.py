"""What settles an invoice locks its payer first, as a cancellation does: PostgreSQL ends neither of the two."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, Invoice, Order
from portal.services import credit

pytestmark = pytest.mark.postgresql  # SQLite locks the whole file


@pytest.mark.parametrize("act", ["pay", "assign", "set off", "credit"])
def test_a_cancellation_that_holds_the_payer_goes_on(app, billing, desk, world, act):
    asset = billing.delivered(25)
    invoice = billing.issued(asset)
    with app.app_context(), world.transaction():
        order_id = db.session.get(Asset, asset.id).order_id
        credit.reserve(db.session.get(Order, order_id))
    payment_id = desk.pay_in(world.partner.id, invoice.gross)
    credit_note_id = _unused_credit_note(billing, desk)
    settle = {
        "pay": lambda: desk.pay(invoice.id, invoice.gross),
        "assign": lambda: desk.assign(payment_id, invoice.id),
        "set off": lambda: desk.set_off(credit_note_id, invoice.id),
        "credit": lambda: billing.credit(invoice, 25),
    }[act]
    with ThreadPoolExecutor() as pool:
        with app.app_context(), transaction():
            lock(Account, world.partner.id)
            settled = pool.submit(settle)
            wait_for_waiting(app)
            lock(Invoice, invoice.id)
            lock(Order, order_id)
        settled.result(10)
    assert desk.invoice(invoice.id).open == 0


def _unused_credit_note(billing, desk) -> int:
    """It settles nothing yet, since its invoice was paid before."""
    invoice = billing.issued(billing.delivered(25))
    desk.pay(invoice.id, invoice.gross)
    return billing.credit(invoice).id


def wait_for_waiting(app) -> None:
    """Until the other transaction waits for a lock."""
    is_waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 10
    with app.app_context(), db.engine.connect() as connection:
        while not connection.scalar(is_waiting):
            assert time.monotonic() < deadline, "nothing waits for the payer"
            connection.rollback()
            time.sleep(0.01)
