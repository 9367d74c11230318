"""The price of an order is that of the distributor's day, to the second: at midnight, and when the clocks change."""

from datetime import date, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.errors import PriceChanged
from portal.extensions import db
from portal.models import Account
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line
from portal.services.ordering import drafts, submission
from portal.services.ordering.drafts import LineInput
from tests.settings import make_settings

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]
SECOND = timedelta(seconds=1)
MIDNIGHTS = {
    "winter": ("2026-01-15", "2026-01-14T22:00:00+00:00"),
    "summer": ("2026-07-15", "2026-07-14T21:00:00+00:00"),
    "the day on which summer time begins": ("2026-03-29", "2026-03-28T22:00:00+00:00"),
    "the day after": ("2026-03-30", "2026-03-29T21:00:00+00:00"),
    "the day on which summer time ends": ("2026-10-25", "2026-10-24T21:00:00+00:00"),
    "the day after that": ("2026-10-26", "2026-10-25T22:00:00+00:00"),
}
LIST_PRICE, PRICE = 1190, 900


@pytest.fixture
def settings(database_url, sandbox, tmp_path):
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), TIME_ZONE="Europe/Athens")


@pytest.fixture
def at(monkeypatch):
    """`at(instant)`: it is that time now."""

    def turn(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)
        monkeypatch.setattr(clock, "today", lambda: clock.day_of(instant))

    return turn


@pytest.fixture
def for_one_day(world):
    """`for_one_day(day)`: a partner's price list that holds on that day alone."""

    def use(day: date) -> None:
        details = {"name": "One day", "currency": "EUR", "valid_from": day, "valid_until": day, "is_for_all": False}
        row = price_lists.create(details=details, by=world.dora)
        lines = [Line(world.mailbox.id, 1, PRICE, None)]
        price_lists.save(row, version=row.version, details={}, lines=lines, by=world.dora)
        price_lists.assign(row, db.session.get(Account, world.partner.id), by=world.dora)
        row = price_lists.price_list(world.dora, row.id)
        price_lists.put_in_use(row, version=row.version, by=world.dora)

    return use


@pytest.fixture
def paid(world, at):
    """`paid(instant)`: what the partner pays for one licence that it orders then. Another price is refused."""

    def submit(instant: datetime) -> int:
        at(instant)
        basket = drafts.add_to_basket(LineInput(world.mailbox.id, 10), by=world.paula)
        try:
            order = submission.submit(basket, version=basket.version, seen=[(LIST_PRICE, "EUR")], by=world.paula)
        except PriceChanged:
            basket = drafts.basket_of(world.paula)
            order = submission.submit(basket, version=basket.version, seen=[(PRICE, "EUR")], by=world.paula)
        return order.lines[0].unit_price

    return submit


@pytest.mark.parametrize("day, midnight", MIDNIGHTS.values(), ids=MIDNIGHTS)
def test_a_list_of_one_day_holds_from_midnight_to_midnight(at, for_one_day, paid, day, midnight):
    begins = datetime.fromisoformat(midnight)
    at(begins - timedelta(days=2))
    for_one_day(date.fromisoformat(day))
    ends = begins + timedelta(hours=_hours(day, midnight))
    instants = [begins - SECOND, begins, ends - SECOND, ends]
    assert [paid(instant) for instant in instants] == [LIST_PRICE, PRICE, PRICE, LIST_PRICE]


def test_the_days_of_the_change_have_an_hour_less_and_an_hour_more():
    assert [_hours(*each) for each in MIDNIGHTS.values()] == [24, 24, 23, 24, 25, 24]


def _hours(day: str, midnight: str) -> int:
    """How long the day is."""
    begins = datetime.fromisoformat(midnight)
    return next(n for n in (23, 24, 25) if clock.day_of(begins + timedelta(hours=n)).isoformat() > day)
