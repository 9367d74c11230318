"""The product types follow BitTitan's service definition; the distributor's own default days stay."""

import json

import pytest

from portal.core import errors
from portal.models import ProductType
from portal.sandbox.storage.shapes import SKUS
from portal.services import catalog
from portal.services.catalog import product_changes
from portal.services.connection import service_definition

pytestmark = pytest.mark.sqlite

MAILBOX, BUNDLE = SKUS


@pytest.fixture(autouse=True)
def in_context(app):
    with app.app_context():
        yield


@pytest.fixture
def answer(sandbox):
    """`answer(sku, …)`: what the next reading gets."""

    def put(*skus: dict) -> None:
        body = json.dumps({"Entities": list(skus)})
        sandbox.control.fault("listProductSkus", "answer", status=200, body=body, content_type="application/json")

    return put


def read() -> service_definition.CatalogChanges:
    return service_definition.read(by="command line")


def types() -> dict[str, ProductType]:
    return {kind.license_kind: kind for kind in catalog.product_types()}


def test_the_first_reading_makes_both_types(sandbox):
    assert sorted(read().added) == ["BitTitan Mailbox License", "BitTitan User Migration Bundle"]

    mailbox = types()["MailboxLicense"]
    assert (mailbox.sku_id, mailbox.max_quantity) == (MAILBOX["Id"], MAILBOX["MaxQuantity"])
    assert (mailbox.expire_days, mailbox.validity_days) == (365, 365)


def test_reading_again_changes_nothing(sandbox):
    read()

    assert read() == service_definition.CatalogChanges()


def test_a_new_name_is_taken_over_and_own_days_stay(sandbox, answer):
    read()
    product_changes.set_default_days("MailboxLicense", by="command line", expire_days=180)
    answer(MAILBOX | {"Name": "Mailbox License II", "MaxQuantity": 77}, BUNDLE)

    assert read() == service_definition.CatalogChanges(changed=["Mailbox License II"])
    mailbox = types()["MailboxLicense"]
    assert (mailbox.name, mailbox.max_quantity, mailbox.expire_days) == ("Mailbox License II", 77, 180)


def test_what_is_gone_cannot_be_ordered_until_it_is_back(world, sandbox, answer):
    answer(MAILBOX)
    assert read().gone == [BUNDLE["Name"]]
    assert "no longer sells" in catalog.why_not_orderable(catalog.product_named("BT-BUNDLE"))
    assert catalog.why_not_orderable(catalog.product_named("BT-MAILBOX")) is None

    assert read().added == [BUNDLE["Name"]]
    assert catalog.why_not_orderable(catalog.product_named("BT-BUNDLE")) is None


def test_types_may_exchange_their_skus(sandbox, answer):
    read()
    answer(MAILBOX | {"Id": BUNDLE["Id"]}, BUNDLE | {"Id": MAILBOX["Id"]})

    assert len(read().changed) == 2
    assert types()["MailboxLicense"].sku_id == BUNDLE["Id"]


def test_a_product_named_twice_is_not_taken(sandbox, answer):
    read()
    answer(MAILBOX, MAILBOX | {"Id": BUNDLE["Id"]})

    with pytest.raises(errors.Conflict):
        read()
    assert types()["UserMigrationBundle"].sku_id == BUNDLE["Id"]


def test_without_an_answer_nothing_changes(sandbox):
    read()
    sandbox.control.fault("listProductSkus", "drop_before")

    with pytest.raises(errors.Unavailable):
        read()
    assert all(kind.sku_id for kind in types().values())


def test_an_empty_answer_takes_nothing_out_of_sale(world, sandbox, answer):
    answer()
    with pytest.raises(errors.Conflict, match="is empty"):
        read()
    assert world.reload(world.mailbox).type.sku_id is not None
