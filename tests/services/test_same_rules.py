"""What one door refuses, all refuse: services that forms and commands call. Imports: tests/services/imports."""

import uuid

import pytest

from portal.core import access
from portal.core.errors import InvalidInput
from portal.models import AccountKind, Role
from portal.services import accounts, assets, ordering, users
from portal.services.catalog import product_changes


@pytest.fixture(autouse=True)
def _context(app_context):
    """Services are called directly."""


def new_account(world, **details):
    given = {"name": "New", "currency": "EUR"} | details
    return accounts.create(kind=AccountKind.CUSTOMER, parent_id=world.partner.id, details=given, by=world.dana).account


def edit_account(world, **details):
    return accounts.edit(world.customer, version=world.customer.version, details=details, by=world.dana)


def order(world, name):
    ids = {"account_id": world.customer.id, "product_id": world.mailbox.id}
    placed = ordering.place(key=str(uuid.uuid4()), quantity=1, name=name, by=world.dana, **ids)
    return access.visible_asset(world.dana, placed.lines[0].asset_id)


def save(world, name, asset=None):
    asset = access.visible_asset(world.dana, (asset or world.asset("failed")).id)
    return assets.save(
        asset, version=asset.version, by=world.dana, name=name, note="", expire_days=30, validity_days=30
    )


def rename(world, name):
    asset = access.visible_asset(world.dana, world.asset("synchronized").id)
    return assets.rename(asset, version=asset.version, by=world.dana, name=name)


def person(world, name):
    return users.create(account=world.customer, email="a@b.example", name=name, role=Role.VIEWER, by=world.dana)


DOORS = {
    "code of a new account": ("code", lambda world: new_account(world, code="1E+05")),
    "code of an account": ("code", lambda world: edit_account(world, code="#N/A")),
    "name of a new account": ("name", lambda world: new_account(world, name="#BEZUG!")),
    "name of an account": ("name", lambda world: edit_account(world, name="nan")),
    "address of an account": ("billing_email", lambda world: edit_account(world, billing_email="mailto:a@b.example")),
    "name of an asset": ("name", lambda world: save(world, "#NAME?")),
    "name of a licence": ("name", lambda world: rename(world, "TRUE")),
    "name in an order": ("name", lambda world: order(world, "1.23457E+15")),
    "name of a person": ("name", lambda world: person(world, "#N/A")),
    "name of a product": (
        "name",
        lambda world: product_changes.create_product(
            code="NEW", name="#REF!", kind=world.mailbox.type.license_kind, by=world.dana
        ),
    ),
    "a coupon code": ("code", lambda world: assets.clean_code("1.23457E+15")),
}  # fmt: skip


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("door", DOORS)
def test_what_a_spreadsheet_damaged_comes_in_by_no_door(world, door):
    field, act = DOORS[door]
    with pytest.raises(InvalidInput) as refusal:
        act(world)
    assert refusal.value.field == field


def test_what_is_recorded_already_is_not_judged_again(world):
    world.edit(world.customer, code="TRUE", name="#N/A")
    assert edit_account(world, code="TRUE", name="#N/A", vat_number="DE1").is_changed
    asset = world.asset("failed", name="#N/A")
    assert save(world, "#N/A", asset)
