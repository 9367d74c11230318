"""`python -m bench.invoices [N] [sqlite|postgresql]`: a run of N invoices with their PDFs by one worker, and 20 people
who issue at once. Prints wall-clock and processor times, and the memory of the worker.

The rows are those of the tests' small distributor (tests/build.py), one delivered line for each of N accounts.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import Engine, delete, event, func, select

from bench import processes
from bench.places import PYTHON, ROOT
from portal.core import audit, billing_access, clock
from portal.extensions import db
from portal.models import Account, DocumentKind, InvoiceDocument, Job, JobKind, SyncStatus
from portal.services.invoicing import issuing, runs
from tests.apps import opened
from tests.build import World
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.services.invoicing.conftest import Billing
from tests.settings import make_env, make_settings

PEOPLE, EACH = 20, 10
WEB, THREADS = 2, 4
"""As `make run` serves the web: processes, and threads of each."""
PAUSE = 2.0
IN_SERVICE = {"autovacuum": "on", "fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
"""Settings of PostgreSQL as it is installed; those of the tests suit databases that live for a second."""
_KINDS = {"sqlite": SQLiteDatabases, "postgresql": partial(PostgreSQLDatabases, **IN_SERVICE)}
_WORDS = {
    "took": "from the press to the number", "cpu": "of the processor", "open": "in the transaction",
    "held": "from the number to the commit, while others wait",
}  # fmt: skip
_numbered = threading.local()


class Issue(NamedTuple):
    """Seconds of one issue."""

    took: float
    cpu: float
    open: float
    held: float


def main(count: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        databases = _KINDS[kind](Path(folder))
        try:
            url = databases.create(with_world=True)
            with opened(make_settings(url, Path(folder))) as app:
                billing = Billing(app, databases.world(app))
                billing.prepare()
                processes.say(f"{kind}, load {os.getloadavg()[0]:.1f}")
                event.listen(Engine, "after_cursor_execute", _note_number)
                _at_once(app, billing)
                _fill(billing.world, count)
                _run(app, make_env(url, Path(folder), TRUSTED_HOSTS="localhost"), count)
        finally:
            databases.close()


def _fill(world: World, count: int) -> None:
    """What was issued before gets no PDF: those of the run are counted."""
    with world.transaction():
        db.session.execute(delete(Job).where(Job.kind == JobKind.INVOICE_PDF))
        code = db.session.get(Account, world.partner.id).tax_code_id
        for number in range(count):
            account = world._account("partner", name=f"Bench {number}", country="GR", tax_code_id=code)
            world._asset(SyncStatus.SYNCHRONIZED, account, quantity=25)


def _run(app: Flask, env: dict[str, str], count: int) -> None:
    with app.app_context():
        runs.make(clock.today(), by=audit.COMMAND_LINE)
    env |= {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {"FLASK_APP": "wsgi"}
    worker = subprocess.Popen([PYTHON, "-m", "flask", "worker"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        worker.stdout.readline()  # it is waiting for work
        begun, cpu, memory = time.monotonic(), processes.cpu(worker.pid), []
        while not memory or memory[-1][0] < count:
            time.sleep(PAUSE)
            side = _grandchildren(worker.pid)
            with app.app_context():
                memory.append((_files(), processes.memory(worker.pid), sum(map(processes.memory, side))))
        took, cpu = time.monotonic() - begun, processes.cpu(worker.pid) - cpu
        beside = sum(map(processes.cpu, side))
    finally:
        worker.terminate()
        worker.wait()
    each = f"{1000 * cpu / count:.1f} ms of the processor each, and {1000 * beside / count:.1f} beside the worker"
    processes.say(f"run of {count}: {took:.0f} s with PDFs, {each}")
    shown = memory[:: max(1, len(memory) // 12)]
    processes.say(
        "memory of the worker and beside it, MB: " + ", ".join(f"{own:.0f}+{more:.0f} at {n}" for n, own, more in shown)
    )


def _files() -> int:
    rows = select(func.count()).select_from(InvoiceDocument).where(InvoiceDocument.kind == DocumentKind.PDF)
    return db.session.scalar(rows)


def _at_once(app: Flask, billing: Billing) -> None:
    def drafts(count: int) -> list[int]:
        return [billing.draft()[0].id for _ in range(count)]

    times: list[Issue] = []
    for each in drafts(EACH):  # the first ones load what they need
        _issue(app, each, times, time.monotonic())
    times.clear()
    for each in drafts(PEOPLE * 2):
        _issue(app, each, times, time.monotonic())
    _say_issues("alone", times)
    _say_issues(f"{PEOPLE} at once, threads of one process", _of_threads(app, drafts(PEOPLE * EACH), PEOPLE))
    _say_issues(f"{PEOPLE} at once, {WEB} processes of {THREADS}", _of_processes(app, drafts(PEOPLE * EACH)))


def _of_threads(app: Flask, drafts: list[int], threads: int, start: Callable[[], object] = int) -> list[Issue]:
    """EACH times, all press in the same moment; each waits from then on."""
    times: list[Issue] = []
    with ThreadPoolExecutor(threads) as pool:
        together = len(drafts) // EACH
        for place in range(0, len(drafts), together):
            start()
            pressed = time.monotonic()
            waiting = [pool.submit(_issue, app, each, times, pressed) for each in drafts[place : place + together]]
            for each in waiting:
                each.result()
    return times


def _of_processes(app: Flask, drafts: list[int]) -> list[Issue]:
    forked = multiprocessing.get_context("fork")
    barrier, answers = forked.Barrier(WEB), forked.Queue()

    def child(share: list[int]) -> None:
        with app.app_context():
            db.engine.dispose(close=False)
        answers.put(_of_threads(app, share, THREADS, barrier.wait))

    children = [forked.Process(target=child, args=(drafts[number::WEB],)) for number in range(WEB)]
    for each in children:
        each.start()
    times = [issue for _ in children for issue in answers.get()]
    for each in children:
        each.join()
    return times


def _issue(app: Flask, invoice_id: int, times: list[Issue], pressed: float) -> None:
    with app.app_context():
        cpu, session = time.thread_time(), db.session()
        row = billing_access.draft_to_issue(invoice_id)
        at = []
        event.listen(session, "after_begin", lambda *_: at.append(time.monotonic()))
        event.listen(session, "after_commit", lambda *_: at.append(time.monotonic()))
        issuing.issue(row, version=row.version, by=audit.COMMAND_LINE)
        took, cpu = time.monotonic() - pressed, time.thread_time() - cpu
        times.append(Issue(took, cpu, at[-1] - at[-2], at[-1] - _numbered.at))


def _note_number(_connection, _cursor, statement: str, *_: object) -> None:
    if statement.startswith("UPDATE invoice_series"):
        _numbered.at = time.monotonic()


def _say_issues(what: str, times: list[Issue]) -> None:
    for name in Issue._fields:
        values = [getattr(each, name) for each in times]
        processes.say(f"issue, {what}: {_WORDS[name]} p50 {_ms(values, 50)} ms, p95 {_ms(values, 95)} ms")


def _ms(times: list[float], percent: int) -> str:
    return f"{1000 * statistics.quantiles(times, n=100)[percent - 1]:.1f}"


def _grandchildren(pid: int) -> list[int]:
    return [child for keeper in _children(pid) for child in _children(keeper)]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["1000"])[0]), (sys.argv[2:3] or ["sqlite"])[0])
