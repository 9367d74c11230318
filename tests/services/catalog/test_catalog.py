"""Products: made of what BitTitan sells, priced in minor units, withdrawn but never lost."""

import pytest

from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.extensions import db
from portal.models import AuditEntry, Product
from portal.services import catalog

MADE = {"code": "BT-SHORT", "name": "Mailboxes, short project", "kind": "MailboxLicense", "by": "command line"}


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def entries(subject: str) -> list[tuple]:
    found = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id))
    return [(entry.act, entry.field, entry.before, entry.after) for entry in found]


def test_a_product_takes_the_days_of_its_type():
    catalog.set_default_days("MailboxLicense", by="command line", expire_days=180)

    plain = catalog.create_product(**MADE)
    own = catalog.create_product(**MADE | {"code": "BT-OWN"}, expire_days=30, validity_days=90)

    assert (plain.expire_days, plain.validity_days) == (180, 365)
    assert (own.expire_days, own.validity_days) == (30, 90)


def test_products_that_exist_keep_their_days():
    catalog.set_default_days("MailboxLicense", by="command line", expire_days=180, validity_days=90)

    product = catalog.product_named("BT-MAILBOX")
    assert (product.expire_days, product.validity_days) == (365, 365)
    assert ("change", "expire_days", "365", "180") in entries("product_type")


def test_a_price_is_set_and_changed_in_minor_units():
    product = catalog.create_product(**MADE)

    catalog.set_price(product, currency="EUR", amount=1190, by="command line")
    catalog.set_price(product, currency="EUR", amount=1250, by="command line")
    catalog.set_price(product, currency="EUR", amount=1250, by="command line")
    catalog.set_price(product, currency="JPY", amount=1900, by="command line")

    prices = {price.currency: price.amount for price in catalog.product_named("BT-SHORT").prices}
    assert prices == {"EUR": 1250, "JPY": 1900}
    told = [entry for entry in entries("product") if entry[0] == "price"]
    assert told == [("price", "EUR", None, "1190"), ("price", "EUR", "1190", "1250"), ("price", "JPY", None, "1900")]


def test_a_withdrawn_product_stands_last_and_says_why():
    product = catalog.product_named("BT-BUNDLE")
    assert catalog.why_not_orderable(product) is None

    catalog.withdraw(product, by="command line")

    last = catalog.products()[-1]
    assert last.code == "BT-BUNDLE"
    assert "withdrawn" in catalog.why_not_orderable(last)
    with pytest.raises(Conflict):
        catalog.withdraw(product, by="command line")


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
        catalog.create_product(**MADE | wrong)

    assert refusal.value.field == next(iter(wrong))
    assert len(catalog.products()) == 2


@pytest.mark.parametrize("currency, amount", [("EURO", 1), ("eur", 1), ("", 1), ("EUR", -1), ("EUR", 10**12)])
def test_a_nonsensical_price_is_refused(currency, amount):
    product = catalog.product_named("BT-MAILBOX")

    with pytest.raises(InvalidInput):
        catalog.set_price(product, currency=currency, amount=amount, by="command line")


def test_a_code_is_taken_once():
    catalog.create_product(**MADE)

    with pytest.raises(Conflict):
        catalog.create_product(**MADE | {"name": "Another"})
    assert db.session.scalar(db.select(db.func.count(Product.id)).where(Product.code == "BT-SHORT")) == 1


def test_what_is_not_there_says_so():
    with pytest.raises(NotVisible):
        catalog.create_product(**MADE | {"kind": "Nothing"})
    with pytest.raises(NotVisible):
        catalog.product_named("NOTHING")
