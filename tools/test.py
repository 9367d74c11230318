"""`make test`: style, migrations, and all tests on SQLite, on PostgreSQL and in a browser. Says in the end what failed.

Every step runs, whatever the others did: one look at the end tells all that is to be mended.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import browser
import reports
from install import PYTHON, ROOT, Failed, stop_on_signals

WORKERS = ["-n", "2", "--dist", "worksteal"]
"""Two runs at once have two more than two cores: on late answers, silent servers and processes that start or end
somebody always waits."""
SEED = ["--seed", "2026", "--hypothesis-seed", "2026"]
"""What is drawn by lot is drawn the same each time: a commit passes or fails by itself. `make torture` draws others."""
BROWSERS = ["-n", "2", "--dist", "loadfile"]
"""Who shares a portal stays together."""
ASK_NO_DATABASE = (
    *("architecture", "model/test_model.py", "model/test_rules.py", "providers", "sandbox", "core/test_csv_safe.py"),
    *("test_config.py", "test_log_lines.py", "test_log_masks.py"),
)
WITHOUT_DATABASE = [f"--ignore=tests/{part}" for part in ASK_NO_DATABASE]  # once is enough
DATABASE_OPTIONS = {"sqlite": [], "postgresql": ["--database", "postgresql", *WITHOUT_DATABASE]}
AT_ONCE = (("sqlite",), ("postgresql", "browser"))
"""Both take about the same time. One after the other, each run would end with cores that have nothing to do."""
# `db check` says whether the models hold something that no migration makes.
MIGRATIONS = [["-m", "flask", "db", "upgrade"], ["-m", "flask", "db", "check"]]
PROGRESS = re.compile(r"\[ *\d+%\]$")
Step = tuple[str, list]
_running: list[subprocess.Popen] = []
_printing, _is_stopped = threading.Lock(), threading.Event()


def main() -> int:
    os.chdir(ROOT)
    reports.clear()
    browser.ensure()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "SECRET_KEY": "a key for tests that no one guards", "FLASK_APP": "wsgi"}
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of the hundreds of processes would compile all modules
        failed = _run_at_once([[check] for check in _checks()]) + _run_at_once([map(_tests, lane) for lane in AT_ONCE])
    print("\n" + "=" * 40)
    ran = reports.main() == 0
    print(f"Failed: {', '.join(failed)}. Their words stand above." if failed else "All is well." * ran, flush=True)
    return 0 if ran and not failed else 1


def _checks():
    """What is loaded here is compiled for all workers of the runs that follow."""
    check = " && ".join(shlex.join([str(PYTHON), *command]) for command in MIGRATIONS)
    yield "lint", [PYTHON, "-m", "ruff", "check", "."]
    yield "format (`make format` mends it)", [PYTHON, "-m", "ruff", "format", "--check", "."]
    yield "all tests can be loaded", [PYTHON, "-m", "pytest", "-qq", "--collect-only", "tests"]
    yield "migrations on SQLite", ["sh", "-c", check]
    yield "migrations on PostgreSQL", [PYTHON, "-m", "tests.postgres", "--", "sh", "-c", check]


def _tests(name: str) -> Step:
    if name == "browser":
        return "browser tests", _pytest(name, *BROWSERS, "tests/e2e")
    return f"{name} tests", _pytest(name, *WORKERS, *DATABASE_OPTIONS[name], "--ignore=tests/e2e", "tests")


def _pytest(name: str, *options: str) -> list:
    return [PYTHON, "-m", "pytest", "-q", f"--junitxml={reports.path(name)}", *SEED, *options]


def _run_at_once(lanes: list[Iterable[Step]]) -> list[str]:
    """The steps of a lane one after the other. Returns the names of those that failed."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            return [name for failed in pool.map(_run_in_turn, lanes) for name in failed]
        except BaseException:
            _is_stopped.set()
            for process in _running:
                process.kill()
            raise


def _run_in_turn(steps: Iterable[Step]) -> list[str]:
    return [name for name, command in steps if not _is_stopped.is_set() and not _run(name, command)]


def _run(name: str, command: list) -> bool:
    """Shows how far it is; the rest of what it prints comes when it has ended, as others print meanwhile."""
    begun, output = time.monotonic(), []
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    )
    _running.append(process)
    for line in process.stdout:
        if PROGRESS.search(line.rstrip()):
            _print(f"{name:16} {line}")
        else:
            output.append(line)
    passed = process.wait() == 0
    _print(f"\n=== {name}\n{''.join(output)}=== {name}: {_outcome(passed, begun)}\n")
    return passed


def _print(text: str) -> None:
    with _printing:
        print(text, end="", flush=True)


def _outcome(passed: bool, begun: float) -> str:
    return f"{'passed' if passed else 'FAILED'} in {time.monotonic() - begun:.0f} s"


if __name__ == "__main__":
    stop_on_signals()
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
