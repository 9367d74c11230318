"""`python -m bench.reconciliation [N] [sqlite|postgresql] [live|file …] [pages]`: one worker compares N coupons with N
assets, live and then from a file, or as often as it is told. Prints the processor's time and the memory of the worker;
with `pages` also how long pages take before and meanwhile.

The rows are those of the tests' small distributor (tests/build.py).
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import select, text

from bench import processes, reader
from bench.data import Data
from bench.places import PYTHON, ROOT
from bench.reader import Pages, Reader
from portal.extensions import db
from portal.models import ReconciliationRun
from portal.services.imports.coupon_lists import uploads
from portal.services.reconciliation.scanning import runs
from tests.apps import opened
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.sandbox_process import SandboxProcess
from tests.services.reconciliation.many import FIRST_ID, Many
from tests.services.shop import Shop
from tests.settings import make_settings

LOOK = 0.5
"""Seconds between two looks at the worker."""
ALONE = 15
"""Seconds of reading pages before a run."""
_KINDS = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}


@dataclass
class Watched:
    """A worker in the course of a run."""

    pid: int
    cpu: dict[str, float] = field(default_factory=dict)
    """By what the run was about."""
    memory: list[tuple[str, float]] = field(default_factory=list)
    peak: float = 0.0

    def look(self, state: str) -> None:
        now = processes.cpu(self.pid)
        self.cpu[state] = self.cpu.get(state, 0.0) + now - self._last
        self._last = now
        self.memory.append((state, processes.memory(self.pid)))

    def __post_init__(self) -> None:
        self._last = processes.cpu(self.pid)
        self.idle = processes.memory(self.pid)

    def say(self) -> None:
        self.peak = processes.peak(self.pid)
        parts = ", ".join(f"{state} {seconds:.1f}" for state, seconds in self.cpu.items())
        processes.say(f"worker: {sum(self.cpu.values()):.1f} s of the processor ({parts})")
        largest = ", ".join(f"{state} {max(m for s, m in self.memory if s == state):.0f}" for state in self.cpu)
        at_end = self.memory[-1][1]
        processes.say(f"worker: {self.idle:.0f} MB idle, {self.peak:.0f} at most, {at_end:.0f} at the end ({largest})")


def main(number: int, kind: str, sources: list[str], *, has_pages: bool) -> None:
    with tempfile.TemporaryDirectory() as name, SandboxProcess(Path(name), kind="searchable") as sandbox:
        folder = Path(name)
        databases = _KINDS[kind](folder)
        try:
            url = databases.create(with_world=True)
            data = Data(kind, number, folder, url, sandbox.port)
            with opened(make_settings(url, folder, SANDBOX_PORT=str(sandbox.port))) as app:
                many = Many(databases.world(app), number)
                shop = Shop(app, many.world)
                shop.connect()
                many.record()
                _analyze(app)
                many.put(sandbox)
                email, asset_id = many.world.dana.email, FIRST_ID + number // 2
                pages = reader.reading(data, email=email, asset_id=asset_id) if has_pages else nullcontext()
                with _worker(data) as worker, pages as somebody:
                    for source in sources:
                        processes.say(f"{kind}, {number:,}, {source}, load {os.getloadavg()[0]:.1f}")
                        _measure(app, worker, shop, many, source, somebody)
        finally:
            databases.close()


def _measure(
    app: Flask, worker: subprocess.Popen, shop: Shop, many: Many, source: str, somebody: Reader | None
) -> None:
    alone, meanwhile = somebody and somebody.read_for(ALONE), Pages()
    watched = Watched(worker.pid)
    with app.app_context():
        run_id = _begin(shop, many, source)
    begun = time.monotonic()
    while (state := _state(app, run_id)) not in ("done", "incomplete", "stopped"):
        watched.look(state)
        if somebody:
            somebody.read(meanwhile)
        else:
            time.sleep(LOOK)
    watched.look("last")
    processes.say(f"{state} after {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f}")
    watched.say()
    if somebody:
        reader.say(alone, meanwhile)


def _analyze(app: Flask) -> None:
    """As PostgreSQL does by itself, within a minute. Not of what a run fills."""
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE assets, coupons"))
            db.session.commit()


def _begin(shop: Shop, many: Many, source: str) -> int:
    by = shop.dana
    if source == "live":
        return runs.begin(by=by).id
    upload = uploads.receive(file=io.BytesIO("".join(many.lines()).encode()), name="coupons.csv", by=by)
    return uploads.compare(upload, version=upload.version, scoped=runs.EVERYTHING, is_whole=True, by=by).id


def _state(app: Flask, run_id: int) -> str:
    with app.app_context():
        return db.session.scalar(select(ReconciliationRun.state).where(ReconciliationRun.id == run_id)).value


@contextmanager
def _worker(data: Data) -> Iterator[subprocess.Popen]:
    env = data.env | {"PROVISIONING_RATE": "0"}
    process = subprocess.Popen([PYTHON, "-m", "flask", "worker"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()  # it is waiting for work
        time.sleep(2)
        yield process
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    words = sys.argv[3:]
    main(
        int((sys.argv[1:2] or ["20000"])[0]),
        (sys.argv[2:3] or ["sqlite"])[0],
        [word for word in words if word != "pages"] or ["live", "file"],
        has_pages="pages" in words,
    )
