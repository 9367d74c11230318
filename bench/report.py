"""What was measured, as Markdown."""

import os
import platform
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.cases import Case
from bench.measure import Timing
from bench.provisioning import Provisioning
from portal.sqlite import VERSION

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench RECORD=1` -->", "<!-- end of figures -->"
PEERS = {"before": "before", "django": "Django admin", "flask-admin": "Flask-Admin"}
MOST_SLOWER = 1.05
"""Beside the portal of before: more is slower than noise explains."""
LARGEST_WORKER = {"sqlite": 50, "postgresql": 60}
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass
class Run:
    """One size on one database."""

    database: str
    size: int
    filled_in: float | None = None
    cases: list[Case] = field(default_factory=list)
    timings: dict[str, dict[str, Timing]] = field(default_factory=dict)
    """By case and target."""
    statements: dict[str, int] = field(default_factory=dict)
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    export_memory: float | None = None
    """MB that the portal's worker grew by while it exported, at its peak."""
    provisioning: Provisioning | None = None

    def ratio(self, case: str, target: str = "portal", of: str = "floor") -> float | None:
        found = self.timings[case]
        return found[target].p50 / found[of].p50 if target in found and of in found else None


def markdown(runs: list[Run], machine: str) -> str:
    parts = [machine]
    for run in runs:
        smaller = next((one for one in runs if one.database == run.database and one.size < run.size), None)
        parts.append(_section(run, smaller))
    parts.append(_verdicts(runs))
    return "\n\n".join(parts)


def record(text: str) -> None:
    page = DOCUMENT.read_text()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    DOCUMENT.write_text(f"{page[:start]}\n\n{text}\n\n{page[end:]}")


def machine(turns: int) -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = ("flask", "sqlalchemy", "gunicorn", "jinja2", "psycopg")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    busy = os.getloadavg()[1]
    return (
        f"Measured on {datetime.now(UTC):%-d %B %Y}: {os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), "
        f"{memory:.0f} GB, load {busy:.1f} at the end; Python {platform.python_version()}, "
        f"SQLite {VERSION}, {versions}; peers: {_peers()}. "
        f"Times in milliseconds, p50 of up to {turns} turns; in brackets the ratio to the floor."
    )


def _peers() -> str:
    pins = (Path(__file__).parent / "requirements.txt").read_text()
    found = re.findall(r"^(django|flask-admin)==(\S+)", pins, re.MULTILINE)
    return ", ".join(f"{name} {number}" for name, number in dict(reversed(found)).items())


def _section(run: Run, smaller: Run | None) -> str:
    peers = [name for name in PEERS if any(name in found for found in run.timings.values())]
    heads = ["page", "floor", "portal", "p99", *(PEERS[name] for name in peers), "SQL"]
    if smaller:
        heads.append("growth")
    lines = [f"### {TITLES[run.database]}, {run.size:,} assets", "", _line(heads), _line(["---"] * len(heads))]
    for case in run.cases:
        found = run.timings[case.name]
        cells = [case.title, _time(found["floor"].p50), _timed(run, case, "portal"), _time(found["portal"].p99)]
        cells += [_timed(run, case, name) if name in found else "" for name in peers]
        cells.append(str(run.statements[case.name]))
        if smaller:
            cells.append(f"{found['portal'].p50 / smaller.timings[case.name]['portal'].p50:.2f} ×")
        lines.append(_line(cells))
    return "\n".join([*lines, "", *_notes(run)])


def _notes(run: Run) -> list[str]:
    notes = []
    if run.filled_in:
        notes.append(f"- `flask demo --assets {run.size}` took {run.filled_in:.0f} s.")
    sizes = ", ".join(f"{name} {rss:.0f} / {pss:.0f}" for name, (rss, pss) in run.memory.items())
    notes.append(f"- Memory of a web worker after all of it, RSS / PSS in MB: {sizes}.")
    export = run.timings.get("csv", {}).get("portal")
    if export:
        first = 1000 * min(export.first_bytes)
        grown = "" if run.export_memory is None else f", peak memory {run.export_memory:.1f} MB above idle"
        notes.append(f"- CSV of everything: first byte after {first:.0f} ms{grown}.")
    if run.provisioning:
        it = run.provisioning
        notes.append(
            f"- Provisioning, {it.purchases} purchases, 16 at a time, sandbox at 50 ms: {it.portal_rate:.0f} a second "
            f"beside {it.pool_rate:.0f} of a plain pool ({it.portal_rate / it.pool_rate:.2f} ×), "
            f"{it.portal_cpu:.1f} ms of CPU a purchase."
        )
    return notes


def _verdicts(runs: list[Run]) -> str:
    lines = ["### What was to be reached", "", _line(["what", "to reach", "measured", ""]), _line(["---"] * 4)]
    largest = {database: max(run.size for run in runs if run.database == database) for database in TITLES
               if any(run.database == database for run in runs)}  # fmt: skip
    for run in runs:
        if run.size != largest[run.database]:
            continue
        smaller = next((one for one in runs if one.database == run.database and one.size < run.size), None)
        lines += [_line([f"{TITLES[run.database]}: {what}", wanted, measured, "met" if good else "**not met**"])
                  for what, wanted, measured, good in _judged(run, smaller)]  # fmt: skip
    return "\n".join(lines)


def _beside_before(run: Run):
    for case in run.cases:
        ratio = run.ratio(case.name, of="before")
        if ratio is not None:
            yield case.title, f"≤ {MOST_SLOWER} × before", f"{ratio:.2f} ×", ratio <= MOST_SLOWER


def _judged(run: Run, smaller: Run | None):
    yield from _beside_before(run)
    place = list(TITLES).index(run.database)
    for case in run.cases:
        yield from _case_judged(run, smaller, case, place)
    if "portal" in run.memory:
        most, pss = LARGEST_WORKER[run.database], run.memory["portal"][1]
        yield "memory of a web worker (PSS)", f"≤ {most} MB", f"{pss:.0f} MB", pss <= most
    if run.provisioning:
        rate, cpu = run.provisioning.portal_rate, run.provisioning.portal_cpu
        yield "provisioning", "≥ 130 a second", f"{rate:.0f} a second", rate >= 130
        yield "CPU a purchase", "≤ 3.5 ms", f"{cpu:.1f} ms", cpu <= 3.5


def _case_judged(run: Run, smaller: Run | None, case: Case, place: int):
    ratio, p50 = run.ratio(case.name), run.timings[case.name]["portal"].p50
    if case.reach and ratio:
        yield case.title, f"≤ {case.reach[place]} × the floor", f"{ratio:.2f} ×", ratio <= case.reach[place]
    if case.most_growth and smaller:
        growth = p50 / smaller.timings[case.name]["portal"].p50
        yield f"{case.title}, growth", f"≤ {case.most_growth} ×", f"{growth:.2f} ×", growth <= case.most_growth
    if case.most_of_first and "first" in run.timings:
        times = p50 / run.timings["first"]["portal"].p50
        yield (
            case.title,
            f"≤ {case.most_of_first} × the list of assets",
            f"{times:.2f} ×",
            times <= case.most_of_first,
        )
    if case.most_milliseconds:
        yield case.title, f"< {case.most_milliseconds} ms", f"{p50:.1f} ms", p50 < case.most_milliseconds
    if case.most_statements:
        most, count = case.most_statements, run.statements[case.name]
        yield f"{case.title}, SQL statements", f"≤ {most}", str(count), count <= most


def _timed(run: Run, case: Case, target: str) -> str:
    ratio, time = run.ratio(case.name, target), _time(run.timings[case.name][target].p50)
    return f"{time} ({ratio:.2f} ×)" if ratio < 10 else f"{time} ({ratio:,.0f} ×)"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:,.0f}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
