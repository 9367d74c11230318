"""Products: made of what BitTitan sells, priced in minor units, withdrawn but never lost."""

import pytest

from portal.core import clock
from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AuditEntry, Product
from portal.services import catalog
from portal.services.catalog import margins, prices, product_changes
from portal.services.catalog.prices import PriceOf

pytestmark = pytest.mark.sqlite

MADE = {"code": "BT-SHORT", "name": "Mailboxes, short project", "kind": "MailboxLicense", "by": "command line"}


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def entries(subject: str) -> list[tuple]:
    found = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id))
    return [(entry.act, entry.field, entry.before, entry.after) for entry in found]


def test_a_product_takes_the_days_of_its_type():
    product_changes.set_default_days("MailboxLicense", by="command line", expire_days=180)

    plain = product_changes.create_product(**MADE)
    own = product_changes.create_product(**MADE | {"code": "BT-OWN"}, expire_days=30, validity_days=90)

    assert (plain.expire_days, plain.validity_days) == (180, 365)
    assert (own.expire_days, own.validity_days) == (30, 90)


def test_products_that_exist_keep_their_days():
    product_changes.set_default_days("MailboxLicense", by="command line", expire_days=180, validity_days=90)

    product = catalog.product_named("BT-MAILBOX")
    assert (product.expire_days, product.validity_days) == (365, 365)
    assert ("change", "expire_days", "365", "180") in entries("product_type")


def test_a_price_is_set_and_changed_in_minor_units():
    product = product_changes.create_product(**MADE)

    prices.set_price(product, currency="EUR", amount=1190, by="command line")
    prices.set_price(product, currency="EUR", amount=1250, by="command line")
    prices.set_price(product, currency="EUR", amount=1250, by="command line")
    prices.set_price(product, currency="JPY", amount=1900, by="command line")

    listed = {price.currency: price.amount for price in catalog.product_named("BT-SHORT").prices}
    assert listed == {"EUR": 1250, "JPY": 1900}
    told = [entry for entry in entries("product") if entry[0] == "price"]
    assert told == [("price", "EUR", None, "1190"), ("price", "EUR", "1190", "1250"), ("price", "JPY", None, "1900")]


def test_a_withdrawn_product_stands_last_and_says_why():
    product = catalog.product_named("BT-BUNDLE")
    assert catalog.why_not_orderable(product) is None

    product_changes.withdraw(product, by="command line")

    last = catalog.products()[-1]
    assert last.code == "BT-BUNDLE"
    assert "withdrawn" in catalog.why_not_orderable(last)
    with pytest.raises(Conflict):
        product_changes.withdraw(product, by="command line")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "a b"},
        {"code": "x" * 41},
        {"code": "\N{CYRILLIC SMALL LETTER A}"},
        {"name": " "},
        {"name": "x" * 121},
        {"name": "nul\0"},
        {"expire_days": 0},
        {"expire_days": 3651},
        {"validity_days": -1},
    ],
)
def test_nonsense_is_refused_and_nothing_is_made(wrong):
    with pytest.raises(InvalidInput) as refusal:
        product_changes.create_product(**MADE | wrong)

    assert refusal.value.field == next(iter(wrong))
    assert len(catalog.products()) == 2


@pytest.mark.parametrize("currency, amount", [("EURO", 1), ("eur", 1), ("", 1), ("EUR", -1), ("EUR", 10**12)])
def test_a_nonsensical_price_is_refused(currency, amount):
    product = catalog.product_named("BT-MAILBOX")

    with pytest.raises(InvalidInput):
        prices.set_price(product, currency=currency, amount=amount, by="command line")


def test_a_code_is_taken_once():
    product_changes.create_product(**MADE)

    with pytest.raises(Conflict):
        product_changes.create_product(**MADE | {"name": "Another"})
    assert db.session.scalar(db.select(db.func.count(Product.id)).where(Product.code == "BT-SHORT")) == 1


def test_a_sale_is_noted_once(world):
    asset = world.asset("synchronized")
    first = catalog.product(asset.product_id)
    with transaction():
        product_changes.note_sale([first.id], clock.now())
    noted = catalog.product(first.id).first_sold_at
    with transaction():
        product_changes.note_sale([first.id], clock.now())
    assert catalog.product(first.id).first_sold_at == noted


def test_what_was_sold_keeps_its_name_and_days(world):
    asset = world.asset("synchronized")
    product = catalog.product(asset.product_id)
    with transaction():
        product_changes.note_sale([product.id], clock.now())
    before = (asset.name, asset.expire_days, asset.unit_price)
    change = {"version": product.version, "price_of": {"EUR": PriceOf(1, None)}, "by": world.dora}
    with pytest.raises(InvalidInput) as refusal:
        product_changes.save_product(product, details={"name": "Another"}, **change)
    assert refusal.value.field == "name"
    assert product_changes.save_product(product, details={"expire_days": 30}, **change)
    again = world.find(type(asset), asset.id)
    assert (again.name, again.expire_days, again.unit_price) == before


def test_a_draft_is_not_orderable_until_it_is_published():
    draft = product_changes.create_product(**MADE, is_draft=True)
    assert "draft" in catalog.why_not_orderable(draft)
    product_changes.publish(draft, by="command line")
    assert catalog.why_not_orderable(catalog.product(draft.id)) is None
    with pytest.raises(Conflict):
        product_changes.publish(draft, by="command line")


@pytest.mark.parametrize(
    ("price", "margin", "markup"),
    [
        (PriceOf(760, 590), "22.4", "28.8"),
        (PriceOf(510, 520), "-2.0", "-1.9"),
        (PriceOf(0, 5), None, "-100.0"),
        (PriceOf(5, 0), "100.0", None),
        (PriceOf(5, None), None, None),
    ],
)
def test_margin_is_of_the_price_and_markup_of_the_cost(price, margin, markup):
    said = (margins.margin(price), margins.markup(price))
    assert tuple(each and str(each) for each in said) == (margin, markup)


def test_what_is_not_there_says_so():
    with pytest.raises(NotVisible):
        product_changes.create_product(**MADE | {"kind": "Nothing"})
    with pytest.raises(NotVisible):
        catalog.product_named("NOTHING")
