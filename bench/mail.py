"""`python -m bench.mail [MAILS] [sqlite|postgresql] [SECONDS]`: purchases and pages beside so many mails that wait for
a server which takes its time, SECONDS for each mail.

Three rounds in one run: without mails, with them, and without them again, as other work on the machine strikes each of
them. In a round a worker buys PURCHASES coupons that were ordered before, and somebody reads pages. The rows are those
of the tests' small distributor (tests/build.py), and so is the server, which counts what it gets.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text, update

from bench import processes, reader
from bench.data import Data
from bench.places import PYTHON, ROOT
from bench.reader import Pages, Reader
from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Attempt, Job, JobKind, Message, MessageState
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About, Recipient
from tests.apps import opened
from tests.build import World
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.mail_server import MailServer, mail_server
from tests.sandbox_process import SandboxProcess
from tests.services.shop import Shop
from tests.settings import make_settings

PURCHASES = 300
READING = 20
"""Seconds of reading pages in a round, before the purchases are released."""
PATIENCE = 600
BATCH = 1_000
_KINDS = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}


def main(mails: int, kind: str, pause: float) -> None:
    with (
        tempfile.TemporaryDirectory() as name, mail_server() as (server, smtp),
        SandboxProcess(Path(name), kind="searchable") as sandbox,
    ):  # fmt: skip
        folder = Path(name)
        databases = _KINDS[kind](folder)
        try:
            url = databases.create(with_world=True)
            given = {"SMTP_URL": smtp, "MAIL_FROM": "licences@meridian.example", "PORTAL_URL": "https://portal.example"}
            data = _WithMail(kind, mails, folder, url, sandbox.port, given)
            with opened(make_settings(url, folder, SANDBOX_PORT=str(sandbox.port), **given)) as app:
                shop = Shop(app, databases.world(app))
                shop.connect()
                seen = shop.world.asset("synchronized").id
                with reader.reading(data, email=shop.world.dana.email, asset_id=seen) as somebody:
                    alone = _round(app, data, shop, somebody, server, "without mails")
                    _write_mails(app, shop.world, mails)
                    server.pause = pause
                    meanwhile = _round(app, data, shop, somebody, server, f"{mails:,} mails, {pause:g} s for each")
                    server.pause = 0
                    _give_up(app)
                    again = _round(app, data, shop, somebody, server, "without mails")
                    reader.say(_together(alone, again), meanwhile)
        finally:
            databases.close()


@dataclass(frozen=True)
class _WithMail(Data):
    """Its processes send to that server."""

    given: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return super().env | self.given | {"PROVISIONING_RATE": "0"}


def _round(app: Flask, data: Data, shop: Shop, somebody: Reader, server: MailServer, what: str) -> Pages:
    """Pages are read for a while, and on until everything is bought."""
    taken = len(server.taken)
    with app.app_context():
        first = (db.session.scalar(select(func.max(Attempt.id))) or 0) + 1
    for _number in range(PURCHASES):
        shop.order()
    _due(app, first, timedelta(days=1))
    with _worker(data) as worker:
        cpu, begun = processes.cpu(worker.pid), time.monotonic()
        pages = somebody.read_for(READING)
        _due(app, first, timedelta())
        released = time.monotonic()
        while _left(app, first) and time.monotonic() < released + PATIENCE:
            somebody.read(pages)
        cpu = processes.cpu(worker.pid) - cpu
        seconds = time.monotonic() - begun
    processes.say(f"{what}, load {os.getloadavg()[0]:.1f}")
    sent, waiting, lasted = len(server.taken) - taken, _waiting(app), _lasted(app, first)
    processes.say(f"  {PURCHASES} purchases in {lasted:.1f} s, {PURCHASES / lasted:.0f} a second")
    processes.say(f"  {sent} mails taken in {seconds:.0f} s, {waiting:,} wait; worker: {cpu:.1f} s of the processor")
    return pages


def _together(one: Pages, other: Pages) -> Pages:
    took = {name: one.took[name] + other.took[name] for name in one.took}
    return Pages(took, one.cpu + other.cpu, one.queued + other.queued)


def _give_up(app: Flask) -> None:
    """What still waits."""
    with app.app_context(), transaction():
        waits = update(Message).where(Message.state == MessageState.WAITING)
        db.session.execute(waits.values(state=MessageState.NOT_SENT), execution_options={"synchronize_session": False})


def _write_mails(app: Flask, world: World, number: int) -> None:
    asset = world.asset("failed")
    values = {
        "quantity": 5, "product": "Mailbox", "account": "Brightwood Dental", "asset": asset.name, "number": "AS-1",
        "link": "https://portal.example/bss/billing/assets/1",
    }  # fmt: skip
    to = Recipient("carl@brightwood.example", "Carl", "en")
    for first in range(0, number, BATCH):
        with app.app_context(), transaction():
            about = [About(f"bench-{each}", asset.account_id) for each in range(first, min(first + BATCH, number))]
            outbox.insert([outbox.written(events.FAILED, each, to, values, clock.now()) for each in about])
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE messages"))
            db.session.commit()


def _due(app: Flask, first: int, after: timedelta) -> None:
    with app.app_context(), transaction():
        at = clock.now() + after
        for statement in (
            update(Attempt).where(Attempt.id >= first).values(next_at=at),
            update(Job).where(Job.kind == JobKind.ADVANCE, Job.subject_id >= first).values(due_at=at),
        ):
            db.session.execute(statement, execution_options={"synchronize_session": False})


def _left(app: Flask, first: int) -> int:
    with app.app_context():
        is_open = (Attempt.id >= first, Attempt.settled_at.is_(None))
        return db.session.scalar(select(func.count()).select_from(Attempt).where(*is_open))


def _lasted(app: Flask, first: int) -> float:
    """Seconds from the first send to the last answer."""
    with app.app_context():
        times = select(func.min(Attempt.first_sent_at), func.max(Attempt.settled_at)).where(Attempt.id >= first)
        begun, ended = db.session.execute(times).one()
    return (ended - begun).total_seconds()


def _waiting(app: Flask) -> int:
    with app.app_context():
        waits = select(func.count()).select_from(Message).where(Message.state == MessageState.WAITING)
        return db.session.scalar(waits)


@contextmanager
def _worker(data: Data) -> Iterator[subprocess.Popen]:
    command = [PYTHON, "-m", "flask", "worker"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=data.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        process.stdout.readline()  # it is waiting for work
        yield process
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int((given[0:1] or ["10000"])[0]), (given[1:2] or ["sqlite"])[0], float((given[2:3] or ["1"])[0]))
