"""The code moves, and a mutant that stands nowhere any more would be missed in the long proof only."""

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
