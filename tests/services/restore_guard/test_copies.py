"""Copies that nobody restored through the portal: noticed before they send."""

import subprocess
from datetime import timedelta

import pytest

from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset
from portal.services.provisioning import lookups
from tests.services.restoring import copied, dumped, file_of, put_in_place, release


@pytest.mark.sqlite
def test_a_backup_file_that_is_put_in_place_by_hand_is_frozen(shop, work, sandbox, backup, settings):
    asset_id = shop.order()
    backup.take()
    work.drain()
    code = shop.code(asset_id)
    put_in_place(shop, backup.path)

    assert shop.connection().frozen_why == "backup"
    work.drain()
    assert (shop.code(asset_id), len(sandbox.control.purchases())) == (code, 1)


@pytest.mark.sqlite
def test_a_plain_copy_of_an_older_file_is_noticed_before_it_sends(shop, work, sandbox, tmp_path):
    first = shop.order()
    work.drain()
    second = shop.order()
    old = copied(shop, tmp_path)
    work.drain()
    put_in_place(shop, old)

    work.drain()
    assert shop.connection().frozen_why == "older"
    assert (shop.status(first), len(sandbox.control.purchases())) == ("synchronized", 2)
    work.drain()
    assert (shop.status(second), len(sandbox.control.purchases())) == ("synchronized", 2)


@pytest.mark.sqlite
def test_a_file_that_was_moved_without_its_mark_is_noticed(shop, work, sandbox):
    shop.order()
    work.drain()
    for mark in file_of(shop).parent.glob("sent-*.mark"):
        mark.unlink()
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().frozen_why, shop.state(asset_id)) == ("copied", "reserved")
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.postgresql
def test_a_dump_that_is_restored_by_hand_is_noticed_before_it_sends(shop, work, sandbox, tmp_path, backup):
    asset_id = shop.order()
    dump = dumped(shop, tmp_path)
    work.drain()
    code = shop.code(asset_id)
    assert code is not None

    with shop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    url = shop.app.config["PORTAL"].database_url
    subprocess.run(["pg_restore", "--clean", "--if-exists", "--dbname", url, dump], check=True)
    work.drain()
    assert shop.connection().frozen_why == "copied"
    work.drain()
    assert (shop.code(asset_id), len(sandbox.control.purchases())) == (code, 1)


def test_after_the_release_the_database_has_a_new_life(shop, work, backup):
    shop.order()
    work.drain()
    backup.take()
    before = shop.connection().instance_id
    backup.restore()
    work.later(601)
    release(shop)
    assert shop.connection().instance_id != before
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "synchronized"
    assert shop.connection().frozen_at is None


def test_what_has_waited_for_a_minute_is_looked_up_before_its_first_send(shop, work, sandbox):
    """As it would be if an older backup came back and nobody noticed."""
    asset_id = shop.order()
    work.skip(61)
    with shop.app.app_context(), transaction():
        asset = lock(Asset, asset_id)
        asset.created_at -= timedelta(seconds=61)
        payload = lookups.order_of(shop.attempt(asset_id))
    bought = {
        "Code": "SBX-AT-TEN-O-CLOCK", "ExternalReference": payload.reference, "ProductSkuId": payload.sku_id,
        "OrganizationId": payload.organization_id, "Quantity": payload.quantity,
    }  # fmt: skip
    sandbox.control.put_coupons([bought])
    work.drain()
    assert (shop.code(asset_id), sandbox.control.purchases()) == ("SBX-AT-TEN-O-CLOCK", [])
