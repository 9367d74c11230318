"""One module decides which SQLite opens a file: Python's own may lose what was committed."""

import re
from collections.abc import Iterator

from tests.architecture.source import ROOT, report

DECIDES = ("portal/sqlite.py", "portal/sandbox/storage/sqlite.py")
FOLDERS = ("portal", "tools", "bench", "tests", "migrations")
IMPORTS = re.compile(r"^\s*(import|from)\s+_?(py)?sqlite3\b", re.MULTILINE)
ENGINE = re.compile(r"\bcreate_engine\((?![^)]*\bmodule=)")


def _found(what: re.Pattern) -> Iterator[str]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8") if ".venv" not in path.parts else ""
            yield from (f"{path.relative_to(ROOT)}: {it[0].strip()}" for it in what.finditer(text))


def test_nobody_else_takes_a_driver():
    faults = list(_found(IMPORTS))
    assert not faults, report(f"{DECIDES[0]} has the driver:", faults)


def test_each_engine_is_told_its_driver():
    """Or SQLAlchemy takes Python's own."""
    faults = list(_found(ENGINE))
    assert not faults, report("create_engine(…, module=…):", faults)


def test_the_sandbox_has_the_same():
    one, other = ((ROOT / path).read_text() for path in DECIDES)
    assert one == other, f"copy {DECIDES[0]} to {DECIDES[1]}"
