"""A list in use before its first day is edited in place or removed; the list that it follows goes on."""

from datetime import date, timedelta

import pytest

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.extensions import db
from portal.models import Account, PriceTerm
from portal.services import catalog
from portal.services.catalog import price_lists, product_changes, resolution
from portal.services.catalog.prices import NO_PRICE, PriceOf
from tests.services.catalog.test_price_lists import TODAY, drafted, fixed, off, used

pytestmark = pytest.mark.sqlite

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def in_context(app, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    with app.app_context():
        yield


@pytest.fixture
def paid(world):
    def ask(day: date) -> int | None:
        row = db.session.get(Account, world.partner.id, populate_existing=True)
        return resolution.price_of(row, catalog.product(world.mailbox.id), 1, day).amount

    return ask


def again(world, row):
    return price_lists.price_list(world.dora, row.id)


def saved(world, row, lines, **details):
    row = again(world, row)
    price_lists.save(row, version=row.version, details=details, lines=lines, by=world.dora)
    return again(world, row)


def removed(world, row) -> None:
    row = again(world, row)
    price_lists.discard(row, version=row.version, by=world.dora)


def following(world, row, begins: date = NEW_YEAR):
    copied = saved(world, price_lists.copy(row, by=world.dora), [fixed(world.mailbox, 950)], valid_from=begins,
                   valid_until=None)  # fmt: skip
    price_lists.put_in_use(copied, version=copied.version, by=world.dora)
    return again(world, copied)


@pytest.fixture
def first(world):
    return used(world.dora, [fixed(world.mailbox, 900)], world.partner)


@pytest.mark.parametrize("days", [-90, 0, 31])
def test_a_coming_list_moves_and_the_list_before_it_ends_the_day_before(world, first, paid, days):
    begins = NEW_YEAR + timedelta(days=days)
    row = saved(world, following(world, first), [fixed(world.mailbox, 990)], valid_from=begins, valid_until=None)
    assert (row.valid_from, again(world, first).valid_until) == (begins, begins - timedelta(days=1))
    assert [paid(begins - timedelta(days=1)), paid(begins)] == [900, 990]


def test_a_removed_list_leaves_the_one_before_it_open_again(world, first, paid):
    row = following(world, first)
    removed(world, row)
    with pytest.raises(NotVisible):
        again(world, row)
    assert again(world, first).valid_until is None
    assert paid(NEW_YEAR) == 900
    assert PriceTerm.query.count() == 1


def test_a_list_before_it_never_gets_longer_than_it_was(world, paid):
    until = NEW_YEAR - timedelta(days=1)
    first = used(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_until=until)
    row = following(world, first, NEW_YEAR - timedelta(days=30))
    row = saved(world, row, [fixed(world.mailbox, 950)], valid_from=NEW_YEAR + timedelta(days=30), valid_until=None)
    assert again(world, first).valid_until == until
    row = saved(world, row, [fixed(world.mailbox, 950)], valid_from=NEW_YEAR - timedelta(days=60), valid_until=None)
    assert again(world, first).valid_until == NEW_YEAR - timedelta(days=61)
    removed(world, row)
    assert again(world, first).valid_until == until


def test_what_a_person_ended_meanwhile_stays_ended(world, first):
    row = following(world, first)
    ends = TODAY + timedelta(days=3)
    price_lists.end(again(world, first), last_day=ends, by=world.dora)
    saved(world, row, [fixed(world.mailbox, 950)], valid_from=NEW_YEAR + timedelta(days=9), valid_until=None)
    removed(world, row)
    assert again(world, first).valid_until == ends


def test_from_its_first_day_on_nothing_is_edited(world, first, monkeypatch):
    row = following(world, first)
    monkeypatch.setattr(clock, "today", lambda: NEW_YEAR)
    for act in (lambda: saved(world, row, []), lambda: removed(world, row)):
        with pytest.raises(Conflict, match="It is in use"):
            act()
    assert len(again(world, row).lines) == 1


def test_an_edit_that_would_give_two_prices_or_none_is_refused(world, first, paid):
    row = following(world, first)
    used(world.dora, [fixed(world.bundle, 5)], world.partner, name="Bundles", valid_from=TODAY + timedelta(days=1))
    for lines, word in (([fixed(world.bundle, 6)], "two prices"), ([], "no prices")):
        with pytest.raises(Conflict, match=word):
            saved(world, row, lines)
    with pytest.raises(Conflict, match="first day is over"):
        saved(world, row, [fixed(world.mailbox, 950)], valid_from=TODAY - timedelta(days=1), valid_until=None)
    with pytest.raises(StaleVersion):
        price_lists.discard(row, version=row.version - 1, by=world.dora)
    assert [paid(TODAY), paid(NEW_YEAR)] == [900, 950]


def test_the_last_of_three_is_removed_first(world, first):
    second = following(world, first)
    third = following(world, second, NEW_YEAR + timedelta(days=31))
    draft = price_lists.copy(again(world, second), by=world.dora)
    with pytest.raises(Conflict, match="Remove that one first"):
        removed(world, second)
    removed(world, third)
    removed(world, second)
    assert again(world, draft).follows_id == first.id
    assert again(world, first).valid_until is None


def price_removed(world, currency="EUR") -> None:
    product = catalog.product(world.mailbox.id)
    values = {"details": {}, "price_of": {currency: PriceOf(None, 700)}, "by": world.dora}
    product_changes.save_product(product, version=product.version, **values)


@pytest.mark.parametrize("begins", [TODAY, NEW_YEAR])
def test_a_list_price_stays_while_a_discount_is_taken_from_it(world, begins):
    row = used(world.dora, [off(world.mailbox, 500)], world.partner, valid_from=begins)
    with pytest.raises(InvalidInput) as refusal:
        price_removed(world)
    assert (refusal.value.field, refusal.value.link) == ("amount_EUR", ("price lists", [(row.id, row.name)]))
    price_removed(world, "USD")
    price_lists.end(again(world, row), last_day=begins, by=world.dora)
    with pytest.raises(InvalidInput):
        price_removed(world)


def test_a_list_price_goes_when_the_discount_has_ended_or_was_only_drafted(world, monkeypatch):
    row = used(world.dora, [off(world.mailbox, 500)], world.partner, valid_until=TODAY)
    draft = drafted(world.dora, [off(world.mailbox, 500)], world.partner, valid_from=NEW_YEAR)
    tomorrow = TODAY + timedelta(days=1)
    monkeypatch.setattr(clock, "today", lambda: tomorrow)
    price_removed(world)
    assert catalog.product(world.mailbox.id).price_in("EUR") is None
    with pytest.raises(Conflict, match="no list price in EUR"):
        price_lists.put_in_use(draft, version=draft.version, by=world.dora)
    assert again(world, row).lines[0].discount == 500
    values = {"details": {"min_quantity": 2}, "price_of": {"EUR": NO_PRICE}, "by": world.dora}
    product = catalog.product(world.mailbox.id)
    assert product_changes.save_product(product, version=product.version, **values)
