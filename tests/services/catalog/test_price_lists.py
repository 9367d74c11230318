"""Price lists: what an account pays on a day; one price for one buyer, product, minimum quantity and day."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, PriceTerm
from portal.services import accounts, catalog
from portal.services.catalog import price_lists, prices, resolution
from portal.services.catalog.price_lines import Line
from portal.services.catalog.resolution import Source

TODAY = date(2026, 7, 1)
DETAILS = {"name": "Partners 2026", "currency": "EUR", "valid_from": TODAY, "valid_until": None, "is_for_all": False}


@pytest.fixture(autouse=True)
def in_context(world, app, monkeypatch):
    """`second` is another partner that pays in euro."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    world.second = world.account("partner", name="Second Partner")
    world.second_customer = world.account(parent=world.second)
    with app.app_context():
        yield


@pytest.fixture
def paid(world):
    """`paid(account, 25, day=…)`: the price of one mailbox licence and where it comes from."""

    def ask(account, quantity=1, day=TODAY, product=None):
        row = db.session.get(Account, account.id, populate_existing=True)
        product = catalog.product((product or world.mailbox).id)
        agreed = resolution.price_of(row, product, quantity, day)
        return agreed.amount, agreed.source

    return ask


def fixed(product, amount: int, least: int = 1) -> Line:
    return Line(product.id, least, amount, None)


def off(product, discount: int, least: int = 1) -> Line:
    return Line(product.id, least, None, discount)


def drafted(by, lines, *accounts, **details):
    row = price_lists.create(details=DETAILS | details, by=by)
    price_lists.save(row, version=row.version, details={}, lines=lines, by=by)
    for account in accounts:
        price_lists.assign(row, account, by=by)
    return price_lists.price_list(by, row.id)


def used(by, lines, *accounts, **details):
    row = drafted(by, lines, *accounts, **details)
    price_lists.put_in_use(row, version=row.version, by=by)
    return price_lists.price_list(by, row.id)


def test_without_a_list_the_list_price_counts(world, paid):
    assert paid(world.partner) == (1190, Source.LIST_PRICE)


def test_its_own_list_then_its_sellers_list_then_the_list_price(world, paid):
    used(world.dora, [fixed(world.bundle, 1000)], is_for_all=True, name="All partners")
    used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    assert paid(world.partner) == (900, Source.OWN_LIST)
    assert paid(world.partner, product=world.bundle) == (1000, Source.SELLER_LIST)
    assert paid(world.second) == (1190, Source.LIST_PRICE)
    assert paid(world.second, product=world.bundle) == (1000, Source.SELLER_LIST)


def test_a_partners_customer_pays_its_partners_price(world, paid):
    used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    used(world.paula, [off(world.mailbox, 500)], is_for_all=True)
    assert paid(world.customer) == (1131, Source.SELLER_LIST)  # 11.90 less 5 %: 11.305, rounded half up
    assert paid(world.partner) == (900, Source.OWN_LIST)
    assert paid(world.second_customer) == (1190, Source.LIST_PRICE)


def test_the_largest_minimum_that_fits_decides(world, paid):
    lines = [fixed(world.mailbox, 1100), off(world.mailbox, 460, 100), off(world.mailbox, 500, 250)]
    used(world.dora, lines, world.partner)
    amounts = [paid(world.partner, quantity)[0] for quantity in (1, 99, 100, 249, 250, 10_000)]
    assert amounts == [1100, 1100, 1135, 1135, 1131, 1131]


def test_below_the_smallest_minimum_the_next_step_decides(world, paid):
    used(world.dora, [fixed(world.mailbox, 900, 50)], world.partner)
    assert paid(world.partner, 49) == (1190, Source.LIST_PRICE)
    assert paid(world.partner, 50) == (900, Source.OWN_LIST)


def test_only_the_accounts_currency_counts(world, paid):
    swiss = world.account("partner", currency="CHF")
    assert paid(swiss) == (None, Source.NOT_SOLD)
    used(world.dora, [fixed(world.mailbox, 1066)], swiss, currency="CHF")
    assert paid(swiss) == (1066, Source.OWN_LIST)
    with pytest.raises(InvalidInput):
        drafted(world.dora, [fixed(world.mailbox, 1)], world.partner, currency="CHF")


@pytest.mark.parametrize(
    ("list_price", "discount", "amount"), [(241, 1640, 201), (1190, 500, 1131), (1, 5000, 1), (1, 5001, 0), (7, 0, 7)]
)
def test_a_discount_is_rounded_half_up_before_it_is_multiplied(list_price, discount, amount):
    assert resolution.discounted(list_price, discount) == amount


