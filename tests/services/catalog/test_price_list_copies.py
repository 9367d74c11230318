"""A copy follows a list; lists in different currencies stand side by side."""

from datetime import date, timedelta

import pytest

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput
from portal.extensions import db
from portal.models import Account
from portal.services import accounts, catalog
from portal.services.catalog import price_lists, resolution
from tests.services.catalog.test_price_lists import TODAY, fixed, used

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def in_context(world, app, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    with app.app_context():
        yield


def paid(world, account) -> tuple[int | None, str]:
    """In minor units, with the currency."""
    row = db.session.get(Account, account.id, populate_existing=True)
    agreed = resolution.price_of(row, catalog.product(world.mailbox.id), 1, TODAY)
    return agreed.amount, agreed.currency


def test_lists_for_all_stand_side_by_side_in_two_currencies(world):
    swiss = world.account("partner", currency="CHF")
    used(world.dora, [fixed(world.mailbox, 900)], is_for_all=True, name="In euro")
    used(world.dora, [fixed(world.mailbox, 950)], is_for_all=True, name="In francs", currency="CHF")
    assert paid(world, world.partner) == (900, "EUR")
    assert paid(world, swiss) == (950, "CHF")


def test_an_account_that_pays_in_another_currency_now_may_have_a_list_in_it(world):
    used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    row = db.session.get(Account, world.partner.id)
    accounts.edit(row, version=row.version, details={"currency": "CHF"}, by=world.dora)
    assert paid(world, world.partner) == (None, "CHF")
    used(world.dora, [fixed(world.mailbox, 950)], world.partner, name="In francs", currency="CHF")
    assert paid(world, world.partner) == (950, "CHF")


@pytest.mark.parametrize(("begins", "ends", "first"), [(0, None, 1), (30, None, 31), (0, 10, 11)])
def test_a_copy_can_be_put_in_use_as_it_is(world, begins, ends, first):
    begins, ends = (each if each is None else TODAY + timedelta(days=each) for each in (begins, ends))
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_from=begins, valid_until=ends)
    copied = price_lists.copy(row, by=world.dora)
    price_lists.put_in_use(copied, version=copied.version, by=world.dora)
    assert copied.valid_from == TODAY + timedelta(days=first)
    assert price_lists.price_list(world.dora, row.id).valid_until == copied.valid_from - timedelta(days=1)


def test_nothing_follows_the_last_day_that_there_is(world):
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_until=date.max)
    with pytest.raises(Conflict):
        price_lists.copy(row, by=world.dora)


def test_of_two_copies_the_second_is_refused_and_the_first_stays(world):
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    first, second = (price_lists.copy(row, by=world.dora) for _each in range(2))
    price_lists.put_in_use(first, version=first.version, by=world.dora)
    with pytest.raises(Conflict, match="two prices"):
        price_lists.put_in_use(second, version=second.version, by=world.dora)


def test_a_list_does_not_end_before_it_begins(world):
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_from=TODAY + timedelta(days=5))
    with pytest.raises(InvalidInput):
        price_lists.end(row, last_day=TODAY, by=world.dora)
