"""Whatever people do, and in whatever order: what is settled is what is allocated, and the balance is what is open."""

import random
import uuid

import pytest

from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import Payment, User
from portal.services.invoicing.payments import assigning, recording, refunds, reversals
from portal.services.invoicing.payments.recording import Received
from portal.services.invoicing.payments.refunds import Refund
from portal.services.invoicing.payments.sources import Source
from tests import bills
from tests.services.shop import at_once

ACTS = 60
CURRENCIES = ("EUR", "USD", "JPY")


@pytest.fixture
def scene(world):
    """Open invoices and credit notes of two accounts in three currencies: (invoice ids, credit note ids)."""
    invoices, credits = [], []
    for account in (world.partner, world.rival):
        for place, currency in enumerate((*CURRENCIES, "EUR")):
            row = bills.invoice(world, account, gross=1_000 * (place + 1), currency=currency)
            invoices.append(row.id)
            credits.append(bills.credit_note(world, row, gross=300).id)
    return invoices, credits


class Chance:
    """Random acts of one seed."""

    def __init__(self, world, scene, seed: int):
        self.world, self.random = world, random.Random(seed)
        self.invoices, self.credits = scene
        self.payments: list[int] = []

    def act(self, by: User) -> None:
        chosen = self.random.choice(
            (self.pay, self.pay, self.pay_in, self.assign, self.set_off, self.refund, self.reverse, self.take_back)
        )
        chosen(by)

    def pay(self, by: User) -> None:
        given = self._received()
        self._keep(recording.record_for_invoice(self._one(self.invoices), given, key=str(uuid.uuid4()), by=by))

    def pay_in(self, by: User) -> None:
        account = self.random.choice((self.world.partner, self.world.rival))
        self._keep(recording.record_for_account(account.id, self._received(), key=str(uuid.uuid4()), by=by))

    def assign(self, by: User) -> None:
        assigning.assign(Source(self._payment()), self._one(self.invoices), self._part(), by=by)

    def set_off(self, by: User) -> None:
        source = Source(credit_note_id=self._one(self.credits))
        assigning.assign(source, self._one(self.invoices), self._part(), by=by)

    def refund(self, by: User) -> None:
        wanted = Refund(self.random.randint(1, 400), recording.clock.today())
        sources = (Source(self._payment()), Source(credit_note_id=self._one(self.credits)))
        self._keep(refunds.refund(self.random.choice(sources), wanted, key=str(uuid.uuid4()), by=by))

    def reverse(self, by: User) -> None:
        reversals.reverse(self._payment(), "By mistake", by=by)

    def take_back(self, by: User) -> None:
        reversals.take_back(self._payment(), self._one(self.invoices), "Another one was meant", by=by)

    def _received(self) -> Received:
        amount, currency = self.random.randint(1, 2_500), self.random.choice(CURRENCIES)
        return Received(amount, currency, recording.clock.today())

    def _part(self) -> int | None:
        return self.random.choice((None, self.random.randint(1, 900)))

    def _payment(self) -> int:
        return self._one(self.payments or [0])

    def _one(self, ids: list[int]) -> int:
        return self.random.choice(ids)

    def _keep(self, payment: Payment) -> None:
        self.payments.append(payment.id)


@pytest.mark.parametrize("seed", range(4))
def test_money_is_never_made_or_lost(app, world, desk, scene, seed):
    chance, done = Chance(world, scene, seed), 0
    for _ in range(ACTS):
        with app.app_context():
            try:
                chance.act(db.session.get(User, world.dana.id))
                done += 1
            except DomainError:
                continue
    assert done > ACTS // 4
    desk.check([world.partner.id, world.rival.id])


@pytest.mark.parametrize("turn", range(3))
def test_everything_at_once(app, world, desk, scene, turn):
    """Of many who act on the same rows at the same moment nobody is answered with an error."""
    chance = Chance(world, scene, turn)
    paid = desk.pay_in(world.partner.id, 3_000)
    chance.payments += [paid, desk.pay(scene[0][0], 800), desk.refund(Source(paid), 100)]

    def one() -> None:
        with app.app_context():
            chance.act(db.session.get(User, world.dana.id))

    for _ in range(3):
        strange = [each for each in at_once(8, one) if each is not None and not isinstance(each, DomainError)]
        assert not strange
    desk.check([world.partner.id, world.rival.id])


def test_two_people_who_assign_the_same_money(world, desk):
    invoices = [bills.invoice(world, gross=5_000).id for _ in range(4)]
    payment_id = desk.pay_in(world.partner.id, 5_000)
    left = list(invoices)
    answers = at_once(4, lambda: desk.assign(payment_id, left.pop()))
    assert sorted(str(each) for each in answers if not isinstance(each, DomainError)) == ["5000"]
    assert [desk.invoice(each).settled for each in invoices].count(5_000) == 1
    desk.check([world.partner.id])


def test_two_payments_never_settle_more_than_the_invoice(world, desk):
    invoice_id = bills.invoice(world, gross=5_000).id
    assert all(isinstance(each, int) for each in at_once(4, lambda: desk.pay(invoice_id, 4_000)))
    assert (desk.invoice(invoice_id).open, desk.balance(world.partner.id)) == (0, -11_000)
    desk.check([world.partner.id])


def test_the_same_form_sent_at_once_records_once(world, desk):
    invoice_id = bills.invoice(world, gross=5_000).id
    answers = at_once(4, lambda: desk.pay(invoice_id, 1_000, key="pressed-often"))
    assert len(set(answers)) == 1
    assert desk.invoice(invoice_id).settled == 1_000


def test_one_of_several_takes_an_assignment_back(world, desk):
    invoice_id = bills.invoice(world, gross=5_000).id
    payment_id = desk.pay(invoice_id, 4_000)
    answers = at_once(4, lambda: desk.take_back(payment_id, invoice_id))
    assert sorted(each for each in answers if isinstance(each, int)) == [4_000]
    assert all(isinstance(each, int | DomainError) for each in answers)
    assert (desk.invoice(invoice_id).open, desk.payment(payment_id).unassigned) == (5_000, 4_000)
    desk.check([world.partner.id])


def test_a_reversal_and_an_assignment_at_once(world, desk):
    for _ in range(3):
        invoice_id, payment_id = bills.invoice(world, gross=5_000).id, desk.pay_in(world.partner.id, 5_000)
        acts = [lambda on=payment_id: desk.reverse(on), lambda on=payment_id, to=invoice_id: desk.assign(on, to)]
        answers = at_once(2, lambda acts=acts: acts.pop()())
        assert all(each is None or isinstance(each, int | DomainError) for each in answers)
        assert desk.payment(payment_id).reversed_at is not None or desk.invoice(invoice_id).open == 0
        desk.check([world.partner.id])