def test_yen_and_dinar_keep_their_own_minor_units(world, paid):
    for currency, listed, amount in (("JPY", 1950, 1853), ("KWD", 4125, 3919)):
        buyer = world.account("partner", currency=currency)
        prices.set_price(catalog.product(world.mailbox.id), currency=currency, amount=listed, by=world.dora)
        used(world.dora, [off(world.mailbox, 500)], buyer, currency=currency, name=currency)
        assert paid(buyer) == (amount, Source.OWN_LIST)


def test_a_list_holds_from_its_first_to_its_last_day(world, paid):
    until = TODAY + timedelta(days=30)
    used(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_until=until)
    days = [TODAY - timedelta(days=1), TODAY, until, until + timedelta(days=1)]
    assert [paid(world.partner, day=day)[0] for day in days] == [1190, 900, 900, 1190]


def test_a_list_in_use_is_followed_not_edited(world, paid):
    first = used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    with pytest.raises(Conflict):
        price_lists.save(first, version=first.version, details={}, lines=[], by=world.dora)
    copied = price_lists.copy(first, by=world.dora)
    begins = TODAY + timedelta(days=60)
    changed = {"lines": [fixed(world.mailbox, 950)], "details": {"valid_from": begins, "valid_until": None}}
    price_lists.save(copied, version=copied.version, by=world.dora, **changed)
    fresh = price_lists.price_list(world.dora, copied.id)
    price_lists.put_in_use(fresh, version=fresh.version, by=world.dora)
    before = begins - timedelta(days=1)
    assert price_lists.price_list(world.dora, first.id).valid_until == before
    assert [paid(world.partner, day=day)[0] for day in (before, begins)] == [900, 950]


def test_two_prices_for_one_day_are_refused_and_named(world):
    used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    second = drafted(world.dora, [fixed(world.mailbox, 800)], world.partner, name="Second")
    with pytest.raises(Conflict) as refusal:
        price_lists.put_in_use(second, version=second.version, by=world.dora)
    assert refusal.value.message == (
        f"{world.partner.name} would have two prices for {world.mailbox.name}: “Partners 2026” holds on some of these "
        "days."
    )
    other = used(world.dora, [fixed(world.mailbox, 800)], world.second, name="Rivals")
    with pytest.raises(Conflict):
        price_lists.assign(other, world.partner, by=world.dora)


