import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from portal.sandbox.settings import SandboxSettings
from tests.sandbox.client import Client
from tests.sandbox_process import PORTAL, UNAVAILABLE, SandboxProcess, free_port

SANDBOX = PORTAL / "sandbox"


def run(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "sandbox", *options]
    return subprocess.run(command, cwd=PORTAL, capture_output=True, text=True, timeout=60, check=False)


def test_it_stops_although_an_answer_hangs(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        client = Client(sandbox)
        sandbox.control.fault("createCoupon", "timeout_after", seconds=300)
        with pytest.raises(requests.ReadTimeout):
            client.order(timeout=0.3)
        sandbox._process.send_signal(signal.SIGINT)
        assert sandbox._process.wait(60) == 0


def test_a_taken_port_is_said_in_one_sentence(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        ran = run("--port", str(sandbox.port), "--path", str(tmp_path / "other.db"))
    assert ran.returncode == UNAVAILABLE
    assert ran.stderr == (f"The sandbox cannot listen on 127.0.0.1 port {sandbox.port}: Address already in use.\n")


def test_a_file_that_cannot_be_used_is_said_in_one_sentence(tmp_path):
    ran = run("--port", str(free_port()), "--path", str(tmp_path))
    assert ran.returncode == UNAVAILABLE
    assert ran.stderr.startswith(f"The sandbox cannot use the file {tmp_path}: ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_quietly(tmp_path, how):
    sandbox = SandboxProcess(tmp_path).start()
    Client(sandbox).order()
    process = sandbox._process
    process.send_signal(how)
    assert process.wait(60) == 0
    sandbox.kill()
    assert sandbox.log.read_text() == ""


def test_nothing_of_a_call_is_logged(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        code = Client(sandbox).order().json()["Code"]
        Client(sandbox).get("/v1/coupons", params={"ExternalReference": code})
    assert sandbox.log.read_text() == ""


@pytest.mark.parametrize(
    "wrong", [{"kind": "other"}, {"delay_ms": -1}, {"port": "8377"}, {"ticket_seconds": 0}, {"rate": True}]
)
def test_settings_refuse_nonsense(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SandboxSettings(**wrong)


def test_the_command_line_refuses_nonsense():
    ran = run("--kind", "other")
    assert ran.returncode == 2
    assert "kind must be one of searchable, idempotent, blind" in ran.stderr


@pytest.mark.parametrize("module", sorted(SANDBOX.glob("*.py")), ids=lambda path: path.stem)
def test_it_imports_nothing_of_the_portal_and_reads_no_environment(module: Path):
    source = module.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert not (node.module or "").startswith("portal")
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("portal") for alias in node.names)
    assert "environ[" not in source.replace("self.environ[", "").replace("request.environ[", "")
    assert "getenv" not in source


def test_its_file_is_for_its_owner_alone(tmp_path):
    """One that others could read before, too, and what SQLite puts beside it."""
    (tmp_path / "open.db").touch(mode=0o644)
    for path in (tmp_path / "new" / "sandbox.db", tmp_path / "open.db"):
        with SandboxProcess(tmp_path, path=str(path)) as sandbox:
            Client(sandbox).order()
            files = sorted(path.parent.glob(f"{path.name}*"))
            assert [file.name for file in files] == [path.name, f"{path.name}-shm", f"{path.name}-wal"]
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
