"""What is paid or cancelled uses up no credit any more, and frees none of other lines."""

import uuid

from portal.core import billing_access
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, CreditCause, Invoice, Order
from portal.services import credit, transitions
from portal.services.invoicing import drafts
from portal.services.invoicing.payments import recording
from portal.services.invoicing.payments.recording import Received


def reserved(billing, world) -> int:
    return billing.do(lambda: db.session.get(Account, world.partner.id).reserved)


def reserve(billing, world, asset: Asset, other_lines: int = 0) -> Asset:
    """For its order, which has more lines than this one."""
    with billing.app.app_context(), world.transaction():
        order = db.session.get(Order, db.session.get(Asset, asset.id).order_id)
        credit.reserve(order)
        order.reserved += other_lines
        db.session.get(Account, order.billed_account_id).reserved += other_lines
    return asset


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


def test_a_credit_of_the_rest_frees_the_line_which_is_never_billed_again(billing, world):
    asset = reserve(billing, world, billing.delivered(25))
    issued, before = billing.issued(asset), reserved(billing, world)
    pay(billing, issued, issued.gross * 24 // 25)
    billing.credit(issued, 1)
    assert billing.read(issued).paid_at
    assert reserved(billing, world) == before - asset.total


def test_a_line_frees_what_its_order_reserved_whatever_its_invoice_says(billing, desk, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=10_000)
    (draft,) = billing.draft(asset)

    def lower() -> Invoice:
        row = billing_access.visible_invoice(billing.dana, draft.id)
        about = {"reason": "Agreed.", "version": row.version, "by": billing.dana}
        return drafts.set_price(row, row.lines[0].id, 100, **about)

    billing.do(lower)
    issued = billing.issue(billing.read(draft))
    desk.pay(issued.id, issued.gross)
    assert reserved(billing, world) == 10_000


def test_what_is_paid_again_frees_nothing_else_of_its_order(billing, desk, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=10_000)
    issued = billing.issued(asset)
    payment_id = desk.pay(issued.id, issued.gross)
    desk.take_back(payment_id, issued.id)
    desk.assign(payment_id, issued.id)
    assert reserved(billing, world) == 10_000


def cancel(billing, asset: Asset) -> None:
    with billing.app.app_context(), transaction():
        credit.lock_payer(asset.id)
        transitions.cancel(lock(Asset, asset.id), by=billing.dana, reason="Not wanted")


def test_what_was_paid_is_not_freed_again_when_it_is_cancelled(billing, desk, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=100_000)
    issued = billing.issued(asset)
    desk.pay(issued.id, issued.gross)
    billing.credit(issued, cause=CreditCause.NOT_DELIVERED)
    cancel(billing, asset)
    assert reserved(billing, world) == 100_000


def test_what_was_paid_is_not_freed_again_by_its_next_invoice(billing, desk, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=100_000)
    for _time in range(2):
        issued = billing.issued(asset)
        desk.pay(issued.id, issued.gross)
        assert reserved(billing, world) == 100_000
        billing.credit(issued)


def test_what_was_cancelled_is_not_freed_again_when_it_is_paid(billing, desk, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=100_000)
    issued = billing.issued(asset)
    cancel(billing, asset)
    desk.pay(issued.id, issued.gross)
    assert reserved(billing, world) == 100_000


def test_what_was_credited_unpaid_is_freed_when_it_is_cancelled(billing, world):
    asset = reserve(billing, world, billing.delivered(25), other_lines=100_000)
    billing.credit(billing.issued(asset), cause=CreditCause.NOT_DELIVERED)
    cancel(billing, asset)
    assert reserved(billing, world) == 100_000
