"""What is paid uses up no credit any more."""

import uuid

from portal.extensions import db
from portal.models import Account, Asset, Order
from portal.services import credit
from portal.services.invoicing.payments import recording
from portal.services.invoicing.payments.recording import Received


def reserved(billing, world) -> int:
    return billing.do(lambda: db.session.get(Account, world.partner.id).reserved)


def pay(billing, invoice, amount):
    received = Received(amount, invoice.currency, invoice.issued_on)
    billing.do(lambda: recording.record_for_invoice(invoice.id, received, key=str(uuid.uuid4()), by=billing.dana))


def test_a_paid_invoice_frees_the_credit_of_its_lines(billing, world):
    paid, other = billing.delivered(25), billing.delivered(10)
    with billing.app.app_context(), world.transaction():
        for asset in (paid, other):
            credit.reserve(db.session.get(Order, db.session.get(Asset, asset.id).order_id))
    before = reserved(billing, world)
    issued = billing.issued(paid)
    pay(billing, issued, issued.gross - 1)
    assert reserved(billing, world) == before
    pay(billing, issued, 1)
    assert reserved(billing, world) == before - paid.total
