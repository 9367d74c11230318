"""`make check`: style, floors, and the tests of what changed since the branch left main, in less than a minute.

A changed test is run itself. Of a changed module or template it is the tests that import it, and those that stand at
its place below tests/: at most MOST files, the nearest first. `make test` runs everything.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from install import PYTHON, ROOT, stop_on_signals

MOST = 12
SLOW = {"e2e", "proof", "torture", "bench"}
"""Folders below tests/ that take longer than a minute."""
TESTS = ROOT / "tests"


def main() -> int:
    os.chdir(ROOT)
    begun = time.monotonic()
    selected = select(changed_files())
    tests, left_out = selected[:MOST], selected[MOST:]
    commands = [
        [PYTHON, "-m", "ruff", "check", "--quiet", "."],
        [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
        [PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "tests/architecture", *tests],
    ]
    print(f"Style, floors and {len(tests)} test files: {' '.join(_relative(test) for test in tests)}", flush=True)
    passed = all([subprocess.call(command) == 0 for command in commands])
    if left_out:
        print(f"{len(left_out)} further files that have to do with the changes are left to `make test`.")
    print(f"{'All is well' if passed else 'Failed'}, after {time.monotonic() - begun:.0f} s.")
    return 0 if passed else 1


def changed_files() -> list[Path]:
    """Since the branch left main, and what is not committed yet; on main itself only the latter."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    names = _git("diff", "--name-only", base[0]) + _git("ls-files", "--others", "--exclude-standard")
    return [ROOT / name for name in names]


def select(changed: list[Path]) -> list[Path]:
    """The tests to run, the nearest to the changes first."""
    changed_tests = [path for path in changed if _is_test(path)]
    modules = [path for path in changed if path.is_relative_to(ROOT / "portal") and path.suffix == ".py"]
    templates = [path for path in changed if path.is_relative_to(ROOT / "templates")]
    neighbours = [test for path in (*modules, *templates) for test in _tests_at_place(path)]
    return list(dict.fromkeys([*changed_tests, *_importers(modules), *neighbours]))


def _importers(modules: list[Path]) -> list[Path]:
    names = [".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for module in modules]
    patterns = [_import_of(*name.rsplit(".", 1)) for name in names if "." in name]
    tests = [path for path in sorted(TESTS.rglob("test_*.py")) if _is_test(path)]
    return [test for test in tests if any(pattern.search(test.read_text()) for pattern in patterns)]


def _import_of(package: str, name: str) -> re.Pattern:
    package = re.escape(package)
    return re.compile(rf"^\s*(from {package} import .*\b{name}\b|(from|import) {package}\.{name}\b)", re.MULTILINE)


def _tests_at_place(path: Path) -> list[Path]:
    """Those of the same folder as a module or template, or of the folder's name; else one level up."""
    place = path.relative_to(ROOT).with_suffix("").relative_to(path.relative_to(ROOT).parts[0])
    for own in (place, *place.parents[:-1]):
        folder = TESTS / own.parent
        beside = [folder / f"test_{own.name}.py", *sorted(folder.glob(f"test_{own.name}_*.py"))]
        found = [test for test in (*beside, *sorted((TESTS / own).glob("test_*.py"))) if _is_test(test)]
        if found:
            return found
    return []


def _is_test(path: Path) -> bool:
    is_named_so = path.is_relative_to(TESTS) and path.name.startswith("test_") and path.suffix == ".py"
    return is_named_so and path.is_file() and path.relative_to(TESTS).parts[0] not in SLOW | {"architecture"}


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _git(*arguments: str) -> list[str]:
    """The lines of its answer; none where it fails."""
    result = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=ROOT)
    return result.stdout.splitlines() if result.returncode == 0 else []


if __name__ == "__main__":
    stop_on_signals()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
