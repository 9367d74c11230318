"""Each kind of process opens files with an SQLite that loses nothing, or without a write-ahead log."""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
import requests

from portal import sqlite
from tests.apps import opened
from tests.e2e.portal_process import PortalProcess
from tests.settings import ROOT, make_env, make_settings

pytestmark = pytest.mark.sqlite
MODES = {b"\x01\x01": "delete", b"\x02\x02": "wal"}


@pytest.mark.parametrize(
    "version, mended",
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_which_versions_may_keep_a_log(version, mended):
    assert sqlite.is_mended(version) is mended


def hide(monkeypatch, *names: str) -> None:
    monkeypatch.setenv("HIDDEN", ",".join(names))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'tests' / 'hidden'}{os.pathsep}{ROOT}")


def mode_of(path: str | Path) -> str:
    """As the file itself says; no SQLite opens it."""
    return MODES[Path(path).read_bytes()[18:20]]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | (env or {}), capture_output=True, text=True, check=True)


WITHOUT = [pytest.param(("pysqlite3",), id="without pysqlite3")]
"""Where it has no wheel, this is all there is."""
WITH = [pytest.param(("sqlite3", "_sqlite3"), id="with pysqlite3")] if "pysqlite3" in sqlite.sqlite3.__name__ else []


@pytest.fixture(params=WITHOUT + WITH)
def driver(request, monkeypatch) -> tuple[str, str]:
    """What children have: the mended one and none beside it, or Python's own alone, as on Linux on arm64. Its version,
    and the mode it may use."""
    hide(monkeypatch, *request.param)
    return _driver(request.param)


@cache
def _driver(hidden: tuple[str, ...]) -> tuple[str, str]:
    """Asked once for each: it depends on what is hidden alone."""
    said = run("-c", "from portal import sqlite; print(sqlite.VERSION, sqlite.JOURNAL.lower())").stdout
    return tuple(said.split())


def test_web_worker_sandbox_and_commands_buy_back_up_and_restore(databases, tmp_path, driver):
    """The file comes from a process that kept a log. A person presses, and everything is read meanwhile."""
    version, mode = driver
    url = databases.create(with_world=True)
    path = Path(url.removeprefix("sqlite:///"))
    with opened(make_settings(url, tmp_path)) as app:
        asset = databases.world(app).asset("failed")
    assert mode_of(path) == sqlite.JOURNAL.lower()
    with PortalProcess(url, tmp_path) as server:
        server.flask("assets", "resync", asset.number)
        until = time.monotonic() + 30
        while (ready := health(server))["queue"]["seconds_since_oldest_waiting_attempt"] is not None:
            assert time.monotonic() < until, server.log("worker")
            time.sleep(0.1)
        assert ready["database"] == {"ok": True, "kind": "sqlite", "version": version, "journal_mode": mode}
        assert len(server.sandbox.control.purchases(asset.reference)) == 1
        server.flask("backup", str(tmp_path / "backup"))
        assert health(server)["status"] == "ok"
        server.flask("restore", str(tmp_path / "backup"), "--replace")
        assert {mode_of(path), mode_of(server.sandbox.path)} == {mode}
        for log in ("web", "worker", "sandbox"):
            assert ("journal_mode=DELETE" in server.log(log)) == (mode == "delete"), log
    assert mode_of(tmp_path / "backup") == "delete"
    databases.drop(url)


def health(server: PortalProcess) -> dict:
    return requests.get(f"{server.url}/readyz", timeout=5).json()


def test_the_demo_and_its_fast_load(databases, tmp_path, driver):
    url = databases.create()
    run("-m", "flask", "demo", "--assets", "100", env=make_env(url, tmp_path) | {"FLASK_APP": "wsgi"})
    assert {mode_of(url.removeprefix("sqlite:///")), mode_of(tmp_path / "sandbox.db")} == {driver[1]}
    databases.drop(url)


def test_an_engine_without_a_safe_log_writes_to_no_file_that_has_one(databases, tmp_path, monkeypatch):
    """Somebody else put the file into WAL mode while it was in use."""
    url = databases.create(with_world=True)
    hide(monkeypatch, "pysqlite3")
    writes = """
        import sys
        from portal import create_app, sqlite
        from portal.extensions import db
        from portal.core.transaction import lock, transaction
        from sqlalchemy import text
        sqlite.MAY_LOG, sqlite.JOURNAL = False, "DELETE"
        app = create_app()
        with app.app_context():
            def write():
                with transaction():
                    db.session.execute(text("UPDATE accounts SET version = version + 1"))
            write()
            print("written", flush=True)
            sys.stdin.readline()
            try:
                write()
            except Exception as failure:
                print(failure)
    """
    env = make_env(url, tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", "\n".join(line[8:] for line in writes.splitlines())], cwd=ROOT, env=os.environ | env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "written\n"
        other = sqlite.sqlite3.connect(url.removeprefix("sqlite:///"))
        assert other.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal"
        told, _ = child.communicate("go on\n", timeout=30)
        other.close()
    assert "another process uses the file in WAL mode" in told
    databases.drop(url)
