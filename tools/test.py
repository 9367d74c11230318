"""`make test`: style, migrations, and all tests on SQLite, on PostgreSQL and in a browser. Says in the end what failed.

Every step runs, whatever the others did: one look at the end tells all that is to be mended.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time

import browser
import reports
from install import PYTHON, ROOT, Failed, stop_on_signals

WORKERS = ["-n", "4", "--dist", "worksteal"]
"""Two more than two cores: on late answers, silent servers and processes that start or end somebody always waits."""
SEED = ["--seed", "2026", "--hypothesis-seed", "2026"]
"""What is drawn by lot is drawn the same each time: a commit passes or fails by itself. `make torture` draws others."""
BROWSERS = ["-n", "3", "--dist", "loadfile"]
"""Who shares a portal stays together; one of them looks at the pages of the staff for most of the time."""
ASK_NO_DATABASE = (
    *("architecture", "model/test_model.py", "model/test_rules.py", "providers", "sandbox", "core/test_csv_safe.py"),
    *("test_config.py", "test_log_lines.py", "test_log_masks.py"),
)
WITHOUT_DATABASE = [f"--ignore=tests/{part}" for part in ASK_NO_DATABASE]  # once is enough
DATABASE_OPTIONS = {"sqlite": [], "postgresql": ["--database", "postgresql", *WITHOUT_DATABASE]}
# `db check` says whether the models hold something that no migration makes.
MIGRATIONS = [["-m", "flask", "db", "upgrade"], ["-m", "flask", "db", "check"]]


def main() -> int:
    os.chdir(ROOT)
    reports.clear()
    browser.ensure()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "SECRET_KEY": "a key for tests that no one guards", "FLASK_APP": "wsgi"}
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of the hundreds of processes would compile all modules
        failed = _run_at_once(dict(_checks())) + [name for name, command in _tests() if not _run(name, command)]
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


def _tests():
    for name, options in DATABASE_OPTIONS.items():
        yield f"{name} tests", _pytest(name, *WORKERS, *options, "--ignore=tests/e2e", "tests")
    yield "browser tests", _pytest("browser", *BROWSERS, "tests/e2e")


def _pytest(name: str, *options: str) -> list:
    return [PYTHON, "-m", "pytest", "-q", f"--junitxml={reports.path(name)}", *SEED, *options]


def _run_at_once(steps: dict[str, list]) -> list[str]:
    """Each of them keeps one core busy, so all begin together. What they print comes one after the other."""
    begun, failed = time.monotonic(), []
    started = {
        name: subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for name, command in steps.items()
    }
    try:
        for name, process in started.items():
            output = process.communicate()[0].decode(errors="replace")
            failed += [name] if process.returncode else []
            print(f"\n=== {name}\n{output}=== {name}: {_outcome(process.returncode == 0, begun)}", flush=True)
    finally:
        for process in started.values():
            process.kill()
    return failed


def _run(name: str, command: list) -> bool:
    print(f"\n=== {name}", flush=True)
    begun = time.monotonic()
    passed = subprocess.call(command) == 0
    print(f"=== {name}: {_outcome(passed, begun)}", flush=True)
    return passed


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
