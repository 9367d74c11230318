"""An old backup, a copy, another life of the database: what was bought since is found, and not bought again.

The judge is the sandbox's journal, which no backup of ours takes back.
"""

import os
import shutil
import subprocess
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from portal import create_app
from portal.extensions import db
from portal.models import Asset, Connection, SignIn, Stray, WorkItem
from portal.services import backups, errors, freezing, lookups, unit
from tests.conftest import make_settings
from tests.postgres import tools_on_path
from tests.services.provisioning.shop import Shop


@pytest.fixture(autouse=True)
def own_tools(monkeypatch):
    """PostgreSQL's programs in the version of the tests' server; SQLite needs none."""
    monkeypatch.setenv("PATH", f"{tools_on_path()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def backup(shop, tmp_path):
    return Backup(shop, tmp_path / "nine-o-clock")


class Backup:
    def __init__(self, shop: Shop, path: Path):
        self._shop, self.path = shop, path

    def take(self) -> None:
        with self._shop.app.app_context():
            backups.back_up(self.path, by="command line")

    def restore(self, **how):
        with self._shop.app.app_context():
            return backups.restore(self.path, by="command line", **{"replaces": True} | how)


def test_what_was_bought_after_the_backup_is_not_bought_again(shop, work, sandbox, backup):
    reserved = shop.order()
    failed = _failed(shop, work, sandbox)
    with _not_yet(shop, reserved):
        backup.take()
    shop.press(failed)
    work.drain()
    lost = shop.order()
    work.drain()
    codes = {each: shop.code(each) for each in (reserved, failed, lost)}
    assert None not in codes.values()
    assert len(sandbox.control.purchases()) == 3

    backup.restore()
    assert (shop.status(reserved), shop.status(failed)) == ("synchronizing", "failed")
    assert shop.all(Asset, Asset.id == lost) == []
    work.drain()

    assert {each: shop.code(each) for each in (reserved, failed)} == {each: codes[each] for each in (reserved, failed)}
    assert [(stray.code, stray.quantity) for stray in shop.all(Stray)] == [(codes[lost], 25)]
    work.later(601)
    _release(shop)
    work.later(61)
    assert len(sandbox.control.purchases()) == 3


def test_nothing_is_sent_before_the_release(shop, work, sandbox, backup):
    asset_id = shop.order()
    backup.take()
    backup.restore()
    for _ in range(4):
        work.later(60)
    attempt = shop.attempt(asset_id)
    assert (attempt.state.value, attempt.send_number, attempt.tries) == ("reserved", 0, 0)
    assert (shop.connection().frozen_why, sandbox.control.purchases()) == ("restored", [])
    assert len(shop.alerts("frozen")) == 1

    work.later(600)
    _release(shop)
    work.drain()
    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1
    assert [alert.seen_at is None for alert in shop.alerts("frozen")] == [False]


def test_the_release_waits_for_a_look_up_that_began_after_the_quarantine(shop, work, sandbox, backup):
    _failed(shop, work, sandbox)
    backup.take()
    backup.restore()
    work.drain()
    with pytest.raises(errors.Conflict):
        _release(shop)
    work.later(590)
    with pytest.raises(errors.Conflict):
        _release(shop)
    work.later(11)
    _release(shop)
    with pytest.raises(errors.Conflict):
        _release(shop)


def test_a_look_up_without_an_answer_is_none(shop, work, sandbox, backup):
    _failed(shop, work, sandbox)
    backup.take()
    backup.restore()
    sandbox.control.fault("searchCoupons", "drop_before", times=None)
    for _ in range(8):
        work.later(120)
    with pytest.raises(errors.Conflict):
        _release(shop)

    sandbox.control.clear_faults()
    work.later(31)
    _release(shop)


def test_a_release_needs_a_reason(shop, backup):
    backup.take()
    backup.restore()
    with pytest.raises(errors.InvalidInput):
        _release(shop, reason="  ")


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_a_blind_server_needs_a_persons_word(shop, work, backup, server):
    asset_id = shop.order()
    backup.take()
    backup.restore()
    work.later(700)
    with pytest.raises(errors.InvalidInput):
        _release(shop)
    _release(shop, unsearched=True)
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_an_imported_asset_that_was_bought_since_is_found(shop, world, work, sandbox, backup):
    asset = world.asset("failed", attempts=0, imported_at=world.dana.created_at)
    world.edit(asset, reference="mrd-" + "1" * 32, created_at=asset.created_at - timedelta(days=30))
    backup.take()
    shop.press(asset.id)
    work.drain()
    code = shop.code(asset.id)

    backup.restore()
    work.drain()
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", code)


def test_a_second_coupon_of_a_recorded_asset_goes_to_the_surplus_register(shop, work, sandbox, backup):
    asset_id = shop.order()
    work.drain()
    backup.take()
    [coupon] = sandbox.control.coupons()
    sandbox.control.put_coupons([coupon | {"Code": "SBX-MORE-THAN-ONE-1", "Id": str(uuid.uuid4())}])
    backup.restore()
    work.drain()
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]


