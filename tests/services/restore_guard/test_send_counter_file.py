"""The file outside of the database that tells old copies: nothing is sent where it cannot be kept, and it is said."""

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.services.restore_guard import freeze, send_counter_file


@pytest.fixture
def mark(shop, work) -> Path:
    """Of a database that has sent once."""
    shop.order()
    work.drain()
    with shop.app.app_context():
        return send_counter_file.place() / f"sent-{shop.connection().instance_id}.mark"


def told(shop) -> dict:
    """Once a worker has looked around."""
    with shop.app.app_context():
        freeze.watch()
    return shop.app.test_client().get("/readyz").json


def a_folder_instead(mark: Path) -> Callable[[], None]:
    mark.rename(mark.with_suffix(".away"))
    mark.mkdir()
    return lambda: (mark.rmdir(), mark.with_suffix(".away").rename(mark))


def a_loop(mark: Path) -> Callable[[], None]:
    mark.rename(mark.with_suffix(".away"))
    mark.symlink_to(mark)
    return lambda: (mark.unlink(), mark.with_suffix(".away").rename(mark))


def no_folder(mark: Path) -> Callable[[], None]:
    """Unmounted, or never there; on PostgreSQL the database lives on."""
    away = mark.parent.with_name("away")
    mark.parent.rename(away)
    return lambda: away.rename(mark.parent)


def a_full_disk(mark: Path) -> Callable[[], None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    mark.unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)


on_postgresql = [pytest.param(each, marks=pytest.mark.postgresql) for each in (no_folder, a_full_disk)]


@pytest.mark.parametrize("trouble", [a_folder_instead, a_loop, *on_postgresql])
def test_where_the_mark_cannot_be_kept_nothing_is_sent_and_it_is_said(shop, work, sandbox, mark, trouble):
    assert told(shop)["guard"] == {"ok": True, "what": None}
    mend = trouble(mark)
    try:
        asset_id = shop.order()
        work.drain()
        assert (shop.state(asset_id), len(sandbox.control.purchases())) == ("reserved", 1)
        report = told(shop)
        assert report["status"] == "degraded"
        assert report["guard"]["ok"] is False
        assert str(mark) in report["guard"]["what"]
        assert "DATA_DIR" in report["guard"]["what"]
        assert report["freeze"]["ok"] is True
    finally:
        mend()
    assert told(shop)["guard"]["ok"] is True
    work.later(61)
    assert shop.status(asset_id) == "synchronized"


@pytest.mark.parametrize("content", [b"", b"\0" * 21, b"-1", b"many"])
def test_a_mark_that_says_nothing_freezes(shop, work, sandbox, mark, content):
    """It was there: this may be an old copy, on either database."""
    mark.write_bytes(content)
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().frozen_why, shop.state(asset_id)) == ("damaged", "reserved")
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.postgresql
def test_a_mark_that_was_removed_is_there_again_before_the_next_send(shop, work, mark):
    """As on a machine that is new; whether it is this database its server's own numbers tell."""
    before = mark.read_bytes()
    mark.unlink()
    (mark.parent / "sent-of-another.mark").write_text("9")
    told(shop)
    assert mark.read_bytes() == before
    shop.order()
    work.drain()
    assert int(mark.read_bytes()) == int(before) + 1


def test_a_number_that_was_not_kept_is_made_up_for(shop, mark):
    mark.write_bytes(b"0")
    told(shop)
    assert int(mark.read_bytes()) == 1


def test_no_writer_takes_a_mark_back(shop, mark):
    with shop.app.app_context():
        send_counter_file.write(shop.connection().instance_id, 7)
        send_counter_file.write(shop.connection().instance_id, 6)
    assert mark.read_bytes() == b"00000000000000000007\n"
    assert mark.stat().st_mode & 0o777 == 0o600


@pytest.mark.postgresql
def test_a_worker_without_its_folder_does_not_start(shop, settings):
    shutil.rmtree(settings.data_dir)
    refused = shop.app.test_cli_runner().invoke(args=["worker", "--once"])
    assert refused.exit_code == 5
    assert refused.stderr.startswith(f"The worker cannot start. {settings.data_dir} cannot be written (No such file")
    assert refused.stderr.count("\n") == 1


def test_a_worker_whose_folder_belongs_to_others_does_not_start(shop):
    with shop.app.app_context():
        folder = send_counter_file.place()
        folder.chmod(0o700)
        os.seteuid(65534)  # root may write anywhere
        try:
            with pytest.raises(send_counter_file.Lost, match="Permission denied"):
                send_counter_file.check_place()
        finally:
            os.seteuid(0)
        send_counter_file.check_place()
