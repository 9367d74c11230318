"""Payments by hand: recorded, assigned, refunded and reversed; what is open of invoices follows."""

from datetime import date, timedelta

import pytest

from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible, StaleVersion
from portal.models import PaymentKind
from portal.services.invoicing.payments.sources import Source
from tests import bills
from tests.services.invoicing.desk import Desk

pytestmark = pytest.mark.sqlite


@pytest.fixture
def invoice_id(world) -> int:
    return bills.invoice(world, gross=198_037).id


def open_of(desk, invoice_id: int) -> int:
    return desk.invoice(invoice_id).open


def test_a_payment_settles_its_invoice(desk, invoice_id):
    payment_id = desk.pay(invoice_id, 198_037)
    invoice, payment = desk.invoice(invoice_id), desk.payment(payment_id)
    assert (invoice.open, invoice.paid_at is not None) == (0, True)
    assert (payment.allocated, payment.unassigned) == (198_037, 0)
    assert desk.acts("payment", payment_id) == [("record", "1980.37 EUR")]
    assert desk.acts("invoice", invoice_id) == [("payment", "1980.37 EUR")]


def test_a_short_payment_stays_open(desk, invoice_id):
    desk.pay(invoice_id, 196_037)
    assert (open_of(desk, invoice_id), desk.invoice(invoice_id).paid_at) == (2_000, None)


def test_what_is_paid_too_much_is_not_assigned(desk, world, invoice_id):
    payment_id = desk.pay(invoice_id, 200_000)
    assert open_of(desk, invoice_id) == 0
    assert desk.payment(payment_id).unassigned == 1_963
    assert desk.balance(world.partner.id) == -1_963


def test_a_payment_without_an_invoice_is_not_assigned(desk, world):
    payment_id = desk.pay_in(world.partner.id, 5_000)
    assert desk.payment(payment_id).unassigned == 5_000
    assert desk.balance(world.partner.id) == -5_000


def test_the_same_form_records_once(desk, world, invoice_id):
    first = desk.pay(invoice_id, 1_000, key="form-1")
    assert desk.pay(invoice_id, 1_000, key="form-1") == first
    assert open_of(desk, invoice_id) == 197_037
    assert desk.pay_in(world.partner.id, 700, key="form-2") == desk.pay_in(world.partner.id, 700, key="form-2")
    with pytest.raises(Conflict):
        desk.pay(invoice_id, 2_000, key="form-1")
    paid_back = desk.refund(Source(desk.pay_in(world.partner.id, 900)), 300, key="form-3")
    assert paid_back


def test_a_form_that_showed_another_state_records_nothing(desk, invoice_id):
    desk.pay(invoice_id, 1_000, version=1)
    with pytest.raises(StaleVersion):
        desk.pay(invoice_id, 1_000, version=1)
    assert open_of(desk, invoice_id) == 197_037


@pytest.mark.parametrize(
    "amount, more, field",
    [
        (0, {}, "amount"),
        (-5, {}, "amount"),
        (10**15 + 1, {}, "amount"),
        (5, {"currency": "USD"}, "amount"),
        (5, {"paid_on": date(1999, 12, 31)}, "paid_on"),
        (5, {"reference": "x" * 201}, "reference"),
    ],
)
def test_what_cannot_be_recorded_is_refused(desk, invoice_id, amount, more, field):
    with pytest.raises(InvalidInput) as refusal:
        desk.pay(invoice_id, amount, **more)
    assert refusal.value.field == field
    assert open_of(desk, invoice_id) == 198_037


def test_a_payment_of_the_future_is_refused(desk, invoice_id):
    with pytest.raises(InvalidInput):
        desk.pay(invoice_id, 5, paid_on=desk.today + timedelta(days=2))


def test_drafts_and_credit_notes_are_not_paid(desk, world, invoice_id):
    draft = bills.invoice(world, number=None).id
    credit = bills.credit_note(world, desk.invoice(invoice_id)).id
    for each in (draft, credit):
        with pytest.raises(Conflict):
            desk.pay(each, 5)


def test_only_who_may_invoice_records(app, world, desk, invoice_id):
    payment_id = desk.pay_in(world.partner.id, 700)
    for nick in ("vera", "paula", "carl"):
        other = Desk(app, world, nick)
        for act in (
            lambda each: each.pay(invoice_id, 5),
            lambda each: each.pay_in(world.partner.id, 5),
            lambda each: each.assign(payment_id, invoice_id),
            lambda each: each.refund(Source(payment_id), 5),
            lambda each: each.reverse(payment_id),
        ):
            with pytest.raises(NotAllowed):
                act(other)


def test_who_is_not_billed_pays_nothing(desk, world):
    with pytest.raises(NotVisible):
        desk.pay_in(world.customer.id, 5)
    with pytest.raises(NotVisible):
        desk.pay_in(world.distributor.id, 5)
    assert desk.pay_in(world.direct_customer.id, 5)


def test_unassigned_money_is_assigned_in_parts(desk, world, invoice_id):
    payment_id = desk.pay_in(world.partner.id, 200_000)
    assert desk.assign(payment_id, invoice_id, 50_000) == 50_000
    assert desk.assign(payment_id, invoice_id) == 148_037
    assert (open_of(desk, invoice_id), desk.payment(payment_id).unassigned) == (0, 1_963)
    with pytest.raises(Conflict):
        desk.assign(payment_id, invoice_id)
    assert desk.acts("payment", payment_id)[1:] == [("assign", "500.00 EUR"), ("assign", "1480.37 EUR")]