def test_the_database_refuses_what_the_service_overlooked(world):
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    term = {
        "seller_id": row.seller_id, "buyer_id": world.partner.id, "currency": "EUR", "product_id": world.mailbox.id,
        "min_quantity": 1, "valid_from": TODAY + timedelta(days=5), "valid_until": None, "list_id": row.id,
        "line_id": row.lines[0].id,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(insert(PriceTerm).values(term))
    with transaction():
        db.session.execute(insert(PriceTerm).values(term | {"min_quantity": 2}))
        db.session.execute(insert(PriceTerm).values(term | {"currency": "EUS"}))
        db.session.execute(insert(PriceTerm).values(term | {"buyer_id": None}))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(insert(PriceTerm).values(term | {"buyer_id": None}))


def test_random_lists_agree_with_the_reference(world, paid, seed):
    """Against `reference`, which knows nothing of terms, statements and constraints."""
    lot = random.Random(seed)
    lists = []
    for number in range(30):
        seller = lot.choice([world.dora, world.paula])
        buyers = {world.dora.id: [world.partner, world.second, world.direct_customer]}.get(seller.id, [world.customer])
        begins = TODAY + timedelta(days=lot.randrange(60))
        details = {
            "name": f"List {number}", "valid_from": begins, "is_for_all": lot.random() < 0.4,
            "valid_until": lot.choice([None, begins + timedelta(days=lot.randrange(40))]),
        }  # fmt: skip
        lines = [
            lot.choice([fixed, off])(product, lot.randrange(2000), least)
            for product in (world.mailbox, world.bundle) for least in lot.sample([1, 10, 50], lot.randrange(3))
        ]  # fmt: skip
        chosen = lot.sample(buyers, lot.randrange(len(buyers) + 1))
        row = drafted(seller, lines, *chosen, **details)
        try:
            price_lists.put_in_use(row, version=row.version, by=seller)
        except Conflict:
            continue
        lists.append((seller.account_id, {account.id for account in chosen}, details, lines))
    assert len(lists) > 4
    for _each in range(200):
        sold_to = [world.partner, world.second, world.direct_customer, world.customer, world.second_customer]
        account = lot.choice(sold_to)
        product, quantity = lot.choice([world.mailbox, world.bundle]), lot.choice([1, 9, 10, 49, 50, 1000])
        day = TODAY + timedelta(days=lot.randrange(-1, 100))
        expected = reference(lists, account, product, quantity, day)
        assert paid(account, quantity, day, product)[0] == expected, f"{account.name} {quantity} {day}"


def reference(lists, account, product, quantity, day) -> int:
    listed = next(price.amount for price in product.prices if price.currency == "EUR")
    for is_own in (True, False):
        fitting = [
            line
            for seller_id, buyers, details, lines in lists
            for line in lines
            if seller_id == account.parent_id
            and (account.id in buyers if is_own else details["is_for_all"])
            and details["valid_from"] <= day <= (details["valid_until"] or date.max)
            and line.product_id == product.id
            and line.min_quantity <= quantity
        ]
        if fitting:
            line = max(fitting, key=lambda each: each.min_quantity)
            return line.amount if line.amount is not None else int(listed * (10_000 - line.discount) / 10_000 + 0.5)
    return listed


def test_a_list_belongs_to_its_seller(world):
    row = used(world.paula, [fixed(world.mailbox, 1500)], world.customer)
    for stranger in (world.rita, world.carl):
        with pytest.raises(NotVisible):
            price_lists.price_list(stranger, row.id)
    assert price_lists.price_list(world.dora, row.id).name == row.name
    with pytest.raises(NotVisible):
        price_lists.end(row, last_day=TODAY, by=world.dora)
    with pytest.raises(InvalidInput):
        price_lists.assign(row, world.second_customer, by=world.paula)


def test_a_moved_account_loses_the_lists_of_its_old_seller(world, paid):
    used(world.paula, [fixed(world.mailbox, 1500)], world.customer)
    assert paid(world.customer)[0] == 1500
    row = db.session.get(Account, world.customer.id)
    accounts.edit(row, version=row.version, details={}, parent_id=world.second.id, by=world.dora)
    assert paid(world.customer) == (1190, Source.LIST_PRICE)


def test_ending_and_unassigning_take_effect(world, paid):
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner, world.second)
    price_lists.unassign(row, world.second, by=world.dora)
    assert paid(world.second)[0] == 1190
    price_lists.end(row, last_day=TODAY + timedelta(days=3), by=world.dora)
    assert [paid(world.partner, day=TODAY + timedelta(days=days))[0] for days in (3, 4)] == [900, 1190]
    with pytest.raises(InvalidInput):
        price_lists.end(row, last_day=TODAY - timedelta(days=1), by=world.dora)
    with pytest.raises(InvalidInput):
        price_lists.end(row, last_day=TODAY + timedelta(days=30), by=world.dora)


def test_what_is_not_usable_says_why(world):
    empty = drafted(world.dora, [], world.partner)
    nobody = drafted(world.dora, [fixed(world.mailbox, 900)])
    past = drafted(world.dora, [fixed(world.mailbox, 900)], world.partner, valid_from=TODAY - timedelta(days=1))
    for row, word in ((empty, "no prices"), (nobody, "no account"), (past, "first day is over")):
        with pytest.raises(Conflict, match=word):
            price_lists.put_in_use(row, version=row.version, by=world.dora)
    with pytest.raises(StaleVersion):
        price_lists.save(empty, version=empty.version + 1, details={}, lines=[], by=world.dora)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (lambda world: [fixed(world.mailbox, 1), fixed(world.mailbox, 2)], "min_quantity_1"),
        (lambda world: [fixed(world.mailbox, -1)], "value_0"), (lambda world: [Line(0, 1, 5, None)], "product_0"),
        (lambda world: [off(world.mailbox, 10_001)], "value_0"), (lambda world: [off(world.product(), 500)], "value_0"),
        (lambda world: [fixed(world.mailbox, 1, 0)], "min_quantity_0"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_hold_is_refused_beside_its_field(world, lines, field):
    row = drafted(world.dora, [])
    with pytest.raises(InvalidInput) as refusal:
        price_lists.save(row, version=row.version, details={}, lines=lines(world), by=world.dora)
    assert refusal.value.field == field


def test_a_draft_is_discarded_and_a_list_in_use_is_not(world):
    draft = drafted(world.dora, [fixed(world.mailbox, 900)], world.partner)
    row = used(world.dora, [fixed(world.mailbox, 900)], world.partner)
    with pytest.raises(Conflict):
        price_lists.discard(row, version=row.version, by=world.dora)
    price_lists.discard(draft, version=draft.version, by=world.dora)
    with pytest.raises(NotVisible):
        price_lists.price_list(world.dora, draft.id)
