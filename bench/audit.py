"""`python -m bench.audit [N] [sqlite|postgresql]`: the filters of the audit log over N entries, and what writing costs.

Prints medians in milliseconds: the statements of the first page, of the next, of the last, and the count. On SQLite,
which works in this process, the processor’s time counts, whatever else the machine does; on PostgreSQL the clock.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bench import processes
from portal.core import audit, clock
from portal.core.paging import Place
from portal.core.transaction import transaction
from portal.extensions import db
from portal.services import audit_log
from portal.services.audit_log import Filters, Group
from tests.apps import opened
from tests.build import World
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.settings import make_settings

TURNS = 9
BATCH = 500
"""Entries of one transaction."""
_KINDS = {"sqlite": SQLiteDatabases, "postgresql": PostgreSQLDatabases}
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (({n} - i) * 3) || ' seconds')",
    "postgresql": "now() - ({n} - i) * INTERVAL '3 seconds'",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, {n}))",
}
_ENTRIES = """
INSERT INTO audit_entries (at, actor_id, actor, via, subject, subject_id, act, field)
{numbers} SELECT {at},
    CASE WHEN i % 10 IN (1, 2) THEN {dana} WHEN i % 10 = 3 THEN {vera} WHEN i % 10 < 9 THEN {dora} END,
    CASE WHEN i % 10 IN (1, 2) THEN 'Dana' WHEN i % 10 = 3 THEN 'Vera' WHEN i % 10 < 9 THEN 'Dora'
        WHEN i % 1000 = 999 THEN 'command line' ELSE 'worker' END,
    CASE WHEN i % 10 IN (4, 5) THEN 'worker' END,
    CASE WHEN i % 500 = 4 THEN 'company' WHEN i % 10 IN (3, 6) THEN 'order' ELSE 'asset' END,
    i % ({n} / 10) + 1,
    CASE WHEN i % 100 = 7 THEN 'reveal' ELSE 'sync' END,
    CASE WHEN i % 10 = 5 THEN 'code' ELSE 'sync_status' END
FROM n
"""
"""Dana has a fifth, none of them about codes; Vera a tenth, none about settings."""


def main(number: int, kind: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        databases = _KINDS[kind](Path(name))
        try:
            url = databases.create(with_world=True)
            with opened(make_settings(url, Path(name))) as app, app.app_context():
                world = databases.world(app)
                processes.say(f"{kind}, {number:,} entries, load {os.getloadavg()[0]:.1f}")
                _fill(number, kind, world)
                _write(world)
                for name, filters in _filters(world).items():
                    _measure(name, filters)
        finally:
            databases.close()


def _fill(number: int, kind: str, world: World) -> None:
    begun = time.monotonic()
    people = {"dana": world.dana.id, "dora": world.dora.id, "vera": world.vera.id}
    parts = {part: text.format(n=number) for part, text in (("at", _AT[kind]), ("numbers", _NUMBERS[kind]))}
    with transaction():
        db.session.execute(text(_ENTRIES.format(n=number, **parts, **people)))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if kind == "sqlite" else "VACUUM ANALYZE audit_entries"))
    processes.say(f"filled in {time.monotonic() - begun:.0f} s")


def _write(world: World) -> None:
    def write() -> None:
        with transaction():
            for number in range(BATCH):
                audit.record(
                    "asset", number, "sync", by=audit.ForPerson(world.dana), field="sync_status", after="failed"
                )

    processes.say(f"writing: {_median(write) / BATCH * 1000:.0f} µs an entry, {BATCH} in a transaction")


def _filters(world: World) -> dict[str, Filters]:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    day = {"first": midnight - timedelta(days=1), "end": midnight}
    dana, vera, worker = {"person_id": world.dana.id}, {"person_id": world.vera.id}, {"process": audit.WORKER}
    given = {
        "none": {},
        "a day": day,
        "a person": dana,
        "a person, a day": dana | day,
        "a person and codes, of which there are none": dana | {"group": Group.CODES},
        "a person and codes revealed, of which there are none": dana | {"group": Group.REVEALS},
        "a person and settings, of which there are none": vera | {"group": Group.SETTINGS},
        "a person and assets, a day": dana | day | {"group": Group.ASSETS},
        "the worker by itself, a day": worker | day,
        "the worker by itself and settings, of which there are none": worker | {"group": Group.SETTINGS},
        "command line": {"process": audit.COMMAND_LINE},
        "settings": {"group": Group.SETTINGS},
        "codes": {"group": Group.CODES},
        "codes revealed": {"group": Group.REVEALS},
        "an asset": {"about": ("asset", 7)},
    }
    return {name: Filters(**filters) for name, filters in given.items()}


def _measure(name: str, filters: Filters) -> None:
    shown = audit_log.page(filters, Place())
    places = [Place(), Place(after=shown.after) if shown.after else None, Place(is_last=True)]
    times = [place and _median(lambda place=place: audit_log.page(filters, place)) for place in places]
    times.append(_median(lambda: audit_log.count(filters)))
    processes.say(f"| {name} | " + " | ".join(f"{each:.1f} ms" if each else "–" for each in times) + " |")


def _median(act: Callable[[], object]) -> float:
    times, now = [], time.process_time if db.engine.dialect.name == "sqlite" else time.perf_counter
    for _turn in range(TURNS):
        db.session.rollback()
        begun = now()
        act()
        times.append((now() - begun) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["100000"])[0]), (sys.argv[2:3] or ["sqlite"])[0])