@pytest.mark.parametrize("amount", [0, -1, 5_001])
def test_more_than_there_is_cannot_be_assigned(desk, world, invoice_id, amount):
    payment_id = desk.pay_in(world.partner.id, 5_000)
    with pytest.raises(InvalidInput):
        desk.assign(payment_id, invoice_id, amount)
    assert desk.payment(payment_id).allocated == 0


def test_money_stays_with_its_account_and_currency(desk, world, invoice_id):
    of_rival = desk.pay_in(world.rival.id, 5_000)
    in_dollars = desk.pay_in(world.partner.id, 5_000, "USD")
    for payment_id in (of_rival, in_dollars):
        with pytest.raises(InvalidInput):
            desk.assign(payment_id, invoice_id, 1)
    assert open_of(desk, invoice_id) == 198_037


def test_a_credit_is_set_off_and_refunded(desk, world, invoice_id):
    credit_id = bills.credit_note(world, desk.invoice(invoice_id), 6_000).id
    assert desk.set_off(credit_id, invoice_id, 2_000) == 2_000
    refund_id = desk.refund(Source(credit_note_id=credit_id), 4_000)
    assert (open_of(desk, credit_id), desk.invoice(credit_id).paid_at is not None) == (0, True)
    assert open_of(desk, invoice_id) == 196_037
    assert desk.acts("invoice", invoice_id) == [("credit", "20.00 EUR")]
    desk.check([world.partner.id])
    desk.reverse(refund_id)
    assert (open_of(desk, credit_id), desk.invoice(credit_id).paid_at) == (4_000, None)
    desk.check([world.partner.id])


def test_money_is_not_paid_back_before_it_came(desk, world):
    source = Source(desk.pay_in(world.partner.id, 900))
    with pytest.raises(InvalidInput, match="Choose that day or a later one"):
        desk.refund(source, 300, days_ago=1)


def test_a_refund_takes_no_more_than_is_not_assigned(desk, world, invoice_id):
    payment_id = desk.pay(invoice_id, 200_000)
    with pytest.raises(InvalidInput):
        desk.refund(Source(payment_id), 1_964)
    refund = desk.payment(desk.refund(Source(payment_id), 1_963))
    assert (refund.kind, refund.unassigned) == (PaymentKind.REFUND, 0)
    assert desk.balance(world.partner.id) == 0
    with pytest.raises(NotVisible):  # a refund is no source of money
        desk.refund(Source(refund.id), 1)


def test_a_reversal_opens_the_invoices_again(desk, world, invoice_id):
    other_id = bills.invoice(world, gross=500).id
    payment_id = desk.pay(invoice_id, 200_000)
    desk.assign(payment_id, other_id)
    desk.reverse(payment_id, "The bank took it back")
    assert (open_of(desk, invoice_id), open_of(desk, other_id)) == (198_037, 500)
    payment = desk.payment(payment_id)
    assert (payment.unassigned, payment.allocated, payment.reversal_reason) == (0, 0, "The bank took it back")
    assert desk.acts("invoice", other_id)[-1] == ("reverse", "5.00 EUR")
    with pytest.raises(Conflict):
        desk.reverse(payment_id)
    with pytest.raises(Conflict):
        desk.assign(payment_id, invoice_id)
    desk.check([world.partner.id])


def test_one_assignment_is_taken_back_and_the_payment_stays(desk, world, invoice_id):
    other_id = bills.invoice(world, gross=500).id
    payment_id = desk.pay(other_id, 1_000)
    desk.assign(payment_id, invoice_id)
    balance = desk.balance(world.partner.id)
    assert desk.take_back(payment_id, other_id, "It was for the other one") == 500
    assert (open_of(desk, other_id), open_of(desk, invoice_id)) == (500, 197_537)
    payment = desk.payment(payment_id)
    assert (payment.unassigned, payment.reversed_at) == (500, None)
    assert desk.balance(world.partner.id) == balance
    assert desk.acts("invoice", other_id)[-1] == ("take back", "5.00 EUR")
    assert desk.acts("payment", payment_id)[-1] == ("take back", "5.00 EUR")
    with pytest.raises(Conflict):
        desk.take_back(payment_id, other_id)
    desk.assign(payment_id, other_id)
    assert desk.invoice(other_id).paid_at is not None
    desk.check([world.partner.id])


def test_nothing_is_taken_back_without_a_reason_or_of_what_changed(desk, invoice_id):
    payment_id = desk.pay(invoice_id, 1_000)
    with pytest.raises(InvalidInput):
        desk.take_back(payment_id, invoice_id, " ")
    with pytest.raises(StaleVersion):
        desk.take_back(payment_id, invoice_id, version=1)
    desk.reverse(payment_id)
    with pytest.raises(Conflict):
        desk.take_back(payment_id, invoice_id)


def test_a_reversal_needs_a_reason(desk, invoice_id):
    payment_id = desk.pay(invoice_id, 1_000)
    with pytest.raises(InvalidInput):
        desk.reverse(payment_id, "  ")
    assert open_of(desk, invoice_id) == 197_037


def test_what_was_refunded_is_not_reversed(desk, world):
    payment_id = desk.pay_in(world.partner.id, 1_000)
    refund_id = desk.refund(Source(payment_id), 400)
    with pytest.raises(Conflict):
        desk.reverse(payment_id)
    desk.reverse(refund_id)
    assert desk.payment(payment_id).unassigned == 1_000
    desk.reverse(payment_id)
    assert desk.balance(world.partner.id) == 0
    desk.check([world.partner.id])