def test_a_backup_is_private_whole_and_never_written_over(shop, backup):
    backup.take()
    assert backup.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in backup.path.parent.iterdir() if each.name.startswith(".nine")] == []
    with pytest.raises(errors.InvalidInput):
        backup.take()
    assert shop.connection().backed_up_at is not None
    assert shop.connection().frozen_at is None


def test_a_database_with_something_in_it_is_not_restored_over_unasked(shop, backup):
    backup.take()
    asset_id = shop.order()
    with pytest.raises(errors.Conflict):
        backup.restore(replaces=False)
    assert shop.status(asset_id) == "synchronizing"
    assert shop.connection().frozen_at is None


def test_what_is_replaced_is_kept(shop, work, backup):
    backup.take()
    asset_id = shop.order()
    work.drain()
    code = shop.code(asset_id)
    kept = backup.restore().kept
    assert kept.stat().st_mode & 0o777 == 0o600

    Backup(shop, kept).restore()
    assert shop.code(asset_id) == code


def test_an_empty_database_takes_a_backup(shop, databases, settings, backup):
    asset_id = shop.order()
    backup.take()
    url = databases.empty()
    other = create_app(make_settings(url, settings.data_dir, SANDBOX_PORT=str(settings.sandbox_port)))
    try:
        with other.app_context():
            backups.restore(backup.path, by="command line")
            assert db.session.get(Asset, asset_id) is not None
            assert freezing.progress(_connection()).left == 1
            db.session.remove()
            db.engine.dispose()
    finally:
        databases.drop(url)


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_a_file_that_is_no_whole_backup_changes_nothing(shop, backup, damage):
    backup.take()
    content = backup.path.read_bytes()
    if damage == "cut":
        backup.path.write_bytes(content[: len(content) // 3])
    elif damage == "other":
        backup.path.write_bytes(b"a letter to somebody")
    else:
        backup.path.unlink()
    asset_id = shop.order()
    with pytest.raises(errors.DomainError):
        backup.restore()
    assert shop.status(asset_id) == "synchronizing"
    assert shop.connection().frozen_at is None


def test_a_backup_of_another_schema_is_refused(shop, backup):
    with shop.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0006_create_audit'"))
    backup.take()
    with pytest.raises(errors.InvalidInput) as refusal:
        backup.restore()
    assert "0006_create_audit" in refusal.value.message


def test_whoever_was_signed_in_then_signs_in_again(shop, browse, backup):
    browse("dana")
    backup.take()
    backup.restore()
    assert [row.ended_at is None for row in shop.all(SignIn, order=SignIn.created_at)] == [False]


def test_an_answer_that_comes_during_the_restore_is_not_given_to_another_asset(shop, work, sandbox, backup, sending):
    backup.take()
    lost = shop.order(quantity=7)
    sandbox.control.fault("createCoupon", "late", seconds=2.0)
    with sending(lost):
        backup.restore()
        other = shop.order(quantity=9)
        assert shop.attempt(other).id is not None
    assert shop.code(other) is None
    work.drain()
    assert [stray.quantity for stray in shop.all(Stray)] == [7]


@pytest.mark.sqlite
def test_a_backup_file_that_is_put_in_place_by_hand_is_frozen(shop, work, sandbox, backup, settings):
    asset_id = shop.order()
    backup.take()
    work.drain()
    code = shop.code(asset_id)
    _put_in_place(shop, backup.path)

    assert shop.connection().frozen_why == "backup"
    work.drain()
    assert (shop.code(asset_id), len(sandbox.control.purchases())) == (code, 1)


@pytest.mark.sqlite
def test_a_plain_copy_of_an_older_file_is_noticed_before_it_sends(shop, work, sandbox, tmp_path):
    first = shop.order()
    work.drain()
    second = shop.order()
    old = _copied(shop, tmp_path)
    work.drain()
    _put_in_place(shop, old)

    work.drain()
    assert shop.connection().frozen_why == "older"
    assert (shop.status(first), len(sandbox.control.purchases())) == ("synchronized", 2)
    work.drain()
    assert (shop.status(second), len(sandbox.control.purchases())) == ("synchronized", 2)


@pytest.mark.sqlite
def test_a_file_that_was_moved_without_its_mark_is_noticed(shop, work, sandbox):
    shop.order()
    work.drain()
    for mark in _file(shop).parent.glob("sent-*.mark"):
        mark.unlink()
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().frozen_why, shop.state(asset_id)) == ("copied", "reserved")
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.postgresql
def test_a_dump_that_is_restored_by_hand_is_noticed_before_it_sends(shop, work, sandbox, tmp_path):
    asset_id = shop.order()
    dump = _dumped(shop, tmp_path)
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


@pytest.mark.postgresql
def test_without_the_tools_it_says_what_is_missing(shop, backup, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(errors.Conflict) as refusal:
        backup.take()
    assert "pg_dump is not on PATH" in refusal.value.message


@pytest.mark.postgresql
def test_tools_that_are_older_than_the_server_are_named(shop, backup, monkeypatch, tmp_path):
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(errors.Conflict) as refusal:
        backup.take()
    assert "version 9," in refusal.value.message


def test_after_the_release_the_database_has_a_new_life(shop, work, backup):
    shop.order()
    work.drain()
    backup.take()
    before = shop.connection().birth
    backup.restore()
    work.later(601)
    _release(shop)
    assert shop.connection().birth != before
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "synchronized"
    assert shop.connection().frozen_at is None


def test_what_has_waited_for_a_minute_is_looked_up_before_its_first_send(shop, work, sandbox):
    """As it would be if an older backup came back and nobody noticed."""
    asset_id = shop.order()
    work.skip(61)
    with shop.app.app_context(), unit.writing():
        asset = unit.fresh(Asset, asset_id)
        asset.created_at -= timedelta(seconds=61)
        payload = lookups.order_of(shop.attempt(asset_id))
    bought = {
        "Code": "SBX-AT-TEN-O-CLOCK", "ExternalReference": payload.reference, "ProductSkuId": payload.sku_id,
        "OrganizationId": payload.organization_id, "Quantity": payload.quantity,
    }  # fmt: skip
    sandbox.control.put_coupons([bought])
    work.drain()
    assert (shop.code(asset_id), sandbox.control.purchases()) == ("SBX-AT-TEN-O-CLOCK", [])


def _failed(shop, work, sandbox) -> int:
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")
    waiting = shop.all(WorkItem)
    with shop.app.app_context(), unit.writing():
        for item in waiting:
            db.session.get(WorkItem, item.id).due_at += timedelta(hours=1)
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "failed"
    with shop.app.app_context(), unit.writing():
        for item in waiting:
            db.session.get(WorkItem, item.id).due_at -= timedelta(hours=1)
    return asset_id


class _not_yet:
    """Within the block nothing has been done yet about this asset; that is checked."""

    def __init__(self, shop, asset_id):
        self._shop, self._asset_id = shop, asset_id

    def __enter__(self):
        assert self._shop.state(self._asset_id) == "reserved"

    def __exit__(self, *_):
        assert self._shop.state(self._asset_id) == "reserved"


def _release(shop, reason="Compared with BitTitan’s own list.", **how) -> None:
    with shop.app.app_context():
        freezing.release(reason=reason, by=shop.dana, **how)


def _connection():
    return db.session.get(Connection, 1, populate_existing=True)


def _file(shop) -> Path:
    return Path(shop.app.config["PORTAL"].database_url.removeprefix("sqlite:///"))


def _copied(shop, folder: Path) -> Path:
    """As with cp, of a database at rest."""
    with shop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    return Path(shutil.copyfile(_file(shop), folder / "copy.db"))


def _put_in_place(shop, path: Path) -> None:
    with shop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    for suffix in ("-wal", "-shm"):
        Path(f"{_file(shop)}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(path, _file(shop))


def _dumped(shop, folder: Path) -> Path:
    path = folder / "by-hand"
    url = shop.app.config["PORTAL"].database_url
    subprocess.run(["pg_dump", "--format=custom", "--file", path, "--dbname", url], check=True)
    return path
