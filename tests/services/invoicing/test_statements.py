"""The statement of account and how old is what is open."""

from datetime import timedelta

import pytest

from portal.core.paging import Place
from portal.extensions import db
from portal.models import User
from portal.services.invoicing import aging, statements
from portal.services.invoicing.aging import Age, Filters
from portal.services.invoicing.payments.sources import Source
from portal.services.invoicing.statements import What
from tests import bills

pytestmark = pytest.mark.sqlite


def read(desk, account_id: int, first, last, most: int | None = statements.MOST, currency: str = "EUR"):
    with desk.app.app_context():
        return statements.statement(account_id, currency, first, last, most)


@pytest.fixture
def days(desk):
    """`days(3)`: three days ago."""
    today = desk.today
    return lambda ago: today - timedelta(days=ago)


def test_each_movement_has_the_balance_after_it(desk, world, days):
    account_id = world.partner.id
    old = bills.invoice(world, gross=176_400, issued_on=days(90), po_number="PO 4471-B")
    desk.pay(old.id, 176_400, paid_on=days(80), reference="Thank you")
    new = bills.invoice(world, gross=220_800, issued_on=days(60))
    credit = bills.credit_note(world, new, 5_000, issued_on=days(50))
    wrong = desk.pay(new.id, 100_000, paid_on=days(40), reference="Salary")
    desk.reverse(wrong, "Another account’s")
    desk.refund(Source(credit_note_id=credit.id), 5_000)
    found = read(desk, account_id, days(70), days(0))
    assert found.opening == 0
    assert [(each.what, each.amount, each.balance) for each in found.movements] == [
        (What.INVOICE, 220_800, 220_800),
        (What.CREDIT_NOTE, -5_000, 215_800),
        (What.PAYMENT, -100_000, 115_800),
        (What.REFUND, 5_000, 120_800),
        (What.REVERSAL, 100_000, 220_800),
    ]
    assert (found.charged, found.paid, found.closing) == (325_800, 105_000, 220_800)
    assert [found.movements[place].reference for place in (1, 2, 4)] == [new.number, "Salary", "Salary"]
    assert read(desk, account_id, days(100), days(85)).movements[0].reference == "PO 4471-B"
    assert read(desk, account_id, days(85), days(70)).opening == 176_400
    assert desk.balance(account_id) == 220_800


def test_a_day_counts_whole(desk, world, days):
    bills.invoice(world, gross=100, issued_on=days(10))
    for first, last, opening, closing in ((10, 10, 0, 100), (9, 0, 100, 100), (20, 11, 0, 0)):
        found = read(desk, world.partner.id, days(first), days(last))
        assert (found.opening, found.closing) == (opening, closing)


def test_a_long_statement_is_cut_and_its_balance_is_whole(desk, world, days):
    for _ in range(4):
        bills.invoice(world, gross=100)
    found = read(desk, world.partner.id, days(1), days(0), most=3)
    assert (len(found.movements), found.is_cut, found.closing) == (3, True, 400)
    assert len(read(desk, world.partner.id, days(1), days(0), most=None).movements) == 4


def test_currencies_and_accounts_are_never_mixed(desk, world, days):
    bills.invoice(world, gross=100)
    bills.invoice(world, gross=700, currency="JPY")
    bills.invoice(world, world.rival, gross=900)
    with desk.app.app_context():
        assert statements.currencies(world.partner.id) == ["EUR", "JPY"]
        assert [statements.balance(world.partner.id, each) for each in ("EUR", "JPY", "USD")] == [100, 700, 0]


def test_drafts_are_no_movements(desk, world, days):
    bills.invoice(world, gross=100, number=None)
    assert read(desk, world.partner.id, days(1), days(0)).movements == []


def test_what_is_open_is_as_old_as_the_days_since_it_was_due(desk, world, days):
    ages = {0: Age.NOT_DUE, 1: Age.TO_30, 30: Age.TO_30, 31: Age.TO_60, 60: Age.TO_60, 61: Age.TO_90, 90: Age.TO_90,
            91: Age.OVER_90, 400: Age.OVER_90, -5: Age.NOT_DUE}  # fmt: skip
    expected = dict.fromkeys(Age, 0)
    for place, (overdue, age) in enumerate(ages.items()):
        bills.invoice(world, gross=10**place, issued_on=days(500), due_on=days(overdue))
        expected[age] += 10**place
    with desk.app.app_context():
        found = aging.of_account(world.partner.id)["EUR"]
        assert {aging.age_of(days(ago), desk.today): age for ago, age in ages.items()}.keys() == set(Age)
    assert found.by_age == expected
    assert found.overdue == found.open - expected[Age.NOT_DUE]


def test_credits_and_unassigned_money_lower_the_balance(desk, world):
    invoice = bills.invoice(world, gross=1_000)
    bills.credit_note(world, invoice, 300)
    desk.pay_in(world.partner.id, 2_000)
    with desk.app.app_context():
        found = aging.of_account(world.partner.id)["EUR"]
        assert (found.open, found.credit, found.unassigned, found.balance) == (1_000, 300, 2_000, -1_300)
        assert found.balance == statements.balance(world.partner.id, "EUR")


def test_the_list_shows_who_owes_and_whom_we_owe(app, world, desk, days):
    bills.invoice(world, gross=1_000, issued_on=days(60), due_on=days(46))
    bills.invoice(world, gross=50, currency="USD")
    desk.pay_in(world.rival.id, 700)
    bills.invoice(world, world.direct_customer, gross=40)
    settled = bills.invoice(world, world.customer, gross=5)
    desk.pay(settled.id, 5)
    with app.app_context():
        dana, paula = (db.session.get(User, person.id) for person in (world.dana, world.paula))

        def names(viewer=dana, **filters) -> list[str]:
            return [row.name for (row,) in aging.page(viewer, Filters(**filters), Place()).rows]

        assert names() == [world.direct_customer.name, world.partner.name, world.rival.name]
        assert names(is_overdue=True) == [world.partner.name]
        assert names(is_unassigned=True) == [world.rival.name]
        assert names(term="north") == [world.partner.name]
        assert world.rival.name not in names(paula)
        totals = aging.totals(dana, Filters())
        assert {currency: (row.open, row.overdue, row.balance) for currency, row in totals.items()} == {
            "EUR": (1_040, 1_000, 340),
            "USD": (50, 0, 50),
        }
        rows = {account.id: found for account, found in aging.every(dana, Filters())}
        assert rows[world.rival.id]["EUR"].balance == -700
