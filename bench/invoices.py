"""`python -m bench.invoices [N] [sqlite|postgresql]`: a run of N invoices with their PDFs by one worker, and 20 people
who issue at once. Prints wall-clock and processor times, and the memory of the worker.

The rows are those of the tests' small distributor (tests/build.py), one delivered line for each of N accounts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from bench.places import PYTHON, ROOT
from portal.core import audit, billing_access, clock
from portal.extensions import db
from portal.models import Account, DocumentKind, Invoice, InvoiceDocument, InvoiceRun, SyncStatus
from portal.services.invoicing import issuing, runs
from tests.apps import opened
from tests.build import World
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.services.invoicing.conftest import Billing
from tests.settings import make_env, make_settings

PEOPLE, EACH = 20, 10
PAUSE = 2.0
TICKS = os.sysconf("SC_CLK_TCK")
_KINDS = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}


def main(count: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        databases = _KINDS[kind](Path(folder))
        try:
            url = databases.create(with_world=True)
            with opened(make_settings(url, Path(folder))) as app:
                billing = Billing(app, databases.world(app))
                billing.prepare()
                _say(f"{kind}, load {os.getloadavg()[0]:.1f}")
                _at_once(app, billing)
                _fill(billing.world, count)
                _run(app, make_env(url, Path(folder), TRUSTED_HOSTS="localhost"), count)
        finally:
            databases.close()


def _fill(world: World, count: int) -> None:
    with world.transaction():
        code = db.session.get(Account, world.partner.id).tax_code_id
        for number in range(count):
            account = world._account("partner", name=f"Bench {number}", country="GR", tax_code_id=code)
            world._asset(SyncStatus.SYNCHRONIZED, account, quantity=25)


def _run(app: Flask, env: dict[str, str], count: int) -> None:
    with app.app_context():
        run = runs.make(clock.today(), by=audit.COMMAND_LINE)
        before = _files()
    env |= {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {"FLASK_APP": "wsgi"}
    begun, memory = time.monotonic(), []
    worker = subprocess.Popen([PYTHON, "-m", "flask", "worker"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        while True:
            time.sleep(PAUSE)
            with app.app_context():
                state, made = db.session.scalar(select(InvoiceRun.state).where(InvoiceRun.id == run.id)), _files()
            memory.append((made - before, _memory(worker.pid)))
            if made - before >= count and state.value == "done":
                break
        took, cpu = time.monotonic() - begun, _cpu(worker.pid)
    finally:
        worker.terminate()
        worker.wait()
    _say(f"run of {count}: {took:.0f} s with PDFs, {1000 * cpu / count:.1f} ms of the processor each")
    _say(
        "memory of the worker, MB: "
        + ", ".join(f"{size:.0f} at {made}" for made, size in memory[:: max(1, len(memory) // 8)])
    )


def _files() -> int:
    rows = select(func.count()).select_from(InvoiceDocument).where(InvoiceDocument.kind == DocumentKind.PDF)
    return db.session.scalar(rows)


def _at_once(app: Flask, billing: Billing) -> None:
    drafts = [billing.draft()[0].id for _ in range(PEOPLE * EACH + EACH)]
    alone = drafts[PEOPLE * EACH :]
    times: list[float] = []
    cpu = time.process_time()
    for each in alone:
        _timed(app, lambda each=each: _issue(each), times)
    cpu = 1000 * (time.process_time() - cpu) / len(alone)
    _say(f"issue, alone: p50 {_ms(times, 50)} ms, p95 {_ms(times, 95)} ms, {cpu:.1f} ms of the processor")
    times = []
    threads = [
        threading.Thread(target=_crowd, args=(app, drafts[number * EACH : (number + 1) * EACH], times))
        for number in range(PEOPLE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _say(f"issue, {PEOPLE} at once: p50 {_ms(times, 50)} ms, p95 {_ms(times, 95)} ms")


def _crowd(app: Flask, drafts: list[int], times: list[float]) -> None:
    for each in drafts:
        _timed(app, lambda each=each: _issue(each), times)


def _issue(invoice_id: int) -> Invoice:
    row = billing_access.invoice_for_worker(invoice_id)
    return issuing.issue(row, version=row.version, by=audit.COMMAND_LINE)


def _timed(app: Flask, act: Callable[[], object], times: list[float]) -> None:
    with app.app_context():
        begun = time.monotonic()
        act()
        times.append(time.monotonic() - begun)


def _ms(times: list[float], percent: int) -> str:
    return f"{1000 * statistics.quantiles(times, n=100)[percent - 1]:.1f}"


def _memory(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["1000"])[0]), (sys.argv[2:3] or ["sqlite"])[0])
