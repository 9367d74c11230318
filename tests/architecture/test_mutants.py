"""The code moves, and a mutant that stands nowhere any more would be missed in the long proof only."""

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.torture.mutants import MUTANTS


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_finds_its_place(name):
    text = (ROOT / MUTANTS[name].file).read_text(encoding="utf-8")
    for before, _ in MUTANTS[name].changes:
        assert text.count(before) == 1, f"{MUTANTS[name].file} should hold {before!r} once"


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_names_a_test_that_exists(name):
    file, _, test = MUTANTS[name].owner.partition("::")
    function = test.split("[")[0].split("::")[-1]
    assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8")


def test_no_mutant_uses_a_name_that_does_not_exist(tmp_path):
    """It would die of that, and not of what it does wrong."""
    for place, mutant in enumerate(MUTANTS.values()):
        if mutant.file.endswith(".py"):
            text = (ROOT / mutant.file).read_text(encoding="utf-8")
            for before, after in mutant.changes:
                text = text.replace(before, after)
            (tmp_path / f"mutant_{place}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", "--select", "F821", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
