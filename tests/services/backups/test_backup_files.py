"""The files: private and whole, and put in place only where that is meant."""

import os

import pytest
from sqlalchemy import text

from portal.core import errors, private_files
from portal.core.audit import COMMAND_LINE
from portal.extensions import db
from portal.models import Asset, AuditEntry, SignIn
from portal.services import backups
from portal.services.restore_guard import freeze
from tests.apps import opened
from tests.services.restoring import Backup, connection
from tests.settings import make_settings


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
    with opened(make_settings(url, settings.data_dir, SANDBOX_PORT=str(settings.sandbox_port))) as other:
        with other.app_context():
            backups.restore(backup.path, by="command line")
            assert db.session.get(Asset, asset_id) is not None
            assert freeze.progress(connection()).left == 1
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


def test_a_backup_that_failed_is_not_on_record(shop, backup, monkeypatch):
    backup.take()
    taken_at = shop.connection().backed_up_at

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private_files, "publish", full)
    with pytest.raises(errors.Conflict, match="No space left"), shop.app.app_context():
        backups.back_up(backup.path.with_name("another"), by=COMMAND_LINE)
    assert shop.connection().backed_up_at == taken_at
    assert [each.act for each in shop.all(AuditEntry, order=AuditEntry.id)].count("backup") == 1


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
