"""Purchases: the portal's worker beside a plain pool of `requests` sessions, against one sandbox in the same run."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import local
from uuid import uuid4

import requests

from bench.data import Data
from bench.places import PYTHON, ROOT

THREADS = 16
DELAY_MS = 50


@dataclass(frozen=True)
class Provisioning:
    purchases: int
    pool_rate: float
    """Purchases a second."""
    portal_rate: float
    portal_cpu: float
    """Milliseconds of the worker process for each purchase."""


def measure(data: Data, purchases: int) -> Provisioning:
    """The pool before and after; the portal in between."""
    env = data.env | {"WORKER_THREADS": str(THREADS), "PROVISIONING_RATE": "0"}
    with _sandbox(data) as url:
        _portal(env, "order", str(purchases))
        before = _pool(url, purchases)
        with _process([PYTHON, "-m", "flask", "worker"], env, data.folder / "worker.log") as worker:
            cpu = _buy_all(env, worker)
        rate = float(_portal(env, "rate", str(purchases)))
        after = _pool(url, purchases)
    return Provisioning(purchases, (before + after) / 2, rate, 1000 * cpu / purchases)


def _pool(url: str, purchases: int) -> float:
    here = local()
    ticket = requests.post(
        f"{url}/v1/tickets", json={"EmailAddress": "portal@distributor.example", "Password": "sandbox"}, timeout=10
    ).json()
    sku = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01"
    headers = {"Authorization": f"Ticket {ticket['Ticket']}"}

    def buy(_number: int) -> None:
        if not hasattr(here, "session"):
            here.session = requests.Session()
        reference = f"pool-{uuid4()}"
        order = {
            "ProductSkuId": sku, "Quantity": 10, "ExpireDays": 365, "ValidityDays": 365,
            "OrganizationId": ticket["OrganizationId"], "ExternalReference": reference, "Label": reference,
        }  # fmt: skip
        answer = here.session.post(f"{url}/v1/coupons", json=order, headers=headers, timeout=30)
        answer.raise_for_status()

    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(buy, range(purchases)))
    return purchases / (time.perf_counter() - begun)


def _buy_all(env: dict[str, str], worker: subprocess.Popen) -> float:
    """The processor's seconds for it; what the worker's start took is left out."""
    _until(env, worker, lambda left: left >= 0)
    time.sleep(2)
    before = _cpu(worker.pid)
    _portal(env, "release")
    _until(env, worker, lambda left: left == 0)
    return _cpu(worker.pid) - before


def _until(env: dict[str, str], worker: subprocess.Popen, is_so: Callable[[int], bool]) -> None:
    deadline = time.monotonic() + 300
    while not is_so(int(_portal(env, "left"))):
        if time.monotonic() > deadline or worker.poll() is not None:
            raise RuntimeError("the worker did not buy everything")
        time.sleep(0.5)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _portal(env: dict[str, str], *arguments: str) -> str:
    command = [PYTHON, "-m", "bench.purchases", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@contextmanager
def _sandbox(data: Data):
    url = f"http://127.0.0.1:{data.sandbox_port}"
    command = [
        sys.executable, "-m", "sandbox", "--port", str(data.sandbox_port), "--delay-ms", str(DELAY_MS), "--path",
        str(data.folder / "sandbox.db"),
    ]  # fmt: skip
    with _process(command, data.env, data.folder / "sandbox.log", ROOT / "portal"):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{url}/v1/health", timeout=1).ok:
                    break
            except requests.RequestException:
                time.sleep(0.05)
        yield url


@contextmanager
def _process(command: list, env: dict[str, str], log: Path, folder: Path = ROOT):
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
