"""Each mutant is applied to a copy of the project, where the test that owns it must fail; unchanged, it must pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings import ROOT
from tests.torture.mutants import MUTANTS

COPIED = ("portal", "migrations", "templates", "static", "tests", "wsgi.py", "pyproject.toml")
FAILED, PASSED = 1, 0
WITHIN = 600


@pytest.fixture
def copy(tmp_path) -> Path:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.sqlite
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed_by_the_test_that_owns_it(copy, name):
    mutant = MUTANTS[name]
    text = (copy / mutant.file).read_text(encoding="utf-8")
    for before, after in mutant.changes:
        assert text.count(before) == 1, f"the mutant no longer applies to {mutant.file}: {before!r}"
        text = text.replace(before, after)
    (copy / mutant.file).write_text(text, encoding="utf-8")

    code, output = _run(copy, mutant.owner)

    assert code == FAILED, f"{mutant.owner} lets it live (exit code {code}):\n{output}"
    assert re.search(r"^\d+ failed(?!.* error)", output, re.MULTILINE), f"it does not fail but breaks:\n{output}"


@pytest.mark.sqlite
def test_the_owners_pass_where_nothing_is_changed(copy):
    code, output = _run(copy, *sorted({each.owner for each in MUTANTS.values()}))
    assert code == PASSED, output


def _run(folder: Path, *tests: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *tests]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=WITHIN)
    return done.returncode, done.stdout[-4000:] + done.stderr[-1000:]
