import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.client import Client
from tests.sandbox_process import SandboxProcess

CONTRACT = Path(__file__).resolve().parents[2] / "portal" / "sandbox" / "bittitan.yaml"
# An order may break a rule that no schema can state, as more licences than the product allows. 422 says so.
CONFIG = """
[[operations]]
include-operation-id = "createCoupon"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429", "5xx"]
"""


@pytest.mark.parametrize("kind", ["searchable", "idempotent", "blind"])
def test_schemathesis_finds_nothing(tmp_path, kind):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    contract = tmp_path / "bittitan.yaml"
    shutil.copy(CONTRACT, contract)
    # Schemathesis counts a 501 as a crash, which the contract lets a blind server answer.
    unless_blind = ["--exclude-operation-id", "searchCoupons", "--exclude-operation-id", "getCoupon"]
    options = [
        "--checks",
        "all",
        "--max-examples",
        "8",
        "--seed",
        "1",
        "--generation-deterministic",
        "--no-color",
    ]
    options += ["--phases", "coverage,fuzzing" if kind != "searchable" else "coverage,fuzzing,stateful"]
    options += unless_blind if kind == "blind" else []
    with SandboxProcess(tmp_path, kind=kind) as sandbox:
        ticket = Client(sandbox).headers["Authorization"]
        command = [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(config),
            "run",
            str(contract),
        ]
        command += ["--url", sandbox.url, "--header", f"Authorization: {ticket}", *options]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert sandbox.log.read_text() == ""
